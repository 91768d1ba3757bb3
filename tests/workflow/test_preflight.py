"""What a dry run lists: files, models and keys that a configuration names and that are not on this machine."""

from pathlib import Path
from typing import Any

import pytest

from dgrc.config.file import make_config
from dgrc.config.method import MethodConfig
from dgrc.workflow.preflight import missing, pack_called

WHOLE = ("curate", "train", "evaluate")
SCRIPTED = {"engine": "scripted", "script": "tests.scripts:teacher"}


def told(parts: tuple[str, ...] = WHOLE, **settings: Any) -> list[str]:
    return missing(make_config({"teacher": SCRIPTED, "student": SCRIPTED, **settings}), parts)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    return tmp_path


def test_files_that_are_not_here_are_named_with_their_setting(here: Path) -> None:
    (here / "q.jsonl").write_text("")
    settings: dict[str, Any] = {
        "questions": {"files": ["q.jsonl", "gone/*.csv", "s3://bucket/q.jsonl"], "teacher_chains": ["chains.jsonl"]},
        "corpus": {"files": ["laws/*.txt"]},
        "evaluation": {"files": ["held.parquet", "proving:held_out"], "benchmarks": [{"files": ["test.tsv"]}]},
        "training": {"deepspeed": "zero.json", "replay": {"files": ["chats/*.jsonl"]}},
    }
    lines = told(**settings)
    assert [(line.partition(":")[0], next(n for n in NAMES if n in line)) for line in lines] == [
        ("corpus.files", "laws/*.txt"), ("questions.files", "gone/*.csv"), ("questions.teacher_chains", "chains.jsonl"),
        ("training.replay.files", "chats/*.jsonl"), ("evaluation.files", "held.parquet"),
        ("evaluation.benchmarks", "test.tsv"), ("training.deepspeed", "zero.json"),
    ]  # fmt: skip
    of_training = [line.partition(":")[0] for line in told(("train",), **settings)]
    assert of_training == ["training.replay.files", "training.deepspeed"]


NAMES = ("laws/*.txt", "gone/*.csv", "chains.jsonl", "chats/*.jsonl", "held.parquet", "test.tsv", "zero.json")


def test_models_and_keys_that_are_not_here_are_named(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    api = {"engine": "openai_api", "model": "m", "api": {"base_url": "http://h/v1", "key_env": "TIGER_KEY"}}
    (here / "q.jsonl").write_text("")
    questions = {"files": ["q.jsonl"]}
    monkeypatch.delenv("TIGER_KEY", raising=False)
    assert told(teacher=api, questions=questions) == [
        "teacher.api.key_env: the environment variable TIGER_KEY is not set here."
    ]
    monkeypatch.setenv("TIGER_KEY", "sk-tiger")
    (line,) = told(teacher=api, student={"model": "./absent"}, questions=questions)
    assert line.startswith("student.model: The model directory ./absent does not exist.")
    (line,) = told(student={"model": "org/name"}, questions=questions)
    assert line.startswith("student.model: org/name is neither a folder here nor in the cache")
    (here / "hub" / "hub" / "models--org--name").mkdir(parents=True)
    assert told(student={"model": "org/name"}, questions=questions) == []
    assert told(student={"model": "proving:student"}, questions=questions) == []


def test_a_configuration_without_questions_is_told_so() -> None:
    assert told() == ["questions.files: no file is named"]
    assert told(("train",)) == []


def test_the_pack_is_named_with_version_and_language_or_with_what_is_wrong_with_it() -> None:
    assert pack_called(MethodConfig(prompts="medical_zh")) == "medical_zh, version 3, zh"
    assert pack_called(MethodConfig(prompts="proving")) == "proving, version 1, language not declared"
    assert "There is no prompt pack `gone`" in pack_called(MethodConfig(prompts="gone"))
    assert "has no step `grade`" in pack_called(MethodConfig(prompts="proving", grader=True))
