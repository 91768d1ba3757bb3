"""Marks through the server: who may write, what is taken, who sees it, and what it comes to."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from dgrc.cli import main
from dgrc.storage.manifest import write_manifest
from dgrc.storage.marks.file import append, marks_of, read
from dgrc.storage.marks.record import Mark
from dgrc.storage.run_dir import RunDir
from dgrc.storage.verify import damage
from dgrc.view.follow import Runs
from dgrc.view.index.build import build
from dgrc.view.report.write import report
from dgrc.view.server import application
from tests.view.made import ASKED, CASES, write_run
from tests.view.test_server import TOKEN, get

LEASE, NOTICE = CASES[0].id, "notice"
WRITES = {"origin": "http://127.0.0.1:7474", "content-type": "application/json"}
BASE = "http://127.0.0.1:7474"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunDir, TestClient]]:
    run = write_run(tmp_path_factory.mktemp("runs") / "r")
    build(run)
    with TestClient(application(Runs([run]), TOKEN), base_url=BASE) as client:
        yield run, client


@pytest.fixture
def run(served: tuple[RunDir, TestClient]) -> Iterator[RunDir]:
    """The run, on which nobody has said anything."""
    yield served[0]
    file = marks_of(served[0])
    file.rmdir() if file.is_dir() else file.unlink(missing_ok=True)


@pytest.fixture
def client(served: tuple[RunDir, TestClient], run: RunDir) -> TestClient:
    return served[1]


def chain(client: TestClient, number: int = 0) -> dict[str, Any]:
    """What a page says of a chain that it shows."""
    one = get(client, f"r/1/cases/{LEASE}")["chains"]["teacher"][number]
    return {"what": "chain", "id": str(LEASE), "chain": number, "mark": "wrong", "note": "", "answer": None,
            "sha": one["sha"]}  # fmt: skip


def atom(client: TestClient) -> dict[str, Any]:
    one = next(a for a in get(client, "r/1/atoms")["rows"] if a["question"] == ASKED[NOTICE])
    return {**chain(client), "what": "atom", "id": one["id"], "chain": None,
            "sha": get(client, f"r/1/atoms/{one['id']}")["sha"]}  # fmt: skip


def post(client: TestClient, said: Any, status: int = 200, **headers: str) -> Any:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    reply = client.post(f"/{TOKEN}/api/r/1/marks", content=body, headers={**WRITES, **headers})
    assert reply.status_code == status, reply.text
    return reply.json() if status == 200 else reply.text


def test_a_mark_is_kept_and_shown_on_all_pages(client: TestClient, run: RunDir) -> None:
    post(client, {**chain(client), "note": "too late is right"})
    post(client, {**chain(client, 1), "mark": "right"})
    post(client, {**atom(client), "answer": "six months"})
    case = get(client, f"r/1/cases/{LEASE}")
    assert [one["mark"] and one["mark"]["mark"] for one in case["chains"]["teacher"]] == ["wrong", "right", None, None]
    assert case["atoms"][0]["mark"]["answer"] == "six months" and "sha" not in case["chains"]["student"][0]
    assert get(client, f"r/1/atoms/{case['atoms'][0]['id']}")["mark"]["mark"] == "wrong"
    assert get(client, "r/1/cases?marked=marked+wrong")["total"] == 1
    assert get(client, "r/1/atoms?marked=not+marked")["total"] == 3
    shares = {one["name"]: (one["right"], one["n"]) for one in get(client, "r/1/overview")["marks"]["shares"]}
    assert shares == {"chains in the curriculum": (0, 1), "chains left out of it": (1, 1), "atoms kept": (0, 1)}
    first = next(iter(read(marks_of(run)).marks.values()))
    assert (first.note, first.round, first.kept) == ("too late is right", 1, True)
    said = CliRunner().invoke(main, ["show", str(run.root)]).output
    assert "0 of 1 marked chains in the curriculum are right: 0.0% [0.0%, 79.3%]" in " ".join(said.split())


def test_a_mark_is_taken_back(client: TestClient) -> None:
    post(client, chain(client))
    assert post(client, {**chain(client), "mark": "none"})["mark"] == "none"
    assert get(client, f"r/1/cases/{LEASE}")["chains"]["teacher"][0]["mark"] is None
    assert get(client, "r/1/overview")["marks"]["shares"] == []


def test_two_viewers_see_each_others_marks(client: TestClient, run: RunDir) -> None:
    with TestClient(application(Runs([run]), TOKEN), base_url=BASE) as other:
        post(client, chain(client))
        post(other, {**chain(other, 2), "mark": "right"})
        for one in (client, other):
            marks = get(one, f"r/1/marks?of={LEASE}")
            assert [(m["chain"], m["mark"]["mark"]) for m in marks] == [(0, "wrong"), (2, "right")]
            assert get(one, "r/1/marks?of=5") == get(one, "r/1/marks") == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://evil.example"}, 403), ({"origin": "null"}, 403), ({"origin": "http://127.0.0.1:1"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403), ({"sec-fetch-site": "same-site"}, 403),
        ({"host": "evil.example"}, 421), ({"content-type": "text/plain"}, 415), ({"content-type": ""}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415), ({"content-type": "multipart/form-data"}, 415),
    ],
)  # fmt: skip
def test_who_may_not_write_writes_nothing(
    client: TestClient, run: RunDir, headers: dict[str, str], status: int
) -> None:
    post(client, chain(client), status, **headers)
    assert not marks_of(run).exists()


def test_without_origin_or_token_nothing_is_written(client: TestClient, run: RunDir) -> None:
    said = chain(client)
    assert client.post(f"/{TOKEN}/api/r/1/marks", json=said).status_code == 403
    for path in ("/wrong/api/r/1/marks", f"/{TOKEN}x/api/r/1/marks"):
        assert client.post(path, json=said, headers=WRITES).status_code == 404
    for path in ("r/1/cases", f"r/1/cases/{LEASE}", "runs", "r/1/marks/5", "nobody/1/marks", "r/9/marks"):
        assert client.post(f"/{TOKEN}/api/{path}", json=said, headers=WRITES).status_code in (404, 405)
    for method in ("PUT", "DELETE", "PATCH"):
        assert client.request(method, f"/{TOKEN}/api/r/1/marks", headers=WRITES).status_code == 405
    assert not marks_of(run).exists()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"sha": "0" * 64}, 409), ({"id": "5"}, 404), ({"chain": 99}, 404), ({"what": "atom", "chain": None}, 404),
        ({"more": 1}, 400), ({"kept": True}, 400), ({"at": "now"}, 400), ({"round": 2}, 400), ({"mark": "x"}, 400),
        ({"note": ["x"]}, 400), ({"note": "x" * 5000}, 400), ({"answer": "C"}, 400), ({"id": "../../x"}, 400),
    ],
)  # fmt: skip
def test_only_marks_on_what_is_there_are_taken(
    client: TestClient, run: RunDir, change: dict[str, Any], status: int
) -> None:
    post(client, {**chain(client), **change}, status)
    assert not marks_of(run).exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"{", 400), (b"[" * 30_000, 400), (b"\xff", 400), (b"[]", 400), (b"null", 400), (b" " * 50_000, 413)],
)  # fmt: skip
def test_what_is_no_object_or_too_long_is_refused(client: TestClient, run: RunDir, body: bytes, status: int) -> None:
    post(client, body, status)
    assert not marks_of(run).exists()


def test_a_field_that_is_missing_is_not_guessed(client: TestClient) -> None:
    said = chain(client)
    del said["note"]
    post(client, said, 400)


def test_read_only_takes_none_and_shows_what_is_there(client: TestClient, run: RunDir) -> None:
    post(client, chain(client))
    with TestClient(application(Runs([run], writing=False), TOKEN), base_url=BASE) as shut:
        assert "--read-only" in post(shut, chain(shut, 1), 403)
        case = get(shut, f"r/1/cases/{LEASE}")
        assert "--read-only" in case["marking"] and case["chains"]["teacher"][0]["mark"]["mark"] == "wrong"
    assert len(read(marks_of(run)).marks) == 1


def test_a_run_that_cannot_be_written_says_so(client: TestClient, run: RunDir) -> None:
    marks_of(run).mkdir()
    assert "is no file" in get(client, f"r/1/cases/{LEASE}")["marking"]
    assert "is no file" in post(client, chain(client), 403)
    assert "cannot be read" in get(client, "r/1/overview")["marks"]["problem"]


def test_marks_on_texts_that_have_changed_are_told_apart(tmp_path: Path) -> None:
    run = write_run(tmp_path / "r")
    build(run)
    with TestClient(application(Runs([run]), TOKEN), base_url=BASE) as client:
        post(client, chain(client))
    path = min(run.dataset("cases").glob("*.parquet"))
    rows = pq.read_table(path).to_pylist()
    rows[0]["teacher"][0]["text"] = "Another text. <answer>C</answer>"
    rows[0]["teacher"][1]["text"] += " "
    pq.write_table(pa.Table.from_pylist(rows, schema=pq.read_schema(path)), path)
    shutil.rmtree(run.dataset("verdicts"))
    build(run)
    with TestClient(application(Runs([run]), TOKEN), base_url=BASE) as later:
        first = get(later, f"r/1/cases/{LEASE}")["chains"]["teacher"][0]
        assert first["text"].startswith("Another") and first["mark"] is None and first["marked_before"] is True
        told = get(later, "r/1/overview")["marks"]
        assert told["shares"] == [] and told["elsewhere"] == 1
        assert get(later, "r/1/cases?marked=marked+wrong")["total"] == 0


def test_terminal_and_report_tell_what_marks_come_to_and_what_of_them_cannot_be_read(
    client: TestClient, run: RunDir
) -> None:
    def told() -> tuple[str, str]:
        shown = CliRunner().invoke(main, ["show", str(run.root)])
        assert shown.exit_code == 0, shown.output
        return " ".join(shown.stdout.split()), " ".join(report(run, markdown=True).split())

    assert not any("Marked by hand" in said or "marked chains" in said for said in told())
    post(client, {**chain(client), "mark": "right"})
    terminal, card = told()
    assert "1 of 1 marked chains in the curriculum are right: 100.0%" in terminal and "Marked by hand" in card
    with open(marks_of(run), "a") as file:
        file.write("torn\n")
    assert all("1 lines of" in said and "cannot be read (line 2" in said for said in told())
    marks_of(run).unlink()
    marks_of(run).mkdir()
    assert all("marks.jsonl cannot be read (IsADirectoryError" in said.replace("\\", "") for said in told())


def test_verify_run_does_not_call_marks_damage(tmp_path: Path) -> None:
    run = write_run(tmp_path / "r")
    said = Mark("atom", 7, None, 1, "right", "", None, "", "", True)
    write_manifest(run, reports={}, seconds={})
    before = damage(run)  # a run written by hand lacks some datasets
    append(run, said)
    assert damage(run) == before
    write_manifest(run, reports={}, seconds={})
    append(run, said)  # and not either if there were marks when the run was sealed
    assert damage(run) == before
