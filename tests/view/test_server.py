"""The server: who is let in, what a browser may do with answers, and what each address says."""

import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from dgrc.cli import main
from dgrc.report.status import standing
from dgrc.storage.atomic import write_json
from dgrc.storage.run_dir import RunDir
from dgrc.storage.underway import Notes
from dgrc.view.follow import Runs
from dgrc.view.index.build import build
from dgrc.view.query import Chosen
from dgrc.view.server import STATIC, application, listen
from dgrc.view.store import MadeAnewError
from tests.view.made import CASES, HOSTILE, evaluated, write_run

TOKEN = "t0ken"
LEASE = CASES[0].id


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    made = write_run(tmp_path_factory.mktemp("runs") / "r")
    build(made)
    return made


@pytest.fixture(scope="module")
def client(run: RunDir) -> Iterator[TestClient]:
    with TestClient(application(Runs([run]), TOKEN), base_url="http://127.0.0.1:7474") as client:
        yield client


def get(client: TestClient, path: str, status: int = 200) -> Any:
    reply = client.get(f"/{TOKEN}/api/{path}")
    assert reply.status_code == status, reply.text
    return reply.json()


def test_lists_cases_atoms_and_the_overview_are_served(client: TestClient) -> None:
    assert get(client, "runs")[0]["name"] == "r"
    page = get(client, "r/1/cases?status=divergent&q=landlord&order=as+read&limit=1")
    assert page["total"] == 2 and page["rows"][0]["id"] == str(LEASE) and page["building"]["active"] is False
    assert get(client, f"r/1/cases?after={LEASE}&order=as+read")["rows"][0]["id"] == str(CASES[1].id)
    case = get(client, f"r/1/cases/{LEASE}?status=divergent&order=as+read")
    assert case["around"]["place"] == 1 and case["around"]["after"] == str(CASES[1].id)
    assert get(client, "r/1/atoms")["total"] == 4
    assert get(client, f"r/1/atoms/{case['atoms'][0]['id']}")["asked_by_count"] == 2
    assert get(client, "r/1/overview")["funnel"][0]["count"] == 7
    prompt = get(client, f"r/1/cases/{LEASE}/prompt")
    assert prompt[-1]["role"] == "user" and CASES[0].text in prompt[-1]["content"]


def test_a_pass_that_is_done_again_while_somebody_looks_breaks_no_page(tmp_path: Path) -> None:
    """Between the emptying of the index and the next look at it, a list asks for rows that are gone."""
    made = write_run(tmp_path / "r")
    build(made)
    runs = Runs([made])
    with TestClient(application(runs, TOKEN), base_url="http://127.0.0.1:7474") as client:
        assert get(client, "r/1/cases")["total"] == 7
        runs.round("r", 1).look = lambda: None  # type: ignore[method-assign]
        for part in sorted(made.dataset("cases").glob("*.parquet"))[1:]:
            part.unlink()
        build(made)
        with pytest.raises(MadeAnewError):
            runs.round("r", 1).view("cases").page(Chosen({}, "", ""))
        assert get(client, "r/1/cases")["total"] == 2 and get(client, f"r/1/cases/{CASES[0].id}")["id"] == str(LEASE)
        made.dataset("cases").joinpath("part-00000.parquet").unlink()
        build(made)
        get(client, f"r/1/cases/{CASES[0].id}", 404)


def test_what_a_run_does_now_is_small_and_has_another_version_when_the_page_is_another(tmp_path: Path) -> None:
    made = write_run(tmp_path / "r")
    build(made)
    with TestClient(application(Runs([made]), TOKEN), base_url="http://127.0.0.1:7474") as client:
        with made.lock():
            Notes(made)("train-dgrc", 3, 9, "steps", 0.5)
            first = get(client, "r/1/now")
            Notes(made)("train-dgrc", 4, 9, "steps", 0.5)
            second = get(client, "r/1/now")
        assert first["said"] == standing(first["status"]) and first["said"].startswith(f"process {os.getpid()} on ")
        assert second["status"]["underway"]["done"] == 4 and first["version"] == second["version"]
        assert get(client, "r/1/now")["said"].startswith("nobody works on it")
        versions = [first["version"]]
        changes = (
            evaluated, lambda run: run.mark_done("train-dgrc", "f", {}), lambda run: run.config_file.unlink(),
            lambda run: write_json(run.warnings(), ["few chains passed"]),
        )  # fmt: skip
        for change in changes:
            change(made)
            versions.append(get(client, "r/1/now")["version"])
        assert len(set(versions)) == 5
        assert get(client, "r/1/overview")["now"]["version"] == versions[-1]


