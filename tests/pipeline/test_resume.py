"""`dgrc curate`, told to stop or killed outright, and run again: each row once, tokens bought once.

`make test` has one story, stopped in the first pass and killed in the second; each pass and each signal by itself is
`slow`.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest

from dgrc.config.file import dump_config
from dgrc.storage.run_dir import RunDir
from tests.paths import ROOT
from tests.pipeline.conftest import scripted_config, write_questions

pytestmark = pytest.mark.stack

QUESTIONS = 56
PASSES = ("gather", "answer", "verify")


def _start(config: Path, tally: Path) -> "subprocess.Popen[bytes]":
    environment = os.environ | {"DGRC_TEST_TALLY": str(tally), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "dgrc", "curate", str(config)], cwd=ROOT, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background job ignores it
    )


def _committed(checkpoint: Path) -> set[str]:
    return {p.name for p in checkpoint.glob("*.parquet") if ".pending" not in p.name}


def _journaled(journal: Path) -> set[str]:
    """Request keys of all whole lines."""
    keys = set()
    for line in "".join(p.read_text() for p in journal.glob("*.jsonl")).splitlines():
        with contextlib.suppress(ValueError):  # torn by the kill
            keys.add(str(json.loads(line.strip("\0"))[1]))  # zeros are room for more
    return keys


def _wait_for_a_block(process: "subprocess.Popen[bytes]", checkpoint: Path) -> None:
    deadline = time.monotonic() + 180
    before = _committed(checkpoint)
    while not _committed(checkpoint) - before:
        assert process.poll() is None, process.stderr.read().decode()  # type: ignore[union-attr]
        assert time.monotonic() < deadline, f"no block was committed in {checkpoint}"
        time.sleep(0.05)


def _kill_when(process: "subprocess.Popen[bytes]", checkpoint: Path) -> list[psutil.Process]:
    """Kills the driver outright once the pass has committed a block; returns Ray's agents, which take a minute to see.

    All else that it had started is gone before this returns.
    """
    try:
        _wait_for_a_block(process, checkpoint)
    finally:
        family = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.kill()
        process.wait()
    agents = [p for p in family if any("agent" in part.lower() for part in _command(p))]
    _expect_gone([p for p in family if p not in agents], 30)
    return agents


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # gone meanwhile
        return []


def _expect_gone(processes: list[psutil.Process], timeout: float) -> None:
    _, alive = psutil.wait_procs(processes, timeout=timeout)
    assert not alive, f"left behind: {[_command(p)[:3] for p in alive]}"


def _slow_run(folder: Path) -> tuple[Path, RunDir, Path]:
    """A configuration whose teacher is slow enough to be stopped in the middle, its run, and the teacher's tally."""
    config = scripted_config(folder, write_questions(folder / "q.jsonl", QUESTIONS), workers=2)
    slow = config.teacher.model_copy(update={"script": "tests.scripts:slow_teacher"})
    path = folder / "config.yaml"
    path.write_text(dump_config(config.model_copy(update={"teacher": slow})))
    return path, RunDir.of(config), folder / "tally"


def _stop_when(process: "subprocess.Popen[bytes]", checkpoint: Path, told: signal.Signals, status: int) -> None:
    """Tells the driver to stop once the pass has committed a block, and looks at what it says and leaves."""
    _wait_for_a_block(process, checkpoint)
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(told)
    _, err = process.communicate(timeout=120)
    assert process.returncode == status
    assert err.decode().strip().splitlines()[-1].startswith("dgrc: stopped. What was finished is safe: run the same")
    assert "Traceback" not in err.decode()
    _expect_gone(family, 60)


@pytest.mark.slow
@pytest.mark.parametrize(("told", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_told_to_stop_it_does_in_one_paragraph_and_leaves_nothing_behind(
    tmp_path: Path, told: signal.Signals, status: int
) -> None:
    path, run, tally = _slow_run(tmp_path)
    _stop_when(_start(path, tally), run.state("gather") / "checkpoint", told, status)


@pytest.mark.parametrize(
    ("stopped", "killed"), [(("gather",), ("answer",)), pytest.param((), PASSES, marks=pytest.mark.slow)]
)
def test_broken_off_it_goes_on_and_no_token_is_bought_again(
    tmp_path: Path, stopped: tuple[str, ...], killed: tuple[str, ...]
) -> None:
    path, run, tally = _slow_run(tmp_path)
    paid: list[tuple[set[str], int]] = []  # at each end: what the journal holds, and how much was asked until then
    agents: list[psutil.Process] = []
    for name in (*stopped, *killed):
        process, checkpoint = _start(path, tally), run.state(name) / "checkpoint"
        if name in stopped:
            _stop_when(process, checkpoint, signal.SIGTERM, 143)
        else:
            agents += _kill_when(process, checkpoint)
        assert not (run.state(name) / "done.json").exists()
        paid.append((_journaled(run.state(name) / "journal"), len(tally.read_text().splitlines())))
    last = _start(path, tally)
    _, err = last.communicate(timeout=300)
    assert last.returncode == 0, err.decode()
    ids = sorted(pq.ParquetDataset(run.dataset("questions")).read()["id"].to_pylist())
    for name in ("cases", "verdicts"):
        assert sorted(pq.ParquetDataset(run.dataset(name)).read()["id"].to_pylist()) == ids
    atoms = pq.ParquetDataset(run.dataset("atoms")).read().to_pylist()
    assert len({a["id"] for a in atoms}) == len(atoms) > 0 and all(a["kept"] for a in atoms)
    examples = [json.loads(line) for line in (run.curriculum() / "cot" / "train.jsonl").read_text().splitlines()]
    assert len({e["id"] for e in examples}) == len(examples) > 0
    asked = tally.read_text().splitlines()
    for journaled, until in paid:
        bought = journaled & set(asked[:until])  # the rest are the student's
        assert bought, "the end came before anything was paid for"
        assert not bought & set(asked[until:]), "tokens that the journal holds were bought again"
    _expect_gone(agents, 180)
