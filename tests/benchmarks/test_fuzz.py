"""The fuzz made short, and proof that it sees what it is there to see."""

import json
import pickle
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.fuzz import __main__ as fuzz
from benchmarks.fuzz import files as fuzz_files
from benchmarks.fuzz import parsers, texts
from dgrc.questions.files import formats
from dgrc.storage.run_dir import RunDir
from tests.paths import ROOT


@pytest.mark.parametrize("target", list(parsers.TARGETS))
def test_no_text_breaks_a_parser(target: str) -> None:
    tally = fuzz.fuzz_texts(target, seed=1, first=0, count=20)
    assert tally["inputs"] == 20 and not tally.findings, tally.findings[:3]


def test_every_row_of_hostile_files_is_accounted_for() -> None:
    tally = fuzz.fuzz_readers(seed=1, first=0, count=40)
    assert tally["inputs"] == 120 and not tally.findings, tally.findings[:3]


@pytest.mark.usefixtures("ray_here")
def test_every_row_that_goes_through_ingest_is_accounted_for(tmp_path: Path) -> None:
    rng = random.Random("7 ingest")
    planted = [fuzz_files.plant(rng, tmp_path / f"{number:05d}") for number in range(20)]
    config = fuzz.ingest_config(str(tmp_path))
    run = RunDir.of(config)
    assert fuzz.ingested(run, config, planted) == {}
    hidden = planted[0]
    hidden.fit.add(999)
    assert list(fuzz.ingested(run, config, planted)) == [hidden.path.name]


def test_what_processes_find_adds_up() -> None:
    tally = fuzz.fuzz(inputs=300, seed=2, guided=False, ingest_files=0, processes=1)
    assert 300 <= tally["inputs"] == sum(tally[name] for name in tally if name.startswith("inputs of ")) < 350
    assert not tally.findings
    found = fuzz.Tally()
    found.add("x", "crashes", "y")
    again = pickle.loads(pickle.dumps(found))
    assert (dict(again), again.findings) == (dict(found), ["crashes in x: y"])


def test_the_command_finds_its_work_in_the_processes_that_it_starts() -> None:
    command = [sys.executable, "-m", "benchmarks.fuzz", "--only", "quantities", "--inputs", "20", "--processes", "1"]
    done = subprocess.run([*command, "--no-guided"], cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["by_target"] == {"quantities": {"inputs": 20, "crashes": 0, "hangs": 0, "unaccounted": 0}}


def test_inputs_are_the_same_for_the_same_seed(tmp_path: Path) -> None:
    made = [texts.make(random.Random(5), "chain") for _ in range(2)]
    assert made[0] == made[1]
    files = [fuzz_files.plant(random.Random(5), tmp_path / str(n)).path.read_bytes() for n in range(2)]
    assert files[0] == files[1]


def test_a_crash_a_hang_and_a_result_of_another_type_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(said: str) -> None:
        raise KeyError(said)

    def hang(said: str) -> None:
        began = time.process_time()
        while time.process_time() - began < 30:
            pass

    def wrong(said: str) -> None:
        parsers.written(7)

    monkeypatch.setattr(fuzz, "LONGEST", 0.2)
    monkeypatch.setattr(parsers, "TARGETS", {"crash": crash, "hang": hang, "wrong": wrong})
    for target, kind in (("crash", "crashes"), ("hang", "hangs"), ("wrong", "crashes")):
        tally = fuzz.fuzz_texts(target, 0, 0, 2)
        assert (tally["inputs"], tally[kind], tally[f"{kind} of {target}"], len(tally.findings)) == (2, 2, 2, 2)


def test_a_row_that_is_lost_or_let_through_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for spoil in (lambda line, limits: {"question": "q"}, lambda line, limits: "refused"):
        with monkeypatch.context() as patch:
            patch.setattr(formats, "_object_in", spoil)
            let_through = fuzz.fuzz_readers(seed=1, first=0, count=20)["unaccounted of questions.jsonl"]
        if spoil(b"", None) != "refused":
            assert let_through
    real = formats._lines
    with monkeypatch.context() as patch:
        patch.setattr(formats, "_lines", lambda file, most: list(real(file, most))[:-1])
        assert fuzz.fuzz_readers(seed=1, first=0, count=20)["unaccounted of questions.jsonl"]


def test_the_plan_holds_as_many_inputs_as_were_asked_for() -> None:
    for guided in (False, True):
        planned = fuzz.plan(10_000, 0, guided)
        texts = sum(arguments[-1] for work, arguments in planned if work is fuzz.fuzz_texts)
        files = 3 * sum(arguments[-1] for work, arguments in planned if work is fuzz.fuzz_readers)
        runs = sum(arguments[1] for work, arguments in planned if work is fuzz.fuzz_guided)
        assert 10_000 <= texts + files + runs < 10_100 and (runs > 0) == guided
