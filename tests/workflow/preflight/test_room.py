"""Memory and disk: what is sure not to fit is refused, what is not known is not."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dgrc.workflow.preflight import room
from dgrc.workflow.preflight.findings import Finding
from dgrc.workflow.preflight.room import GIB, room_suffices
from tests.workflow.preflight.builders import config, model

CURATE = ("curate",)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with 8 GiB of memory and 20 GiB of free disk."""
    monkeypatch.setattr(room, "of_this_machine", lambda: 8 * GIB)
    monkeypatch.setattr(room, "is_told_bfloat16", lambda: True)
    monkeypatch.setattr("shutil.disk_usage", lambda place: SimpleNamespace(free=20 * GIB))


def found(tmp_path: Path, parts: tuple[str, ...], **settings: Any) -> list[Finding]:
    return list(room_suffices(config(runs_dir=str(tmp_path / "runs"), **settings), parts))


@pytest.mark.usefixtures("small")
def test_weights_and_caches_of_engines_at_work_together_must_fit_into_memory(tmp_path: Path) -> None:
    three, two = (model(tmp_path / f"{n}", size=n * GIB, dtype="bfloat16") for n in (3, 2))
    settings: dict[str, Any] = {"teacher": {"model": three, "kv_cache_gib": 1}, "student": {"model": two}}
    assert found(tmp_path, CURATE, **settings) == [], "3 + 1, 2 + 0.5, 0.5"
    settings["student"]["kv_cache_gib"] = 2
    (one,) = found(tmp_path, CURATE, **settings)
    assert one.stops and "takes at least 8.5 GiB" in one.words and "teacher 4.0, student 4.0" in one.words
    (one,) = found(tmp_path, CURATE, teacher={"model": two, "replicas": 4})
    assert "teacher 10.0" in one.words
    assert found(tmp_path, CURATE, teacher={"model": two, "replicas": [1, 4]}) == []
    (one,) = found(tmp_path, CURATE, teacher={"model": three, "dtype": "float32"} | {"kv_cache_gib": 2})
    assert "teacher 8.0" in one.words
    on_gpus = {"teacher": {"model": three, "replicas": 9, "gpus": 1}}
    assert found(tmp_path, CURATE, **on_gpus) == []
    assert found(tmp_path, CURATE, ray={"address": "auto"}, teacher={"model": three, "replicas": 9}) == []


@pytest.mark.usefixtures("small")
def test_students_and_a_checkpoint_must_fit_on_the_disk(tmp_path: Path) -> None:
    student = {"model": model(tmp_path / "m", size=3 * GIB, dtype="bfloat16")}  # 1.5 billion: 18 GiB of state
    (one,) = found(tmp_path, ("train",), student=student)
    assert (
        one.stops and one.setting == "runs_dir" and "writes 21.0 GiB" in one.words and "20.0 GiB are free" in one.words
    )
    assert found(tmp_path, CURATE, student=student) == []
    assert found(tmp_path, ("train",), student=student, training={"adapter": {}}) == []
    assert found(tmp_path, ("train",), student=student, training={"checkpoints": {"storage": "s3://b/f"}}) == []
    smaller = {"model": model(tmp_path / "n", size=2 * GIB, dtype="bfloat16")}
    assert found(tmp_path, ("train",), student=smaller) == [], "2 + 12"
    (one,) = found(tmp_path, ("train",), student=smaller, evaluation={"baselines": ["distill"] * 4})
    assert "writes 22.0 GiB" in one.words


def test_a_disk_that_is_nearly_full_is_said_and_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda place: SimpleNamespace(free=GIB // 2))
    (one,) = found(tmp_path, CURATE)
    assert not one.stops and "0.50 GiB are free" in one.words


def test_a_folder_that_cannot_be_written_stops_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda place, mode: False)
    (one,) = found(tmp_path, CURATE)
    assert one.stops and one.setting == "runs_dir" and str(tmp_path) in one.words


def test_a_file_in_the_place_of_the_folder_of_runs_stops_a_run(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    (one,) = found(tmp_path, CURATE)
    assert one.stops and one.setting == "runs_dir" and one.words.startswith(f"{tmp_path / 'runs'} is a file")
