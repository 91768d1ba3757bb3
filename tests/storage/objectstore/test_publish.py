"""A finished run's results are published whole: the manifest last, and never beside files of another time."""

from pathlib import Path

import pytest
from pyarrow import fs

from dgrc.config.file import make_config
from dgrc.errors import RunDirError, StorageError
from dgrc.storage.manifest import write_manifest
from dgrc.storage.objectstore.files import file_system, open_bytes
from dgrc.storage.publish import publish
from dgrc.storage.run_dir import RunDir
from dgrc.workflow.preflight import check
from tests.storage.objectstore.conftest import one_paragraph
from tests.storage.objectstore.store import Store

RESULT = ("curriculum/atomic/train.jsonl", "student/model.safetensors", "student/README.md", "evaluation.json")


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    run = RunDir(tmp_path / "mine")
    for name in (*(f"round-1/{name}" for name in RESULT), "round-1/cases/x.parquet", "logs/native.log", "config.yaml"):
        (run.root / name).parent.mkdir(parents=True, exist_ok=True)
        (run.root / name).write_text(f"what is in {name}")
    return run


def lying(url: str) -> dict[str, bytes]:
    system, path = file_system(url)
    found = system.get_file_info(fs.FileSelector(path, recursive=True, allow_not_found=True))
    names = [info.path for info in found if info.type == fs.FileType.File]
    return {name.removeprefix(f"{path}/"): open_bytes(f"s3://{name}").read() for name in names}


def test_results_and_manifest_are_published_and_nothing_else(store: Store, run: RunDir) -> None:
    with pytest.raises(RunDirError, match="not complete"):
        publish(run, "s3://bucket/out")
    assert lying("s3://bucket/out") == {}
    write_manifest(run, reports={}, seconds={})
    assert publish(run, "s3://bucket/out/") == ("s3://bucket/out/mine", len(RESULT) + 1)
    wanted = [*(f"round-1/{name}" for name in RESULT), "manifest.json"]
    assert lying("s3://bucket/out/mine") == {name: (run.root / name).read_bytes() for name in wanted}
    puts = [path for method, path in store.requests if method in ("PUT", "POST")]
    assert puts[-1].endswith("manifest.json")


def test_what_broke_off_has_no_manifest_and_is_published_again(store: Store, run: RunDir) -> None:
    write_manifest(run, reports={}, seconds={})
    publish(run, "s3://bucket/out")
    store.breaks = lambda method, path: method in ("PUT", "POST") and path.endswith("model.safetensors")
    with pytest.raises(StorageError, match="s3://bucket/out/mine") as caught:
        publish(run, "s3://bucket/out")
    one_paragraph(caught.value)
    assert "manifest.json" not in lying("s3://bucket/out/mine")
    store.breaks = lambda method, path: False
    publish(run, "s3://bucket/out")
    assert "manifest.json" in lying("s3://bucket/out/mine")


def test_a_bucket_that_is_not_there_is_said_before_the_run(store: Store) -> None:
    scripted = {"engine": "scripted", "script": "tests.scripts:teacher"}
    config = {"teacher": scripted, "student": scripted, "method": {"prompts": "proving"}}
    check(make_config({**config, "publish": "s3://bucket/out"}))
    with pytest.raises(StorageError, match="no such bucket"):
        check(make_config({**config, "publish": "s3://nowhere/out"}))
