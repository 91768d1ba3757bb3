"""What serves a student that was trained here, and who is evaluated."""

from pathlib import Path
from typing import Any

import pytest

from dgrc.config import Config
from dgrc.config.file import make_config
from dgrc.storage.run_dir import RunDir
from dgrc.workflow import job, models
from dgrc.workflow.job import Job


def a_run(folder: Path, variant: str | None) -> tuple[RunDir, Config]:
    """A run with a student, an adapter of a variant or a whole model."""
    training = {"adapter": {"rank": 8, "variant": variant}} if variant else {}
    config = make_config({"runs_dir": str(folder), "student": {"model": "/base"}, "training": training})
    run = RunDir.of(config)
    run.student().mkdir(parents=True)
    (run.student() / ("adapter_config.json" if variant else "config.json")).write_text("{}")
    return run, config


@pytest.mark.parametrize("variant", ["lora", "rslora", "dora", None])
def test_the_next_rounds_student_is_served_as_evaluation_serves_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variant: str | None
) -> None:
    for module in (models, job):
        monkeypatch.setattr(module, "merged_student", lambda run, recipe: Path("/merged") / recipe)
    run, config = a_run(tmp_path, variant)
    engine = models.served(config, run)
    ((evaluated, students), *_) = Job(config, print)._engines()
    assert engine.weights == students["dgrc"] == ("/merged/dgrc" if variant == "dora" else str(run.student()))
    over_base = variant in ("lora", "rslora")
    assert (engine.model == "/base") == over_base and evaluated.model == "/base"
    assert engine.max_lora_rank == evaluated.max_lora_rank == (8 if over_base else 0)


def test_a_teacher_that_is_an_adapter_is_evaluated_with_it(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"teacher": {"model": "/t", "adapter": "/a"}, "evaluation": {"teacher": True}}
    config = make_config({"runs_dir": str(tmp_path), "student": {"model": "/s"}, **settings})
    _, (_, teacher) = Job(config, print)._engines()
    assert teacher == {"teacher": "/a"}
