"""`dgrc run`, told to stop in training, and `dgrc resume` from there to the end, each a process of its own.

The teacher is scripted and the student's chains are recorded, so the student can be a model and no engine is started.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dgrc.config.file import dump_config, make_config
from dgrc.engines.base import Request
from dgrc.storage.run_dir import RunDir
from dgrc.storage.underway import read_note
from tests import scripts
from tests.paths import ROOT
from tests.pipeline.conftest import write_questions
from tests.training.builders import write_base_model

pytestmark = [pytest.mark.stack, pytest.mark.slow]

QUESTIONS, CHAINS, EVERY = 24, 3, 10


def written(folder: Path) -> tuple[Path, RunDir]:
    """A configuration whose training takes long enough to be stopped within, and its run."""
    questions, recorded = write_questions(folder / "q.jsonl", QUESTIONS), folder / "chains.jsonl"
    rows = (
        {"id": f"q{i}", "chains": scripts.student(Request(({"role": "user", "content": f"case {i}"},), n=CHAINS))}
        for i in range(QUESTIONS)
    )
    recorded.write_text("".join(json.dumps(row) + "\n" for row in rows))
    stage = {"visits": 3000, "learning_rate": 1e-3}
    settings = make_config({
        "name": "stopped", "runs_dir": str(folder / "runs"),
        "questions": {"files": [str(questions)], "fields": {"label": "answer"}, "student_chains": [str(recorded)]},
        "teacher": {"engine": "scripted", "script": "tests.scripts:teacher"},
        "student": {"model": write_base_model(folder / "base"), "max_model_len": 128},
        "method": {"prompts": "proving", "student_chains": CHAINS},
        "pipeline": {"workers": 1, "rows_per_block": 8},
        "training": {
            "workers": 1, "precision": "fp32", "max_length": 128, "batch_examples": 20, "atoms": {"visits": 40},
            "chains": stage, "checkpoints": {"every_steps": EVERY},
        },
    })  # fmt: skip
    (folder / "c.yaml").write_text(dump_config(settings))
    return folder / "c.yaml", RunDir.of(settings)


def started(*arguments: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "dgrc", *map(str, arguments)], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip


def until(process: "subprocess.Popen[str]", so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 600
    while not so():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_run_that_was_stopped_in_training_is_resumed_to_its_end(tmp_path: Path) -> None:
    config, run = written(tmp_path)

    def has_checkpoint() -> bool:
        """Whether Ray Train has taken a checkpoint in, which it notes beside them."""
        notes = run.state("train").glob("train-*/checkpoint_manager_snapshot.json")
        return any("checkpoint_" in note.read_text().replace("checkpoint_manager", "") for note in notes)

    first = started("run", config)
    until(first, has_checkpoint)
    first.send_signal(signal.SIGTERM)
    _, said = first.communicate(timeout=120)
    assert first.returncode == 143 and said.strip().splitlines()[-1].startswith("dgrc: stopped. What was finished is")
    assert not run.student().exists() and not run.manifest_file.exists()

    def trains() -> bool:
        note = read_note(run)
        return note is not None and note.step == "train-dgrc" and note.at > began

    began = time.time()
    second = started("resume", run.root)
    until(second, trains)
    note = read_note(run)
    assert note is not None and note.done > EVERY, "it began where the last checkpoint was, not anew"
    told, said = second.communicate(timeout=600)
    assert second.returncode == 0, said
    assert said.count("already done") >= 5 and "already trained" not in said
    assert json.loads(told.splitlines()[-1])["student"] == str(run.student())
    assert (run.student() / "model.safetensors").is_file() and run.manifest_file.is_file()
    report = run.reports()["train-dgrc"]
    assert (report["visits"], report["steps"]) == (3040, 152)
    third = started("resume", "stopped", "--set", f"runs_dir={tmp_path / 'runs'}")
    _, said = third.communicate(timeout=120)
    assert third.returncode == 0 and "is complete, so nothing is left to do" in said
