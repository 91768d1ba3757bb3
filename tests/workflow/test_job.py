"""The main job's own logic: what is resolved, refused and skipped before anything heavy starts.

The whole job runs in the tests of the command line and in `dgrc demo`.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from dgrc.config import Config
from dgrc.config.file import make_config
from dgrc.errors import ConfigError, EvaluationError, PromptPackError, TrainingError
from dgrc.proving.world import World
from dgrc.training.run.progress import TrainingLine, TrainProgress
from dgrc.workflow.job import Job
from dgrc.workflow.models import resolve_proving

SCRIPTED = {"engine": "scripted", "script": "tests.scripts:teacher"}


def config_for(folder: Path, **settings: Any) -> Config:
    return make_config({"runs_dir": str(folder), "teacher": SCRIPTED, "student": SCRIPTED, **settings})


def job_for(folder: Path, **settings: Any) -> tuple[Job, list[str]]:
    said: list[str] = []
    return Job(config_for(folder, **settings), said.append), said


def write_curriculum(job: Job, text: str = "{}\n") -> Path:
    folder = job.run.curriculum()
    for kind in ("atomic", "cot"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        (folder / kind / "train.jsonl").write_text(text)
    return folder


def test_proving_files_are_written_into_the_run_and_other_files_stay(tmp_path: Path) -> None:
    job, said = job_for(
        tmp_path,
        questions={"files": ["mine.jsonl", "proving:unlabeled"]},
        evaluation={"files": ["proving:held_out"]},
        proving={"size": "small", "seed": 3, "questions": 7, "held_out": 5},
    )
    resolved = resolve_proving(job.config, job.run, said.append)
    mine, unlabeled = resolved.questions.files
    (held_out,) = resolved.evaluation.files
    assert mine == "mine.jsonl"
    assert Path(unlabeled).parent == Path(held_out).parent == job.run.root / "proving"
    world = World(3, "small")
    for path, scenarios in ((unlabeled, world.unlabeled[:7]), (held_out, world.held_out[:5])):
        rows = [json.loads(line) for line in Path(path).read_text().splitlines()]
        assert [r["question"] for r in rows] == [s.question for s in scenarios]
    assert resolved.teacher == job.config.teacher


def test_the_students_card_is_to_name_models_pack_and_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"name": "mine", "method": {"prompts": "medical_zh"}, "questions": {"files": ["a/q.jsonl"]}}
    job, _ = job_for(tmp_path, auditor={"engine": "scripted", "script": "tests.scripts:student"}, **settings)
    courses: list[Any] = []
    monkeypatch.setattr("dgrc.training.run.launch.train", lambda _, given, **__: courses.extend(given) or {})
    job._train(["dgrc"], None)
    (course,) = courses
    card = course.card
    assert card["run"] == "mine, round 1" and card["prompt pack"] == "medical_zh, version 4, zh"
    assert card["auditor"] == "script tests.scripts:student" and card["teacher"] == "script tests.scripts:teacher"
    assert {"student", "dgrc", "configuration", "recipe"} <= card.keys()
    assert card["unlabeled questions"] == "q.jsonl"


def test_replayed_chats_name_a_training_and_stand_on_the_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chats = tmp_path / "data" / "mine.jsonl"
    chats.parent.mkdir()
    chats.write_text('{"prompt": "Hi", "completion": "Hello."}\n')
    replay = {"files": [str(chats)], "share": 0.2, "license": "cc0-1.0"}
    job, _ = job_for(tmp_path, training={"replay": replay})
    write_curriculum(job)
    without = job_for(tmp_path, training={"replay": {"earlier": 0.2}})[0]._training_fingerprint("dgrc")
    assert without == job_for(tmp_path)[0]._training_fingerprint("dgrc")
    first = job._training_fingerprint("dgrc")
    copied = shutil.copy(chats, tmp_path / "copied.jsonl")
    moved = job_for(tmp_path, training={"replay": {**replay, "files": [str(copied)], "license": None}})[0]
    assert moved._training_fingerprint("dgrc") == first != without
    given: dict[str, Any] = {}
    monkeypatch.setattr("dgrc.training.run.launch.train", lambda _, of, **more: given.update(more, courses=of) or {})
    job._train(["dgrc"], None)
    assert given["courses"][0].card["replayed chats"] == "mine.jsonl (license: cc0-1.0)"
    assert [example.source_line for example in given["replayed"]] == [1]
    chats.write_text('{"prompt": "Hi", "completion": "Bye."}\n')
    assert job._training_fingerprint("dgrc") != first


def test_without_proving_names_nothing_changes(tmp_path: Path) -> None:
    vllm = {"model": "/models/some"}
    job, said = job_for(tmp_path, questions={"files": ["mine.jsonl"]}, teacher=vllm, student=vllm)
    assert resolve_proving(job.config, job.run, said.append) == job.config
    assert not job.run.root.exists() and not said


def test_a_proving_model_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    job, said = job_for(tmp_path, teacher={"model": "proving:oracle"})
    with pytest.raises(ConfigError, match=r"'proving:oracle' does not exist.*`proving:teacher`"):
        resolve_proving(job.config, job.run, said.append)


def test_phases_add_up_even_if_one_fails(tmp_path: Path) -> None:
    job, _ = job_for(tmp_path)
    with job.phase("curate"):
        pass
    job.seconds["curate"] = 5.0
    with pytest.raises(ZeroDivisionError), job.phase("curate"):
        _ = 1 // 0
    assert job.seconds["curate"] >= 5.0 and set(job.seconds) == {"curate"}


def test_evaluation_without_questions_or_before_training_says_what_to_do(tmp_path: Path) -> None:
    job, _ = job_for(tmp_path)
    with pytest.raises(EvaluationError, match=r"`evaluation\.files`"):
        job.evaluate()
    held_out = tmp_path / "h.jsonl"
    held_out.write_text('{"question": "case 1 ?", "label": "1"}\n')
    job, _ = job_for(tmp_path, evaluation={"files": [str(held_out)]})
    with pytest.raises(EvaluationError, match=r"student .*round-1/student does not exist yet\. Run `dgrc train`"):
        job.evaluate()


def test_training_before_curation_says_what_to_do(tmp_path: Path) -> None:
    job, _ = job_for(tmp_path)
    with pytest.raises(TrainingError, match=r"no curriculum in .*round-1/curriculum yet\. Run `dgrc curate`"):
        job.train()


def test_a_trained_student_is_not_trained_again(tmp_path: Path) -> None:
    job, said = job_for(tmp_path)
    write_curriculum(job)
    report = {"visits": 1200, "steps": 30}
    job.run.mark_done("train-dgrc", job._training_fingerprint("dgrc"), report)
    job.run.student().mkdir(parents=True)
    (job.run.student() / "config.json").write_text("{}")
    job.train()
    assert job.reports == {"train-dgrc": report}
    assert any("already trained: 1,200 visits, 30 steps" in line for line in said)


def test_training_is_identified_by_curricula_settings_model_seed_and_recipe(tmp_path: Path) -> None:
    job, _ = job_for(tmp_path)
    write_curriculum(job)
    (job.run.curriculum("distill") / "cot").mkdir(parents=True)
    first = job._training_fingerprint("dgrc")
    assert job_for(tmp_path)[0]._training_fingerprint("dgrc") == first
    distill = job._training_fingerprint("distill")
    others = [
        distill,
        job_for(tmp_path, seed=1)[0]._training_fingerprint("dgrc"),
        job_for(tmp_path, training={"replay": 0.5})[0]._training_fingerprint("dgrc"),
        job_for(tmp_path, student={"model": "/models/other"})[0]._training_fingerprint("dgrc"),
    ]
    write_curriculum(job, '{"id": 1}\n')
    others += [job._training_fingerprint("dgrc"), job._training_fingerprint("distill")]
    assert len({first, *others}) == 7, "a baseline depends on the subject's curriculum, which says how long it trains"


def test_the_training_line_speaks_only_now_and_then() -> None:
    progress = TrainProgress("dgrc", "atoms", 3, 30, 1.25, 24_690, 12_345.0, 1e-4, 2.5, 1.5, None, 1.5)
    said: list[str] = []
    TrainingLine(said.append, every_s=0.0)(progress)
    assert " ".join(said[0].split()) == (
        "dgrc atoms step 3/30 loss 1.250 lr 1.0e-04 grad 2.5 12,345 tokens/s 1.5 GiB validation 1.500"
    )
    patient = TrainingLine(said.append, every_s=1e9)
    patient(progress)
    patient(progress)
    assert len(said) == 1
    assert (patient.rate("dgrc"), patient.rate("other"), patient.memory_gib) == (12_345.0, 0.0, 1.5)


@pytest.mark.parametrize(
    ("method", "says"),
    [
        ({"prompts": "proving", "judge": 13}, "`proving` has no step `judge`, which `method.judge` asks for"),
        ({"prompts": "proving", "grader": True}, "no step `grade`, which `method.grader` asks for"),
        ({"prompts": "nowhere"}, "There is no prompt pack `nowhere`"),
    ],
)
def test_a_pack_that_lacks_what_is_asked_is_refused_before_anything_starts(
    tmp_path: Path, method: dict[str, Any], says: str
) -> None:
    job, _ = job_for(tmp_path, method=method)
    with pytest.raises(PromptPackError, match=says), job.open():
        pass
    assert not job.run.root.exists()
