"""Runs on a store are looked at where they lie: shown, listed, reported and followed, and never written."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from dgrc.cli import main
from dgrc.errors import RunDirError, StorageError
from dgrc.report.status import status_of
from dgrc.storage.manifest import write_manifest
from dgrc.storage.objectstore import runs
from dgrc.storage.objectstore.files import file_system
from dgrc.storage.objectstore.runs import looked_at, origin_of
from dgrc.storage.publish import publish
from dgrc.storage.run_dir import RunDir
from dgrc.view import follow
from dgrc.view.follow import Runs
from dgrc.view.server import application
from tests.storage.objectstore.conftest import one_paragraph
from tests.storage.objectstore.store import Store, put
from tests.view.made import CASES, evaluated, write_run

URL = "s3://bucket/runs/mine"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DGRC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def run(tmp_path: Path, store: Store, cache: Path) -> RunDir:
    """A run on a disk, and a copy of it on the store."""
    made = write_run(tmp_path / "mine")
    evaluated(made)
    put(made.root, URL)
    store.requests.clear()
    return made


@pytest.fixture
def client(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(follow, "STORE_EVERY_S", 0.2)
    monkeypatch.setattr(follow, "EVERY_S", 0.1)
    with TestClient(application(Runs([looked_at(URL)]), "t"), base_url="http://127.0.0.1:7474") as client:
        yield client


def dgrc(*words: str) -> Any:
    return CliRunner().invoke(main, list(words))


def come(client: TestClient, path: str, wanted: Callable[[Any], bool]) -> Any:
    """What the server says once it is as wanted."""
    until = time.monotonic() + 120
    while not wanted(said := client.get(f"/t/api/mine/1/{path}").json()):
        assert time.monotonic() < until, said
        time.sleep(0.1)
    return said


def test_show_tells_the_same_as_of_a_run_on_a_disk_and_writes_nothing(run: RunDir, store: Store) -> None:
    here, there = dgrc("show", str(run.root), "lease-17", "--json"), dgrc("show", f"{URL}/", "lease-17", "--json")
    assert there.exit_code == 0 and there.output == here.output
    listed = dgrc("show", URL)
    assert f"Run {URL}" in listed.output and "lease-17" in listed.output and "0.720" in listed.output
    assert {method for method, _ in store.requests} <= {"GET", "HEAD"}
    before = len([path for method, path in store.requests if method == "GET" and path.endswith(".parquet")])
    dgrc("show", URL, "lease-17")
    after = len([path for method, path in store.requests if method == "GET" and path.endswith(".parquet")])
    assert 0 < before == after, "the index is kept, and what it was made of is not read again"


def test_a_report_is_written_where_it_is_said_and_not_to_the_store(run: RunDir, tmp_path: Path) -> None:
    refused = dgrc("report", URL)
    assert refused.exit_code == 2 and "--out" in refused.output
    assert dgrc("report", URL, "--out", str(tmp_path / "r.html")).exit_code == 0
    assert "three months before the end" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_the_server_follows_the_store_and_takes_no_marks(client: TestClient, run: RunDir) -> None:
    come(client, "cases", lambda said: said["total"] == len(CASES) and not said["building"]["active"])
    told = client.get("/t/api/mine/1/overview").json()
    assert told["run"] == URL and told["evaluation"]["questions"] == 300 and told["now"]["status"]["stored"]
    case = client.get(f"/t/api/mine/1/cases/{CASES[0].id}").json()
    assert case["marking"].count(".") == 1 and f"{URL} is on an object store" in case["marking"]
    said = {"what": "chain", "id": str(CASES[0].id), "chain": 0, "mark": "right", "note": "", "answer": None,
            "sha": case["chains"]["teacher"][0]["sha"]}  # fmt: skip
    refused = client.post("/t/api/mine/1/marks", json=said, headers={"origin": "http://127.0.0.1:7474"})
    assert refused.status_code == 403 and "object store" in refused.json()["error"]
    file_system(URL)[0].delete_file("bucket/runs/mine/round-1/evaluation.json")
    (part, *_) = sorted(run.dataset("cases").glob("*.parquet"))
    file_system(URL)[0].delete_file(f"bucket/runs/mine/round-1/cases/{part.name}")
    come(client, "cases", lambda said: said["total"] == len(CASES) - 2)
    assert client.get("/t/api/mine/1/overview").json()["evaluation"] is None


def test_a_store_that_goes_away_is_said_and_the_rest_stays(client: TestClient, store: Store) -> None:
    come(client, "cases", lambda said: said["total"] == len(CASES))
    store.breaks = lambda method, path: True
    away = come(client, "now", lambda said: said["building"]["away"])["building"]["away"]
    assert "does not answer, or fails" in one_paragraph(away)
    assert client.get(f"/t/api/mine/1/cases/{CASES[0].id}").status_code == 200
    store.breaks = lambda method, path: False
    come(client, "now", lambda said: not said["building"]["away"])


def test_a_store_that_fails_while_files_are_read_blames_no_file(run: RunDir, store: Store) -> None:
    store.breaks = lambda method, path: path.endswith(".parquet") and method == "GET"
    failed = dgrc("show", URL, "lease-17")
    assert failed.exit_code != 0 and "does not answer, or fails" in " ".join(failed.output.split())
    store.breaks = lambda method, path: False
    assert "lease-17" in dgrc("show", URL, "lease-17").output


def test_what_was_published_is_shown_without_the_rest(run: RunDir, store: Store) -> None:
    (run.student() / "a").parent.mkdir(parents=True)
    (run.student() / "config.json").write_text("{}")
    write_manifest(run, reports={}, seconds={})
    url, _ = publish(run, "s3://bucket/out")
    found = looked_at(url)
    status = status_of(found)
    assert (status["state"], status["damaged"]) == ("complete", [])
    assert "0.720" in dgrc("show", url).output
    file_system(url)[0].delete_file("bucket/out/mine/round-1/student/config.json")
    assert status_of(looked_at(url))["damaged"] == ["round-1/student/config.json is missing"]


def test_a_whole_run_on_a_store_is_no_damage_though_little_of_it_is_here(run: RunDir) -> None:
    write_manifest(run, reports={}, seconds={})
    put(run.root, URL)
    status = status_of(looked_at(URL))
    assert (status["state"], status["damaged"]) == ("complete", [])
    assert dgrc("status", URL).output.startswith(f"Run {URL}: complete")
    file_system(URL)[0].delete_file(f"bucket/runs/mine/round-1/cases/{next(run.dataset('cases').iterdir()).name}")
    assert "is missing" in dgrc("status", URL).output


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("s3://bucket/nowhere", "neither config.yaml nor manifest.json; nothing is there"),
        ("s3://bucket/runs", "neither config.yaml nor manifest.json; it holds mine/"),
        ("s3://nobucket/runs", "no such bucket"), ("s3://", "names no bucket"), ("gopher://x/y", "gopher"),
    ],
)  # fmt: skip
def test_what_is_no_run_is_said(run: RunDir, url: str, words: str) -> None:
    with pytest.raises((RunDirError, StorageError)) as caught:
        looked_at(url)
    assert words in one_paragraph(caught.value)
    assert dgrc("view", url, "--no-browser").exit_code == 2
    with pytest.raises(RunDirError, match="has no round 7"):
        looked_at(URL, 7)


def test_what_works_on_a_run_says_that_it_wants_a_copy() -> None:
    said = dgrc("verify-run", URL)
    assert said.exit_code == 2 and "copy it to a disk" in " ".join(said.output.split())


def test_no_name_on_a_store_leads_out_of_the_cache(run: RunDir, cache: Path, tmp_path: Path) -> None:
    class Hostile:
        def get_file_info(self, _: Any) -> list[Any]:
            from pyarrow import fs

            names = ("../../config.yaml", "/config.yaml", "round-1/../manifest.json", "config.yaml")
            return [fs.FileInfo(f"b/r/{name}", fs.FileType.File, size=1, mtime_ns=1) for name in names]

    assert list(runs._listing(Hostile(), "b/r")) == ["config.yaml"]
    assert looked_at("s3://bucket/runs/mine").root.is_relative_to(cache.resolve())
    for url in ("s3://bucket/..", "s3://bucket/\x1b[31m", f"s3://bucket/{'x' * 400}"):
        folder = runs._folder(url)
        assert folder.parent.parent == cache.resolve() / "runs"
        assert len(folder.name.encode()) < 250 and "\x1b" not in folder.name


def test_a_folder_that_says_it_lies_on_a_store_is_not_believed(run: RunDir) -> None:
    (run.root / runs.ORIGIN).write_text(json.dumps({"url": "s3://evil/x", "files": {}}))
    assert origin_of(run) is None and origin_of(looked_at(URL)) is not None
