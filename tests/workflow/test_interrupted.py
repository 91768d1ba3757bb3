"""`dgrc run` told to stop in the middle of the training's second stage, and `dgrc resume` to the end.

Real vLLM, Ray Data, Ray Train and DeepSpeed in the small world. What one worker's death costs is in
`tests/training/run/test_launch.py`, what a stop in a pass costs in `tests/pipeline/test_resume.py`.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dgrc.storage.manifest import read_manifest
from dgrc.storage.run_dir import RunDir
from dgrc.storage.verify import damage
from tests.conftest import SMALL_SEED
from tests.paths import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.stack]

EVERY, VISITS, BATCH = 10, 2400, 16
"""Ray Train takes a second or two to take a checkpoint in, so the second stage has to be long."""
SETTINGS = (
    "name=broken-off", f"proving.seed={SMALL_SEED}", "proving.questions=32", "proving.held_out=12",
    "pipeline.workers=1", "training.workers=1", "evaluation.baselines=[]", "evaluation.teacher=false",
    "training.precision=fp32", f"training.batch_examples={BATCH}", "training.atoms.visits=96",
    f"training.chains.visits={VISITS}", f"training.checkpoints.every_steps={EVERY}",
)  # fmt: skip
LONGEST_S = 1800


def _start(*words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "dgrc", *words], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def _newest_checkpoint(run: RunDir) -> dict[str, int]:
    """The place of the newest checkpoint that Ray Train has taken in, empty if there is none."""
    for snapshot in run.state("train").glob("*/checkpoint_manager_snapshot.json"):
        try:
            newest = json.loads(snapshot.read_text())["latest_checkpoint_result"]
        except (OSError, ValueError):  # it is just being written
            return {}
        return dict(newest["metrics"]) if newest else {}
    return {}


def _wait_for_a_checkpoint_within_the_second_stage(process: "subprocess.Popen[str]", run: RunDir) -> int:
    """The step of it. The checkpoint that begins the stage is of step 0, with which this would say nothing."""
    deadline = time.monotonic() + LONGEST_S
    while True:
        place = _newest_checkpoint(run)
        if place.get("stage") == 1 and place["step"] >= EVERY:
            return place["step"]
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline, f"no checkpoint within the second stage; the newest is {place}"
        time.sleep(0.1)


def _curated(run: RunDir) -> dict[str, tuple[int, int]]:
    """Time and size of every file that the curation has left; a journal is gone with its pass."""
    folders = (run.root / "questions", *(run.dataset(name) for name in ("cases", "atoms", "verdicts", "facts")))
    files = [file for folder in (*folders, run.curriculum()) for file in folder.rglob("*") if file.is_file()]
    return {str(file): (file.stat().st_mtime_ns, file.stat().st_size) for file in files}


def test_stopped_in_the_second_stage_it_goes_on_from_the_checkpoint_and_to_the_end(
    tmp_path: Path, small_world: str
) -> None:
    run = RunDir(tmp_path / "broken-off")
    places = (f"runs_dir={tmp_path}", f"proving.cache={small_world}")
    began = _start("run", "proving/small", *(word for said in (*SETTINGS, *places) for word in ("--set", said)))
    try:
        at_least = _wait_for_a_checkpoint_within_the_second_stage(began, run)
        began.send_signal(signal.SIGTERM)
        out, err = began.communicate(timeout=180)
    finally:
        began.kill()  # if it has not ended by then
    assert began.returncode == 143 and not out
    assert err.strip().splitlines()[-1].startswith("dgrc: stopped. What was finished is safe")
    assert not (run.student() / "config.json").exists(), "it was stopped too late: the training had ended"
    curated, asked = _curated(run), run.state("train") / "logs" / "worker-0.log"
    assert curated

    resumed = _start("resume", str(run.root))
    out, err = resumed.communicate(timeout=LONGEST_S)
    assert resumed.returncode == 0, err
    began_at = re.findall(r"dgrc: from student 0, stage (\d+), step (\d+) on", asked.read_text())
    assert began_at[0] == ("0", "0") and len(began_at) == 2
    assert began_at[1][0] == "1" and int(began_at[1][1]) >= at_least >= EVERY, "the training began anew"
    assert _curated(run) == curated, "something was curated again"
    done = [line for line in err.splitlines() if "already done" in line]
    assert all(any(line.split()[0] == name for line in done) for name in ("gather", "answer", "verify"))
    losses = json.loads(run.losses("dgrc").read_text())
    steps = dict(losses["stages"])
    assert steps["chains"] == VISITS // BATCH and len(losses["losses"]) == sum(steps.values())
    assert json.loads(out)["accuracy"] == {
        name: score["accuracy"] for name, score in json.loads(run.evaluation().read_text())["models"].items()
    }
    assert set(json.loads(out)["accuracy"]) == {"base", "dgrc"}
    assert read_manifest(run)["reports"]["round-1"]["train-dgrc"]["steps"] == sum(steps.values())
    assert not damage(run)
