"""The first point of `benchmarks.real`: two model folders in, hashes out, before anything else of it is there."""

from pathlib import Path

import pytest

from benchmarks.real.bench import Bench
from benchmarks.real.domain import check
from benchmarks.real.points import Points
from benchmarks.real.settings import Settings
from dgrc.errors import DgrcError
from tests.tiny import write_model


def bench(tmp_path: Path, said: list[str]) -> Bench:
    models = [str(write_model(tmp_path / name, 4096, seed)) for seed, name in enumerate(("teacher", "student"))]
    settings = Settings(tmp_path / "out", *models, questions=10, held_out=10, pilot=10, seeds=(0,))
    return Bench(settings, Points(settings.out), said.append)


def test_models_are_looked_at_before_there_is_a_domain(tmp_path: Path) -> None:
    said: list[str] = []
    found = check(bench(tmp_path, said), {"teacher": "MIT"})
    teacher, student = (found["models"][role] for role in ("teacher", "student"))
    assert found["equal_vocabularies"] and teacher["vocabulary"] == student["vocabulary"]
    assert teacher["sha256"] != student["sha256"] and [teacher["licence"], student["licence"]] == ["MIT", "unknown"]
    assert any("teacher: teacher, licence MIT" in line for line in said)
    assert not (tmp_path / "out" / "check").exists(), "no run is begun for it"


def test_what_would_stop_curation_or_training_is_said_there(tmp_path: Path) -> None:
    tried = bench(tmp_path, [])
    (tmp_path / "teacher" / "config.json").write_text('{"architectures": ["NoSuchModel"], "model_type": "none"}')
    with pytest.raises(DgrcError, match=r"teacher\.model"):
        check(tried, {})
