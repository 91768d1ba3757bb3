"""Models of the Hub: what is fetched of them, for whom, and what is said where they cannot be had."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dgrc.storage.contents import contents
from dgrc.storage.objectstore.hub import is_hub_name
from tests.storage.objectstore.hub import serving
from tests.tiny import make_tokenizer_dir

FETCH = """
import sys
from dgrc.errors import StorageError
from dgrc.storage.contents import contents
from dgrc.storage.objectstore.models import local_copy
from dgrc.training.data.inputs import load_tokenizer
try:
    for weights in (False, True):
        print(local_copy(sys.argv[1], weights=weights))
    print(load_tokenizer(sys.argv[1]).eos_token)
    print(contents(sys.argv[1]))
except StorageError as e:
    print(type(e).__name__, " ".join(str(e).split()))
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A directory with what a model has, and with what is not fetched of one."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    make_tokenizer_dir(folder)
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "pytorch_model.bin").write_bytes(b"a pickle")
    (folder / "modeling_tiny.py").write_text("raise SystemExit\n")
    (folder / "onnx").mkdir()
    (folder / "onnx" / "model.safetensors").write_bytes(b"others")
    return folder


@pytest.fixture
def hub(model: Path) -> Iterator[str]:
    with serving(model) as address:
        yield address


def fetched(name: str, hub: str, home: Path) -> list[str]:
    # The library reads them when it is imported.
    env = {**os.environ, "HF_ENDPOINT": hub, "HF_HOME": str(home), "HF_HUB_OFFLINE": "0"}
    if hub == "offline":
        env |= {"HF_ENDPOINT": "http://127.0.0.1:1", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run([sys.executable, "-c", FETCH, name], env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_models_own_files_are_fetched_once_weights_only_where_they_are_needed(
    model: Path, hub: str, tmp_path: Path
) -> None:
    said = fetched("org/tiny", hub, tmp_path / "home")
    light, whole, eos, hashes = said
    assert hashes == str(contents(str(model))), "by its content it is the same model as a copy of it"
    assert light == whole and eos == "<|im_end|>"
    there = {path.name for path in Path(whole).iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= there
    assert not there & {"pytorch_model.bin", "modeling_tiny.py", "onnx"}
    asked = Path(f"{model}.asked").read_text().split()
    assert len(asked) == len(set(asked)) and asked[-1] == "model.safetensors", "weights come when they are asked for"
    assert fetched("org/tiny", "http://127.0.0.1:1", tmp_path / "home")[1] == whole, "the cache is enough"


def test_a_model_without_safetensors_is_refused(model: Path, hub: str, tmp_path: Path) -> None:
    (model / "model.safetensors").unlink()
    said = fetched("org/tiny", hub, tmp_path / "home")
    assert len(said) == 2 and said[1].startswith("StorageError The model org/tiny has no weights in safetensors"), said


@pytest.mark.parametrize(
    ("name", "at", "kind", "advice"),
    [
        ("org/gone", "", "StorageError", "HF_TOKEN"), ("org/secret", "", "StorageError", "HF_TOKEN"),
        ("org/failing", "", "StoreAwayError", "again later"), ("org/busy", "", "StoreAwayError", "again later"),
        ("org/gone", "http://127.0.0.1:1", "StoreAwayError", "again later"),
        ("org/gone", "offline", "StorageError", "folder"),
    ],
)  # fmt: skip
def test_a_model_that_cannot_be_had_is_one_sentence_and_what_may_pass_is_told_apart(
    hub: str, tmp_path: Path, name: str, at: str, kind: str, advice: str
) -> None:
    said = fetched(name, at or hub, tmp_path / "home")
    assert len(said) == 1 and said[0].startswith(f"{kind} The model {name} could not be fetched"), said
    assert advice in said[0]


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("org/tiny", True), ("./org/tiny", False), ("/org/tiny", False), ("~/tiny", False), ("tiny", False),
        ("a/b/c", False), ("proving:a/b", False), ("org/", False), ("s3://bucket/m", False), ("here/model", False),
    ],
)  # fmt: skip
def test_a_name_of_the_hub_is_owner_and_name_and_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, is_one: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here" / "model").mkdir(parents=True)
    assert is_hub_name(name) is is_one