def test_the_last_prompt_is_that_of_the_case_that_was_asked_for(client: TestClient) -> None:
    assert CASES[1].text in get(client, f"r/1/cases/{CASES[1].id}/prompt")[-1]["content"]


@pytest.mark.parametrize(
    "path",
    ["r/1/cases/5", "r/1/cases/x", "r/1/cases/%31e5", "r/2/cases", "r/0/cases", "nobody/1/cases", "r/1/secrets",
     "r/1/atoms/99999999999999999999999", "../etc/passwd", "r/1/cases/5/prompt"],
)  # fmt: skip
def test_what_is_not_there_is_404_with_a_reason(client: TestClient, path: str) -> None:
    assert client.get(f"/{TOKEN}/api/{path}").status_code == 404


@pytest.mark.parametrize(
    "query", ["limit=x", "limit=-1", "limit=99999999999", "after=1", "order=%00", "q=%ff", "status="]
)
def test_odd_queries_are_answered(client: TestClient, query: str) -> None:
    assert len(get(client, f"r/1/cases?{query}")["rows"]) <= 100


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421), ({"host": "evil.example:7474"}, 421), ({"host": ""}, 421),
        ({"host": "127.0.0.1.evil.example"}, 421), ({"host": "127.0.0.1@evil.example"}, 421), ({"host": "[x"}, 421),
        ({"origin": "http://evil.example"}, 403), ({"origin": "null"}, 403), ({"origin": "http://127.0.0.1:9"}, 403),
        ({"origin": "https://127.0.0.1:7474"}, 403), ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403), ({"host": "localhost:9000"}, 200), ({"host": "[::1]:9000"}, 200),
        ({"origin": "http://127.0.0.1:7474"}, 200), ({"sec-fetch-site": "same-origin"}, 200),
    ],
)  # fmt: skip
def test_other_hosts_and_origins_are_refused(client: TestClient, headers: dict[str, str], status: int) -> None:
    reply = client.get(f"/{TOKEN}/api/runs", headers=headers)
    assert reply.status_code == status
    assert status == 200 or "r" not in reply.text.split()


@pytest.mark.parametrize("path", ["/", "/api/runs", "/wrong/api/runs", f"/{TOKEN}x/", "//", f"/x/{TOKEN}/", "/%00/"])
def test_nothing_is_said_without_the_token(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_changed(client: TestClient, method: str) -> None:
    assert client.request(method, f"/{TOKEN}/api/runs").status_code == 405


@pytest.mark.parametrize("path", [f"/{TOKEN}/", f"/{TOKEN}/app.js", f"/{TOKEN}/api/runs", "/", f"/{TOKEN}/api/r/1/x"])
def test_every_answer_forbids_what_is_not_needed(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy and "*" not in policy
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"
    assert "access-control-allow-origin" not in headers


def test_the_pages_ask_nobody_else_and_never_take_text_for_markup(client: TestClient) -> None:
    page = client.get(f"/{TOKEN}/")
    assert page.status_code == 200 and "text/html" in page.headers["content-type"]
    for path in STATIC.iterdir():
        assert client.get(f"/{TOKEN}/{path.name}").status_code == 200
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|//[a-z]+\.|@import|url\(", text), path.name
        assert not re.search(r"(inner|outer)HTML *=|insertAdjacentHTML|document\.write|eval\(|new Function", text), (
            path.name
        )


def test_hostile_text_leaves_as_it_is_and_as_json(client: TestClient) -> None:
    reply = client.get(f"/{TOKEN}/api/r/1/cases/{CASES[3].id}")
    assert reply.headers["content-type"] == "application/json"
    assert reply.json()["question"]["source_id"] == HOSTILE


def test_a_port_in_use_takes_the_next() -> None:
    first = listen(18_474)
    second = listen(18_474)
    try:
        ports = [one.getsockname()[1] for one in (first, second)]
        assert ports[0] != ports[1] and {one.getsockname()[0] for one in (first, second)} == {"127.0.0.1"}
    finally:
        first.close()
        second.close()
    assert first.family == socket.AF_INET


def test_runs_of_one_name_are_told_apart(tmp_path: Path) -> None:
    runs = [RunDir(tmp_path / "a" / "same"), RunDir(tmp_path / "b" / "same")]
    assert list(Runs(runs).runs) == ["same", "same~2"]


@pytest.mark.parametrize("given", ["nowhere", "", "../x", "\x1b[31m"])
def test_a_run_that_is_not_there_is_said_and_no_server_starts(tmp_path: Path, given: str) -> None:
    said = CliRunner().invoke(main, ["view", str(tmp_path / given), "--no-browser"])
    assert said.exit_code == 2 and "is not a run" in " ".join(said.output.split()) and "\x1b" not in said.output
