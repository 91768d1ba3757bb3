"""`dgrc status`: each way a run can stand, told in words and as data."""

import json
import platform
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from dgrc.cli import main
from dgrc.config.file import make_config
from dgrc.report.status import status_of, told
from dgrc.storage.atomic import write_json
from dgrc.storage.manifest import write_manifest
from dgrc.storage.run_dir import UNDERWAY, RunDir
from dgrc.storage.underway import Notes


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    """Ingested and gathered."""
    made = RunDir(tmp_path / "runs" / "t")
    made.claim(make_config({"name": "t"}))
    made.mark_done("ingest", "f", {"read": 1300, "kept": 1200, "quarantined": {}, "seconds": 61.2})
    made.mark_done("gather", "f", {"rows": 1200, "seconds": 3700.0})
    return made


def said(run: RunDir) -> str:
    return "\n".join(" ".join(line.split()) for line in told(status_of(run)))


def finish(run: RunDir) -> None:
    """Makes a whole run of it."""
    for step in ("assemble", "train-dgrc"):
        run.mark_done(step, "f", {})
    run.student().mkdir(parents=True)
    (run.student() / "config.json").write_text("{}")
    run.evaluation().write_text('{"a": 1}')
    write_manifest(run, reports={}, seconds={})


def test_a_run_that_is_worked_on_has_holder_rows_rate_and_time_left(run: RunDir) -> None:
    with run.lock():
        Notes(run)("answer", 250, 1000, rate=2.5)
        status = status_of(run)
        words = said(run)
    assert status["state"] == "working" and status["underway"]["left_s"] == 300
    assert f"process {status['holder']['pid']} on {platform.node()} works on it, since 20" in words
    assert "ingest done 1,200 rows in 1 min 01 s\ngather done 1,200 rows in 1 h 01 min" in words
    assert "\nanswer now 250/1,000 rows 2.5/s 5 min 00 s left\n" in words
    assert "nobody works on it" in said(run)


def test_a_step_that_begins_is_named_without_a_rate_and_one_that_ended_is_not_under_way(run: RunDir) -> None:
    with run.lock():
        Notes(run)("collect")
        assert "\ncollect now\n" in said(run)
        Notes(run)("gather", 1200, 1200)
        assert "gather now" not in said(run) and status_of(run)["underway"] is None


def test_a_run_that_was_stopped_says_where_and_how_to_go_on(run: RunDir) -> None:
    Notes(run)("answer", 250, 1000, rate=2.5)
    note = json.loads((run.root / UNDERWAY).read_text())
    write_json(run.root / UNDERWAY, {**note, "at": time.time() - 3 * 3600})
    words = said(run)
    assert "nobody works on it, its curation is done up to `gather`" in words and "ended without" not in words
    assert "\nanswer broken off 250/1,000 rows 2.5/s (3 h 00 min ago)\nRun its command again" in words
    write_json(run.root / ".holder", {"pid": 2**22 + 9, "host": platform.node(), "since": "2026-01-01 00:00:00 UTC"})
    assert "`gather`; process 4194313, which did, ended without a word" in said(run)
    write_json(run.root / ".holder", {"pid": 7, "host": "far", "since": "2026-01-01 00:00:00 UTC"})
    words = said(run)
    assert "process 7 on far works on it" in words and "cannot be seen from this machine" in words
    assert status_of(run)["state"] == "elsewhere"


def test_a_complete_run_says_so(run: RunDir) -> None:
    finish(run)
    status = status_of(run)
    assert (status["state"], status["sealed"], status["damaged"]) == ("complete", True, [])
    assert list(status["steps"][1]) == ["ingest", "gather", "assemble", "train-dgrc", "evaluate"]
    assert said(run).splitlines()[0].endswith(": complete")


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda run: shutil.rmtree(run.student()), "round-1/student is missing, though its training was finished"),
        (lambda run: run.evaluation().write_text("{}"), "round-1/evaluation.json has 2 bytes, 8 are wanted"),
        (lambda run: (run.student() / "config.json").unlink(), "round-1/student/config.json is missing"),
        (lambda run: run.manifest_file.write_text("{"), "manifest.json cannot be read"),
        (lambda run: run.config_file.write_text("a: ["), "config.yaml is not valid YAML: line 1, column 5"),
        (lambda run: (run.state("gather") / "done.json").write_text("{"),
         "round-1/.state/gather/done.json cannot be read"),
    ],
)  # fmt: skip
def test_damage_is_named_with_what_mends_it_and_status_1(run: RunDir, harm: Any, words: str) -> None:
    finish(run)
    harm(run)
    result = CliRunner().invoke(main, ["status", str(run.root)])
    assert result.exit_code == 1 and f"! {words}" in result.output.replace(f"! The manifest {run.root}/", "! ")
    mends = "`dgrc repair" if "manifest" not in words else "Delete it and run the run's command again"
    assert mends in result.output and ("`dgrc repair" in result.output) == ("manifest" not in words)


def test_damage_of_a_run_that_is_not_complete_is_made_again(run: RunDir) -> None:
    (run.state("gather") / "done.json").write_text("")
    assert "Run its command again: what cannot be read is made again" in said(run)
    assert list(status_of(run)["steps"][1]) == ["ingest"]


def test_a_run_that_has_only_begun_and_one_of_two_rounds(run: RunDir, tmp_path: Path) -> None:
    fresh = RunDir(tmp_path / "runs" / "fresh")
    fresh.claim(make_config({"name": "fresh"}))
    assert "nobody works on it, nothing of it is finished" in said(fresh)
    run.in_round(2).mark_done("carry", "f", {"teacher_chains": 5})
    assert "\nround 2\ncarry done\n" in said(run) and "round 1\ningest" in said(run)


def test_as_data_it_is_one_object(run: RunDir) -> None:
    result = CliRunner().invoke(main, ["status", str(run.root), "--json"])
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["state"] == "stopped" and found["steps"]["1"]["gather"] == {"rows": 1200, "seconds": 3700.0}
