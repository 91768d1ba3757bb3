"""`benchmarks.chaos`: what it plans and how it compares; and a real run that five faults disturb."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from benchmarks.chaos import __main__ as chaos
from benchmarks.chaos import training
from benchmarks.chaos.compare import Notes, compare
from benchmarks.chaos.faults import ASKING, MARK, PASSES, SCRIPTED, START, Fault, plan, processes, strike
from benchmarks.chaos.storage import Storage, may_mount


def test_a_plan_follows_from_its_seed_and_reaches_every_kind_and_pass() -> None:
    assert plan(SCRIPTED, 10, 3) == plan(SCRIPTED, 10, 3) != plan(SCRIPTED, 10, 4)
    faults = [fault for seed in range(20) for fault in plan(SCRIPTED, 10, seed)]
    kinds = {"told_to_end", "storage_away", *(("disk_full",) if may_mount() else ())}
    assert {fault.kind for fault in faults} == {*SCRIPTED, *kinds} - {"storage"}
    on_one_node = [fault.kind for seed in range(0, 20, 2) for fault in plan(SCRIPTED, 10, seed)]
    assert ("disk_full" in on_one_node) == may_mount() and 0 < on_one_node.count("memory") < 3
    assert not [fault for fault in plan(("node", "engine"), 10, 2) if fault.kind == "node"], "a run of one node"
    assert {fault.where for fault in faults} == {*ASKING, START, "collect", "screen", "assemble"} < {*PASSES, START}
    assert [fault.moment for fault in plan(SCRIPTED, 10, 5)] == sorted(fault.moment for fault in plan(SCRIPTED, 10, 5))


def test_rows_that_are_lost_doubled_or_changed_are_counted() -> None:
    whole = {"cases": [("1", b"a"), ("2", b"b"), ("3", b"c")], "atoms": [("7", b"x")]}
    assert compare(whole, whole) == {"lost": 0, "doubled": 0, "different": 0, "by_dataset": {}}
    found = compare(whole, {"cases": [("1", b"a"), ("1", b"a"), ("2", b"B")], "atoms": [("7", b"x")]})
    assert found["by_dataset"] == {"cases": {"lost": 1, "doubled": 1, "different": 1}}
    assert compare(whole, {})["lost"] == 4


def test_what_was_in_flight_and_what_was_served_again_is_read_from_notes(tmp_path: Path) -> None:
    (tmp_path / "11").write_text("begin gather 5 10 1.0\nend gather 5 10 2.0\nbegin gather 6 30 2.5\n")
    (tmp_path / "12").write_text("begin gather 6 30 4.0\nend gather 6 30 5.0\nbegin gather 5 10 6\nend gather 5 10 7\n")
    notes, undisturbed = Notes(tmp_path).look(), Notes(tmp_path)
    undisturbed.by_key.update({"5": 1, "6": 1})
    assert notes.served == {"gather": 3}
    assert notes.tokens_in_flight([1.5, 2.2, 3.0, 6.5]) == [10, 0, 30, 10], "what a fault cut off is in flight no more"
    assert notes.tokens_rebought(undisturbed, [("engine", 2.2), ("driver", 5.5)]) == {"driver": 10}


def test_processes_are_known_by_their_mark_and_struck_by_their_title() -> None:
    command = "import os, time; os.execvp('sleep', ['ray::Replica', '60'])"
    process = subprocess.Popen([sys.executable, "-c", command], env=os.environ | {MARK: "test-of-marks"})
    try:
        for _ in range(200):
            if any(title.startswith("ray::Replica") for _, title in processes("test-of-marks")):
                break
            time.sleep(0.05)
        assert [pid for pid, _ in processes("test-of-marks")] == [process.pid]
        assert not strike("worker", "test-of-marks", random.Random(0))
        assert strike("engine", "test-of-marks", random.Random(0))
        assert process.wait(10) == -signal.SIGKILL
    finally:
        process.kill()
    assert not list(processes("test-of-marks"))


def test_storage_goes_away_and_comes_back(tmp_path: Path) -> None:
    place = tmp_path / "round-1"
    storage = Storage(tmp_path)
    assert not storage.take_away(place)
    (place / "cases").mkdir(parents=True)
    assert storage.take_away(place) and not (place / "cases").exists()
    storage.bring_back(place)
    assert (place / "cases").is_dir()


def run_of(**facts: Any) -> dict[str, Any]:
    return {"faults": 2, "missed": 0, "lives": 2, "lost": 0, "doubled": 0, "different": 0, "kinds": {"engine": 2},
            "passes": {"gather": 2}, "finished": True, "crashes": [], "stops": [], **facts}  # fmt: skip


def test_a_summary_adds_up_and_says_what_was_left() -> None:
    runs = [run_of(tokens_rebought=1, tokens_in_flight=100), run_of(tokens_rebought=0, tokens_in_flight=100, lost=3)]
    summary = chaos.summarize(runs, ["12 sleep"])
    wanted = {"faults": 4, "seeds": 2, "lost": 3, "doubled": 0, "different": 0, "leftover_processes": 1,
              "tokens_rebought_share": 0.005}  # fmt: skip
    assert {key: summary[key] for key in wanted} == wanted


def holds(summary: dict[str, Any], runs: list[dict[str, Any]], faults: int) -> None:
    words = json.dumps(runs, indent=1)
    assert summary["faults"] + summary["missed"] == faults and summary["missed"] <= 1, words
    assert not summary["unfinished"] and not summary["crashes"], words
    assert (summary["lost"], summary["doubled"], summary["different"]) == (0, 0, 0), words
    assert summary["leftover_processes"] == 0, summary["leftover"]


FIVE = [
    Fault("engine", "gather", 0.3), Fault("driver", "gather", 0.6), Fault("worker", "answer", 0.4),
    Fault("hang", "verify", 0.2), Fault("storage_away", "verify", 0.6),
]  # fmt: skip


@pytest.mark.stack
@pytest.mark.slow  # two minutes; test_resume, test_pool, test_replica and test_retries hold each of these faults alone
def test_five_faults_lose_double_and_change_nothing(tmp_path: Path) -> None:
    runs, marks = chaos.scripted(tmp_path, {0: FIVE}, 48)
    summary = chaos.summarize(runs, chaos.left_over(marks))
    holds(summary, runs, 5)
    # The latter on a machine that is too busy.
    may_stop = ("after storage_away", "after nothing: dgrc: Ray could not start here")
    assert all(stop.startswith(may_stop) for stop in runs[0]["stops"]), runs[0]["stops"]
    # Only what an engine finished in the instant of its death is bought again; without the journal it was more than
    # twice of what was in flight.
    assert summary["tokens_rebought"] < 0.05 * summary["tokens_in_flight"], json.dumps(runs, indent=1)


@pytest.mark.slow
def test_nodes_and_heads_of_a_cluster_may_go(tmp_path: Path) -> None:
    kinds = ("node", "head", "frozen", "driver", "ctrl_c", "engine")
    runs, marks = chaos.scripted(tmp_path, chaos.plans(6, [1], kinds), 64)
    holds(chaos.summarize(runs, chaos.left_over(marks)), runs, 6)


@pytest.mark.slow
def test_a_disturbed_training_ends_with_the_same_weights(tmp_path: Path) -> None:
    runs, marks = training.disturbed(tmp_path, 3, [0], chaos.say)
    holds(chaos.summarize(runs, chaos.left_over(marks)), runs, 3)
    assert runs[0]["weights_identical"]
