"""Headers of the user's own: their values come from the environment, reach the server, and are found nowhere else."""

import json
from pathlib import Path

import pytest

from dgrc.config.file import dump_config, make_config
from dgrc.errors import EngineError
from dgrc.workflow.preflight.servers import keys_are_set
from tests.engines.api.servers import reply, request, tell

SECRET = "org-tiger-0123456789abcdef"
HEADERS = {"X-Org": "$MY_ORG", "api-key": "${MY_ORG}"}


@pytest.mark.parametrize("mode", ["requests", "batches"])
def test_values_from_the_environment_reach_the_server(monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    monkeypatch.setenv("MY_ORG", SECRET)
    batches = {"mode": mode, "batch_wait_s": 0.0, "batch_poll_s": 0.05}
    told = tell(lambda _: reply("yes"), request(), extra_headers=HEADERS, **batches)
    assert told.one.error is None
    assert told.headers[0]["X-Org"] == told.headers[0]["api-key"] == SECRET
    assert SECRET not in json.dumps(told.bodies)


@pytest.mark.parametrize("status", [200, 400])
def test_a_server_that_quotes_a_value_is_not_quoted(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    monkeypatch.setenv("MY_ORG", SECRET)
    answer = reply(f"you are {SECRET}") if status == 200 else (400, {"error": {"message": f"who is {SECRET}?"}})
    (said,) = tell(lambda _: answer, request(), extra_headers={"X-Org": "$MY_ORG"}).said
    assert SECRET not in repr(said) and "[the value of X-Org]" in repr(said)


@pytest.mark.parametrize(("value", "words"), [(None, "is not set"), ("", "is not set"), ("a\nb: c", "a line break")])
def test_a_value_that_is_not_there_or_no_header_is_refused(
    monkeypatch: pytest.MonkeyPatch, value: str | None, words: str
) -> None:
    monkeypatch.delenv("MY_ORG", raising=False)
    if value is not None:
        monkeypatch.setenv("MY_ORG", value)
    with pytest.raises(EngineError, match=rf"'MY_ORG' with the header X-Org.*{words}.*Set it before"):
        tell(lambda _: reply("yes"), request(), extra_headers={"X-Org": "$MY_ORG"})


def test_a_variable_that_is_not_set_is_told_before_a_run_and_its_value_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = tmp_path / "q.jsonl"
    questions.write_text('{"question": "a ?"}\n')
    api = {"base_url": "http://127.0.0.1:1/v1", "key_env": "", "extra_headers": {"X-Org": "$MY_ORG"}}
    engine = {"engine": "openai_api", "model": "m", "api": api}
    config = make_config({"teacher": engine, "student": engine, "questions": {"files": [str(questions)]}})
    monkeypatch.delenv("MY_ORG", raising=False)
    assert [found.line for found in keys_are_set(config, ("curate",))] == [
        f"{role}.api.extra_headers.X-Org: the environment variable MY_ORG is not set here. Set it before you start; "
        "files hold no keys."
        for role in ("teacher", "student")
    ]
    monkeypatch.setenv("MY_ORG", SECRET)
    assert list(keys_are_set(config, ("curate",))) == []
    assert SECRET not in dump_config(config) and "$MY_ORG" in dump_config(config)
