"""Models on an S3 server on loopback: fetched once a node, whole or not at all, in safetensors only."""

import multiprocessing
import shutil
from pathlib import Path

import pytest

from dgrc.config.engines import EngineConfig
from dgrc.engines.vllm.engine import here
from dgrc.engines.vllm.tokens import PromptEncoder, check_model_path
from dgrc.errors import StorageError, TrainingError
from dgrc.storage.contents import contents
from dgrc.storage.objectstore.models import local_copy
from dgrc.training.data.inputs import load_tokenizer
from tests.storage.objectstore.conftest import one_paragraph
from tests.storage.objectstore.store import Store, put
from tests.tiny import write_model

URL = "s3://bucket/models/tiny"
WEIGHTS = "model.safetensors"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("made") / "tiny", max_length=512)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DGRC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "models"


def drafts(cache: Path) -> list[Path]:
    return list(cache.rglob(".draft-*"))


def test_a_model_is_fetched_once_and_as_it_is(store: Store, made: Path, cache: Path) -> None:
    put(made, URL)
    folder = Path(local_copy(URL))
    assert folder.name == "tiny"
    assert {f.name: f.read_bytes() for f in folder.iterdir()} == {f.name: f.read_bytes() for f in made.iterdir()}
    assert local_copy(URL) == local_copy(f"{URL}/") == str(folder)
    assert store.fetched(WEIGHTS) == 1 and not drafts(cache)
    assert local_copy(str(made)) == str(made) and local_copy("proving:teacher") == "proving:teacher"


def test_processes_that_start_at_once_fetch_it_once(store: Store, made: Path, cache: Path) -> None:
    put(made, URL)
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        folders = pool.map(local_copy, [URL] * 8, chunksize=1)
    assert len(set(folders)) == 1 and store.fetched(WEIGHTS) == 1
    assert (Path(folders[0]) / WEIGHTS).read_bytes() == (made / WEIGHTS).read_bytes()


def test_what_broke_off_is_not_there_and_can_be_fetched_again(store: Store, made: Path, cache: Path) -> None:
    put(made, URL)
    store.breaks = lambda method, path: method == "GET" and path.endswith(WEIGHTS)
    with pytest.raises(StorageError, match=URL) as caught:
        local_copy(URL)
    one_paragraph(caught.value)
    assert not list(cache.rglob("config.json")) and not drafts(cache)
    store.breaks = lambda method, path: False
    (next(cache.iterdir()) / ".draft-of-one-that-was-killed").mkdir()
    assert (Path(local_copy(URL)) / WEIGHTS).is_file() and not drafts(cache)


def test_a_model_that_was_replaced_on_the_store_is_fetched_anew(store: Store, made: Path, cache: Path) -> None:
    put(made, URL)
    before = local_copy(URL)
    (changed := cache.parent / "changed").mkdir()
    shutil.copytree(made, changed, dirs_exist_ok=True)
    (changed / "README.md").write_text("another one")
    put(changed, URL)
    after = Path(local_copy(URL))
    assert str(after) != before and (after / "README.md").read_text() == "another one"


def test_pickles_and_code_stay_where_they_are(store: Store, made: Path, tmp_path: Path, cache: Path) -> None:
    folder = tmp_path / "with-code"
    shutil.copytree(made, folder)
    for name in ("pytorch_model.bin", "modeling_evil.py", "tf_model.h5", "x.safetensors.sh"):
        (folder / name).write_bytes(b"evil")
    put(folder, URL)
    assert {f.name for f in Path(local_copy(URL)).iterdir()} == {f.name for f in made.iterdir()}
    (folder / WEIGHTS).unlink()
    put(folder / "pytorch_model.bin", "s3://bucket/pickled/pytorch_model.bin")
    put(folder / "config.json", "s3://bucket/pickled/config.json")
    with pytest.raises(StorageError, match="no weights in safetensors"):
        local_copy("s3://bucket/pickled")


def test_a_driver_fetches_no_weights(store: Store, made: Path, cache: Path) -> None:
    put(made, URL)
    check_model_path(URL)
    encoder = PromptEncoder(URL)
    message = ({"role": "user", "content": "hello"},)
    assert encoder.encode(message) == PromptEncoder(str(made)).encode(message)  # type: ignore[arg-type]
    assert load_tokenizer(URL).chat_template == encoder.tokenizer.chat_template
    assert store.fetched(WEIGHTS) == 0
    section = here(EngineConfig(model=URL))
    assert (Path(section.model) / WEIGHTS).is_file() and section.adapter == ""


def test_what_is_no_model_is_said(store: Store, cache: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    put(tmp_path / "notes.txt", "s3://bucket/notes/notes.txt")
    with pytest.raises(StorageError, match=r"no model in s3://bucket/notes.*notes\.txt"):
        local_copy("s3://bucket/notes")
    with pytest.raises(StorageError, match=r"no model in s3://bucket/none: nothing is there"):
        check_model_path("s3://bucket/none")
    with pytest.raises(StorageError, match="no such bucket"):
        local_copy("s3://nowhere/model")


def test_a_full_disk_and_a_store_that_is_away_are_explained(
    store: Store, made: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    put(made, URL)
    monkeypatch.setenv("DGRC_CACHE", "/proc/no/place")
    with pytest.raises(StorageError, match="DGRC_CACHE"):
        local_copy(URL)
    request.getfixturevalue("nobody")
    with pytest.raises(StorageError, match="does not answer"):
        local_copy(URL)
    with pytest.raises((StorageError, TrainingError), match="does not answer"):
        load_tokenizer(URL)


def test_a_model_on_a_store_is_what_it_is_on_a_disk_and_is_read_once(
    store: Store, made: Path, cache: Path, tmp_path: Path
) -> None:
    put(made, URL)
    notes = tmp_path / "hashes.json"
    here = contents(str(made))
    assert contents(URL, notes) == contents(f"{URL}/", notes) == here and WEIGHTS in dict(here)
    assert store.fetched(WEIGHTS) == 1 and not cache.exists()
