"""`dgrc demo` in the small world: the whole main job on the real stack, from nothing to figures.

Real vLLM, Ray Data, Ray Train and DeepSpeed. The small world proves the path, not the method's gain: its
models train in seconds. `make test` has the demo with fewer questions and one worker of each kind; as it is shipped it
is `slow`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from dgrc.cli import main
from dgrc.storage.manifest import read_manifest
from dgrc.storage.run_dir import RunDir
from dgrc.storage.verify import damage
from tests.conftest import SMALL_SEED
from tests.paths import ROOT

QUESTIONS = {"brief": 48, "whole": 100}
FEWER = ("proving.held_out=60", "pipeline.workers=1", "training.workers=1")


@pytest.fixture(scope="module", params=["brief", pytest.param("whole", marks=pytest.mark.slow)])
def demo(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, small_world: str
) -> tuple[Path, dict, int]:
    """One demo, run as a user runs it: the run, the figures of the last line, and how many questions were asked.

    With two workers of a pass test_resume goes through all passes, with two that train test_launch.
    """
    runs, questions = tmp_path_factory.mktemp("runs"), QUESTIONS[request.param]
    fewer = FEWER if request.param == "brief" else ()
    command = [
        sys.executable, "-m", "dgrc", "demo", "--size", "small", "--seed", str(SMALL_SEED), "--runs-dir", str(runs),
        "--set", "evaluation.baselines=[distill]", "--set", f"proving.cache={small_world}",
        "--set", f"proving.questions={questions}", *(word for override in fewer for word in ("--set", override)),
    ]  # fmt: skip
    mark = {"DGRC_TEST_MARK": str(runs)}  # inherited by every process that the demo starts
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | mark
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    left = [p.name() for p in psutil.process_iter() if _environment(p).get("DGRC_TEST_MARK") == str(runs)]
    assert not left, "the demo left processes behind"
    lines = done.stdout.splitlines()
    assert len(lines) == 1, "standard output is for the figures alone"
    return runs / f"demo-small-{SMALL_SEED}", json.loads(lines[0]), questions


def test_the_figures_are_there_and_agree_with_the_run(demo: tuple[Path, dict, int]) -> None:
    run, figures, _ = demo
    assert figures["seed"] == SMALL_SEED
    assert set(figures["accuracy"]) == {"base", "teacher", "dgrc", "distill"}
    report = json.loads((run / "round-1" / "evaluation.json").read_text())
    assert figures["accuracy"] == {name: score["accuracy"] for name, score in report["models"].items()}
    assert set(figures["seconds"]) == {"models", "curate", "train", "evaluate", "total"}
    assert 0 < figures["peak_memory_gb"] < 10
    assert figures["teacher_calls_per_question"] > 3  # K = 3 samples alone are three calls


def test_atoms_are_more_reliable_than_chains(demo: tuple[Path, dict, int]) -> None:
    _, figures, _ = demo
    assert figures["atoms_correct"] > figures["accuracy"]["teacher"]
    assert figures["atoms_correct"] > 0.9


def test_the_student_learnt(demo: tuple[Path, dict, int]) -> None:
    _, figures, _ = demo
    assert figures["accuracy"]["dgrc"] > figures["accuracy"]["base"]


def test_baseline_and_student_took_equal_visits_and_steps(demo: tuple[Path, dict, int]) -> None:
    reports = read_manifest(RunDir(demo[0]))["reports"]["round-1"]
    for key in ("visits", "steps"):
        assert reports["train-dgrc"][key] == reports["train-distill"][key]


def test_the_student_is_a_plain_hugging_face_directory(demo: tuple[Path, dict, int]) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    student = demo[0] / "round-1" / "student"
    model = AutoModelForCausalLM.from_pretrained(student)
    tokenizer = AutoTokenizer.from_pretrained(student)
    assert model.config.vocab_size >= len(tokenizer)
    assert {"model.safetensors", "README.md", "generation_config.json"} <= {p.name for p in student.iterdir()}


def test_every_question_is_accounted_for(demo: tuple[Path, dict, int]) -> None:
    reports = read_manifest(RunDir(demo[0]))["reports"]["round-1"]["curate"]
    assert reports["ingest"]["kept"] == reports["gather"]["rows"] == reports["verify"]["rows"] == demo[2]


def test_a_case_is_told_as_a_story(demo: tuple[Path, dict, int]) -> None:
    run, _, _ = demo
    overview = CliRunner().invoke(main, ["show", str(run)])
    assert overview.exit_code == 0 and "distill" in overview.output
    case = CliRunner().invoke(main, ["show", str(run), "unlabeled-0001"])
    assert case.exit_code == 0
    assert "teacher 0" in case.output and "student 2" in case.output and "<answer>" in case.output


def test_a_report_has_the_curves_of_the_trainings_and_leaves_the_run_whole(demo: tuple[Path, dict, int]) -> None:
    run, *_ = demo
    said = CliRunner().invoke(main, ["report", str(run)])
    assert said.exit_code == 0, said.output
    assert (run / "report.html").read_text().count('<figure class="curve">') >= 2
    assert damage(RunDir(run)) == []


def _environment(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ()
    except psutil.Error:  # gone meanwhile, or not ours to look at
        return {}
