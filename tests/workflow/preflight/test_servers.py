"""Servers of APIs are asked once before anything starts: away, slow, of another key or without the model."""

import asyncio
import threading
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest

from dgrc.config import Config
from dgrc.workflow import preflight
from dgrc.workflow.preflight import servers
from dgrc.workflow.preflight.findings import Finding
from dgrc.workflow.preflight.servers import keys_are_set, servers_answer
from tests.loopback import serving
from tests.workflow.preflight.builders import config

PART = ("curate",)
KEY = "TIGER_KEY"


def behind(url: str, model: str = "m", **api: Any) -> Config:
    return config(teacher={"engine": "openai_api", "model": model, "api": {"base_url": url, "key_env": KEY, **api}})


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving("tests.workflow.preflight.models_server") as url:
        yield url


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, "sk-tiger")


@pytest.mark.parametrize("state", ["is not set", "is empty"])
def test_a_key_that_is_not_set_is_named_and_its_server_not_asked(
    server: str, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    monkeypatch.delenv(KEY) if state == "is not set" else monkeypatch.setenv(KEY, "")
    (one,) = keys_are_set(behind(server), PART)
    assert one.stops and one.setting == "teacher.api.key_env" and f"{KEY} {state}" in one.words
    assert list(servers_answer(behind(f"{server}/refusing"), PART)) == []
    assert list(keys_are_set(behind(server), ("train",))) == []


def test_a_server_that_has_the_model_is_well(server: str) -> None:
    assert list(keys_are_set(behind(server), PART)) == list(servers_answer(behind(server), PART)) == []
    assert list(servers_answer(behind(f"{server}/unlisted"), PART)) == [], "some have no list of models"


@pytest.mark.parametrize(
    ("path", "model", "words", "stops"),
    [
        ("", "other", "has no model 'other'; it has 'm'", True),
        ("/refusing", "m", "the key is not accepted", True),
        ("/html", "m", "an answer that is no whole JSON object", True),
        ("/loading", "m", "HTTP 503", False),
        ("/slow", "m", "no answer yet: it took the connection, and has not answered within 0.5 s", True),
    ],
)
def test_what_a_server_says_is_told(
    server: str, monkeypatch: pytest.MonkeyPatch, path: str, model: str, words: str, stops: bool
) -> None:
    monkeypatch.setattr(servers, "ANSWER_S", 0.5 if path == "/slow" else 30.0)
    (one,) = servers_answer(behind(server + path, model), PART)
    assert one.setting == "teacher.api" and words in one.words and one.stops is stops
    assert "sk-tiger" not in one.words


def test_a_server_that_is_away_is_told_also_where_a_loop_runs(tmp_path: Path) -> None:
    async def cell() -> list[Any]:
        return list(servers_answer(behind("http://127.0.0.1:1/v1"), PART))

    for found in (asyncio.run(cell()), list(servers_answer(behind("http://127.0.0.1:1/v1"), PART))):
        (one,) = found
        assert one.stops and "http://127.0.0.1:1/v1 cannot be used: nobody listens at 127.0.0.1:1" in one.words


def test_a_part_that_asks_nobody_asks_no_server() -> None:
    assert list(servers_answer(behind("http://127.0.0.1:1/v1"), ("train",))) == []


@pytest.mark.parametrize(("works", "told"), [(True, "is away"), (False, "did not answer in time")])
def test_whoever_asks_is_waited_for_while_it_works_itself(
    monkeypatch: pytest.MonkeyPatch, works: bool, told: str
) -> None:
    """Imports take longer than any server on a busy machine; a server that is away must not pass for that."""
    asked = threading.Event()

    def look(config: Config, parts: Collection[str]) -> Iterator[Finding]:
        until = time.thread_time() + 1.5
        while works and time.thread_time() < until:
            sum(range(1000))
        if not works:
            asked.wait(60)
        yield Finding("teacher.api", "is away")

    monkeypatch.setattr(preflight, "NETWORK_S", 1.0)
    monkeypatch.setattr(preflight, "TURN_NS", 0)  # whatever else the machine does: any turn counts
    monkeypatch.setattr(preflight._Network, "LOOKS", (("the servers", look, 1.0),))
    with preflight._Network(config(), ()) as network:
        (one,) = network.found()
    asked.set()
    assert isinstance(one, Finding) and told in one.words


@pytest.mark.parametrize(("else_wrong", "waited"), [(False, True), (True, False)])
def test_a_slow_server_is_waited_for_and_that_is_said_unless_something_else_stops_the_run(
    monkeypatch: pytest.MonkeyPatch, else_wrong: bool, waited: bool
) -> None:
    answer, said = threading.Event(), list[str]()

    def slow(config: Config, parts: Collection[str]) -> Iterator[Finding]:
        answer.wait(60)
        yield Finding("teacher.api", "has no such model")

    def say(line: str) -> None:
        said.append(line)
        answer.set()

    monkeypatch.setattr(preflight, "NETWORK_S", 0.2)
    monkeypatch.setattr(preflight, "TURN_NS", 10**12)  # nothing that it does counts as work
    monkeypatch.setattr(preflight._Network, "LOOKS", (("the servers", slow, 30.0),))
    with preflight._Network(config(), ()) as network:
        (one,) = network.found(say, patient=not else_wrong)
    answer.set()
    assert isinstance(one, Finding)
    if waited:
        assert said == ["No answer yet from the servers; it is waited for, 30 s at most."]
        assert one.words == "has no such model"
    else:
        assert not said and not one.stops and "did not answer in time and were not looked at" in one.words


def test_what_is_known_is_said_while_somebody_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    said, lines = threading.Event(), list[str]()

    def slow(config: Config, parts: Collection[str]) -> Iterator[str]:
        yield "asked after it was said" if said.wait(30) else "asked in vain"

    def say(line: str) -> None:
        lines.append(line)
        if "questions.files" in line:
            said.set()

    monkeypatch.setattr(preflight, "MOMENT_S", 0.2)
    monkeypatch.setattr(preflight._Network, "LOOKS", (("the servers", slow, 30.0),))
    found = preflight.look(config(questions={"files": ["gone.jsonl"]}), PART, say)
    assert "asked after it was said" in found.notes, (lines, found)
    assert lines[0] == "This keeps it from starting:"
