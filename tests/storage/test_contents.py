"""A model is the content of its files, not their times; what was hashed is not read again until it is touched."""

import json
import os
import shutil
from pathlib import Path

import pytest

from dgrc.storage import contents as module
from dgrc.storage.contents import contents


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("config.json", "model-1.safetensors", "model-2.safetensors", "README.md", "tokenizer.json"):
        (folder / name).write_text(f"{name} as it is")
    return folder


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were hashed."""
    names: list[str] = []
    hash_file = module.hash_file

    def hashed(path: Path) -> str:
        names.append(path.name)
        return hash_file(path)

    monkeypatch.setattr(module, "hash_file", hashed)
    return names


def test_a_copy_is_the_same_model_and_another_content_another(model: Path, tmp_path: Path) -> None:
    first = contents(str(model))
    assert [name for name, _ in first] == ["config.json", "model-1.safetensors", "model-2.safetensors"]
    copied = shutil.copytree(model, tmp_path / "copy", copy_function=shutil.copyfile)
    os.utime(copied / "model-1.safetensors", (1, 1))
    assert contents(str(copied)) == first
    (copied / "README.md").write_text("said anew")
    assert contents(str(copied)) == first
    (copied / "model-1.safetensors").write_text("model-1.safetensors as it Is")
    assert contents(str(copied)) != first


def test_files_are_read_once_while_nobody_touches_them(model: Path, tmp_path: Path, read: list[str]) -> None:
    notes = tmp_path / "run" / ".hashes.json"
    first = contents(str(model), notes)
    assert contents(str(model), notes) == first and len(read) == 3
    weights = model / "model-2.safetensors"
    before = weights.stat()
    weights.write_text("model-2.safetensors as it Is")
    os.utime(weights, ns=(before.st_atime_ns, before.st_mtime_ns))  # as copies that keep times do
    assert contents(str(model), notes) != first
    assert read[3:] == ["model-2.safetensors"]


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"WEIGHTS": 7}', '{"WEIGHTS": [[], "x"]}'])
def test_notes_that_are_broken_are_written_anew(broken: str, model: Path, tmp_path: Path, read: list[str]) -> None:
    notes = tmp_path / ".hashes.json"
    notes.write_text(broken.replace("WEIGHTS", str(model / "model-1.safetensors")))
    first = contents(str(model), notes)
    assert first == contents(str(model)) and len(read) == 6
    assert set(json.loads(notes.read_text())) == {str(model / name) for name, _ in first}
    assert contents(str(model), notes) == first and len(read) == 6


def test_models_of_two_places_are_noted_side_by_side(model: Path, tmp_path: Path, read: list[str]) -> None:
    other = shutil.copytree(model, tmp_path / "other")
    notes = tmp_path / ".hashes.json"
    for folder in (model, other, model):
        contents(str(folder), notes)
    assert len(read) == 6
