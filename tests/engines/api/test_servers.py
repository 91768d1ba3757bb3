"""Servers as they are: what they leave out, what they refuse, and prompts that they always fail on."""

import json
import random
from typing import Any

import pytest

from dgrc.engines.api.body import HARMLESS
from dgrc.engines.api.chat import PROMPT_TRIES
from dgrc.engines.api.suspicion import REFUSALS_IN_A_ROW
from dgrc.engines.base import Completion, request_seed
from tests.engines.api.servers import Body, reply, request, tell

MODES: list[dict[str, Any]] = [{}, {"mode": "batches", "batch_wait_s": 0.05, "batch_poll_s": 0.02}]
SCHEMA = json.dumps({"type": "object", "properties": {"a": {"type": "string"}}})


def text_of(body: Body) -> str:
    return str(body["messages"][-1]["content"])


def refusal(message: str, status: int = 400, **more: Any) -> tuple[int, Any]:
    return status, {"error": {"message": message, **more}}


@pytest.mark.parametrize("mode", MODES, ids=["requests", "batches"])
def test_a_reply_in_parts_is_asked_for_and_paid_once(mode: dict[str, Any]) -> None:
    parts = [{"type": "thinking", "thinking": "Rule 3."}, {"type": "text", "text": "<answer>B</answer>"}]
    told = tell(lambda body: reply({"content": parts}), request(), **mode)
    (sample,) = told.one.samples
    assert (sample.text, sample.thoughts, sample.finish_reason) == ("<answer>B</answer>", "Rule 3.", "stop")
    assert len(told.bodies) == told.spent["requests"] == 1 and told.spent["completion_tokens"] == 10


def test_thoughts_that_were_cut_off_are_a_sample_that_did_not_stop() -> None:
    told = tell(lambda body: reply({"content": None, "reasoning": "Rule 3 asks"}, finish="length"), request())
    (sample,) = told.one.samples
    assert (sample.text, sample.thoughts, sample.finish_reason, sample.tokens) == ("", "Rule 3 asks", "length", 10)


def test_what_a_filter_cut_is_a_sample_that_did_not_stop() -> None:
    told = tell(lambda body: reply("<answer>B</answer> and", finish="content_filter"), request())
    assert [(s.text, s.finish_reason) for s in told.one.samples] == [("<answer>B</answer> and", "content_filter")]


@pytest.mark.parametrize("mode", MODES, ids=["requests", "batches"])
@pytest.mark.parametrize("content", [{"refusal": "I cannot."}, {"content": [{"type": "audio", "data": "x"}]}])
def test_a_paid_answer_that_is_no_reply_is_an_error_of_its_row_and_never_bought_again(
    mode: dict[str, Any], content: Any
) -> None:
    told = tell(
        lambda body: reply(content if text_of(body) == "bad" else "fine"), request("bad"), request("good"), **mode
    )
    bad, good = told.said
    assert isinstance(bad, Completion) and isinstance(good, Completion)
    assert (bad.error or "").startswith(("refused: the model refused: I cannot.", "unreadable: ")) and not bad.samples
    assert bad.prompt_tokens == 20 and [s.text for s in good.samples] == ["fine"]
    assert [text_of(body) for body in told.bodies].count("bad") == 1
    assert told.spent["requests"] == len(told.bodies), "every answer was paid for"


def test_a_server_that_nobody_can_read_stops_the_pass_before_more_is_paid() -> None:
    told = tell(lambda body: reply({"content": [{"type": "audio"}]}), *(request(f"q{i}") for i in range(3)))
    assert all(isinstance(said, str) and "'audio'" in said for said in told.said)
    assert told.spent["requests"] == len(told.bodies)


@pytest.mark.parametrize("mode", MODES, ids=["requests", "batches"])
@pytest.mark.parametrize("omit", [(), ("n",)])
@pytest.mark.parametrize("at_once", [1, 2])
@pytest.mark.parametrize("by_sampling", [False, True])
def test_each_sample_has_a_seed_of_its_own_where_n_is_ignored(
    mode: dict[str, Any], omit: tuple[str, ...], at_once: int, by_sampling: bool
) -> None:
    def seeded(body: Body) -> tuple[int, Any]:
        dice = random.Random(body["seed"])
        return reply(*(f"{dice.random():.9f}" for _ in range(min(at_once, body.get("n", 1)))))

    asked = request(n=5, seed=3) if by_sampling else request(n=5)
    told = tell(seeded, asked, settings={} if by_sampling else {"request_seeds": True}, omit=omit, **mode)
    seeds = [body["seed"] for body in told.bodies]
    assert len({s.text for s in told.one.samples}) == len(told.one.samples) == 5
    assert len(set(seeds)) == len(seeds) == (5 if omit or at_once == 1 else 3)
    assert all(("n" in body) == (not omit) for body in told.bodies)
    assert told.one.prompt_tokens == 20 * len(seeds)


def test_a_server_that_takes_n_is_asked_once_with_the_seed_that_it_always_had() -> None:
    told = tell(lambda body: reply("a", "b", "c"), request(n=3), settings={"request_seeds": True})
    (body,) = told.bodies
    assert body["seed"] == request_seed(0, request(n=3)) and len(told.one.samples) == 3


REFUSALS = [
    ("max_tokens", {}, refusal("Unsupported parameter: 'max_tokens' is not supported with this model. Use "
     "'max_completion_tokens' instead.", param="max_tokens"), "`api.max_tokens_name: max_completion_tokens`"),
    ("temperature", {}, refusal("Unsupported value: 'temperature' does not support 0.8.", param="temperature"),
     "`api.omit: [temperature]`"),
    ("top_k", {}, refusal("Unrecognized request argument supplied: top_k"), "`api.omit: [top_k]`"),
    ("top_k", {}, (422, {"detail": [{"loc": ["body", "top_k"], "msg": "Extra inputs are not permitted"}]}),
     "`api.omit: [top_k]`"),
    ("top_p", {}, refusal("top_p may not be set"), "`api.omit: [top_p]`"),
    ("n", {}, refusal("'n' must be 1 for this model"), "`api.omit: [n]`"),
    ("n", {}, (422, {"message": "number of completions: n must be 1"}), "`api.omit: [n]`"),
    ("seed", {}, refusal("property 'seed' is unsupported"), "`api.omit: [seed]`"),
    ("response_format", {}, refusal("This response_format type is unavailable now"), "`api.structured_output: json_o"),
    ("response_format", {}, refusal("json_schema is not supported", 404), "`api.structured_output: json_o"),
    ("reasoning_effort", {"reasoning_effort": "high"}, refusal("no", param="reasoning_effort"),
     "`api.reasoning_effort: null`"),
    ("chat_template_kwargs", {}, refusal("extra fields not permitted: chat_template_kwargs"), "`thinking: auto`"),
    ("top_k", {}, refusal("Bad request."), "`api.omit` leaves parameters out"),
]  # fmt: skip
"""A parameter, settings that make it be sent, how a server refuses it, and the setting that is told."""


@pytest.mark.parametrize("mode", MODES, ids=["requests", "batches"])
@pytest.mark.parametrize(("name", "api", "answer", "told_of"), REFUSALS)
def test_a_parameter_that_is_refused_of_all_stops_at_once_in_the_servers_words(
    mode: dict[str, Any], name: str, api: dict[str, Any], answer: tuple[int, Any], told_of: str
) -> None:
    asked = [request(f"q{i}", n=2, top_k=20, schema=SCHEMA, think=i > 0) for i in range(20)]
    settings = {"request_seeds": True, "thinking": "on"}
    told = tell(lambda body: answer if name in body else reply("a", "b"), *asked, settings=settings, **api, **mode)
    words = next(iter(answer[1].values()))
    words = words["message"] if isinstance(words, dict) else words if isinstance(words, str) else "Extra inputs are not"
    assert all(isinstance(said, str) and words in said and told_of in said for said in told.said), told.said[0]
    assert sum(text_of(body) == HARMLESS["user"] for body in told.bodies) <= 2, "one asks for all of a form"


@pytest.mark.parametrize(
    ("name", "settings"),
    [("max_tokens", {"max_tokens_name": "max_completion_tokens"}), ("response_format", {"structured_output": "none"})]
    + [(name, {"omit": (name,)}) for name in ("n", "seed", "temperature", "top_k", "top_p")],
)
def test_the_setting_that_is_told_mends_it(name: str, settings: dict[str, Any]) -> None:
    def strict(body: Body) -> tuple[int, Any]:
        return refusal(f"'{name}' is not supported") if name in body else reply(*"ab"[: body.get("n", 1)])

    told = tell(
        strict, request(n=2, top_k=20, schema=SCHEMA), settings={"request_seeds": True}, **settings
    )
    assert len(told.one.samples) == 2 and told.one.error is None


@pytest.mark.parametrize("mode", MODES, ids=["requests", "batches"])
@pytest.mark.parametrize(
    "words", ["max_tokens is what this prompt asks about", "Invalid prompt: flagged", "maximum context length is 10"]
)
@pytest.mark.parametrize("alone", [True, False])
def test_a_prompt_that_is_refused_is_an_error_of_its_row_whatever_the_words(
    mode: dict[str, Any], words: str, alone: bool
) -> None:
    asked = [request("bad"), *([] if alone else [request("good")])]
    told = tell(lambda body: refusal(words) if text_of(body) == "bad" else reply("a"), *asked, **mode)
    bad, *rest = told.said
    assert isinstance(bad, Completion) and words in (bad.error or "")
    assert all(isinstance(good, Completion) and good.samples for good in rest)


def test_a_reply_without_room_after_its_thoughts_is_an_error_of_its_row_though_it_names_a_parameter() -> None:
    words = "Could not finish the message because max_tokens or model output limit was reached."
    told = tell(lambda body: refusal(words), *(request(f"q{i}") for i in range(3)))
    assert [said.error for said in told.said if isinstance(said, Completion)] == [f"cut_off: HTTP 400: {words}"] * 3
    assert len(told.bodies) == 3, "nothing is asked because of it"


def test_a_schema_that_is_refused_of_one_row_alone_stops_nobody() -> None:
    def answer(body: Body) -> tuple[int, Any]:
        most = body["response_format"]["json_schema"]["schema"]["maxItems"]
        return refusal("the grammar is too large") if most > 50 else reply("[]")

    schemas = [json.dumps({"type": "array", "items": {"type": "string"}, "maxItems": most}) for most in (3, 60)]
    told = tell(answer, *(request(schema=schema) for schema in schemas))
    small, large = told.said
    assert isinstance(small, Completion) and small.samples
    assert isinstance(large, Completion) and large.error == "refused: HTTP 400: the grammar is too large"


def test_forms_are_told_apart_and_what_was_taken_once_is_not_asked_about_again() -> None:
    def answer(body: Body) -> tuple[int, Any]:
        return refusal("no") if text_of(body).startswith("bad") else reply("a")

    told = tell(answer, request("good"), *(request(f"bad {i}") for i in range(5)))
    assert sum(text_of(body) == HARMLESS["user"] for body in told.bodies) <= 1
    assert [isinstance(said, Completion) for said in told.said] == [True] * 6


BLAMED = [
    refusal("This model's maximum context length is 10 tokens"),
    refusal("The response was filtered", code="content_filter"),
    (200, {"error": {"code": 403, "message": "Input was flagged"}}),
]


@pytest.mark.parametrize("answer", BLAMED)
def test_a_server_that_blames_the_prompt_is_believed_until_it_blames_all(answer: tuple[int, Any]) -> None:
    told = tell(lambda body: answer, *(request(f"q{i}") for i in range(5)))
    assert all(isinstance(said, Completion) and said.error for said in told.said) and len(told.bodies) == 5
    told = tell(lambda body: answer, *(request(f"q{i}") for i in range(40)))
    assert isinstance(told.said[-1], str) and "refuses all requests" in told.said[-1]


def test_a_limit_that_the_parameters_break_is_not_blamed_on_the_prompt() -> None:
    words = "'max_tokens' is too large: 64. This model's maximum context length is 32 tokens and your request has 9"
    told = tell(lambda body: refusal(words), request())
    assert isinstance(told.said[0], str) and "a smaller `max_tokens`" in told.said[0]


def test_a_server_that_begins_to_refuse_everything_stops_the_pass() -> None:
    answered: list[str] = []

    def answer(body: Body) -> tuple[int, Any]:
        answered.append(text_of(body))
        return reply("a") if len(answered) == 1 else refusal("this model has been retired")

    told = tell(answer, *(request(f"q{i}") for i in range(2 * REFUSALS_IN_A_ROW)), max_concurrency=1)
    assert isinstance(told.said[-1], str) and "has been retired" in told.said[-1]
    assert sum(isinstance(said, Completion) and said.error is not None for said in told.said) < REFUSALS_IN_A_ROW


def test_a_key_that_may_not_do_this_stops_the_pass_and_a_flagged_prompt_does_not() -> None:
    told = tell(lambda body: refusal("not your model", 403), request())
    assert isinstance(told.said[0], str) and "HTTP 403: not your model" in told.said[0] and "key" in told.said[0]
    told = tell(lambda body: refusal("flagged", 403) if text_of(body) == "bad" else reply("a"), request("bad"))
    assert told.one.error == "refused: HTTP 403: flagged"


FAILURES: list[tuple[int, Any]] = [
    (500, {"error": {"message": "cannot compile"}}),
    (502, {"error": {"message": "cannot compile"}}),
    (200, {"error": {"message": "cannot compile"}}),
    (200, {"error": {"code": 500, "message": "cannot compile"}}),
    (200, {"object": "error", "message": "cannot compile"}),
    (200, {"choices": [{"error": {"code": 502, "message": "cannot compile"}, "finish_reason": "error"}]}),
]


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("alone", [True, False])
def test_a_prompt_that_a_server_always_fails_on_is_an_error_of_its_row(
    failure: tuple[int, Any], alone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [request("bad"), *([] if alone else [request("good")])]
    answer = lambda body: failure if text_of(body) == "bad" else reply("a")  # noqa: E731
    told = tell(answer, *asked, deadline_s=1800, leaping=monkeypatch)
    bad, *rest = told.said
    assert isinstance(bad, Completion) and (bad.error or "").startswith("server_failed: ")
    assert "cannot compile" in (bad.error or "")
    assert all(isinstance(good, Completion) and good.samples for good in rest)
    tries = sum(text_of(body) == "bad" for body in told.bodies)
    assert PROMPT_TRIES <= tries <= PROMPT_TRIES + 6, "bounded, whatever the deadline"


@pytest.mark.parametrize("mode", MODES, ids=["requests", "batches"])
def test_so_is_one_whose_deadline_comes_first(mode: dict[str, Any]) -> None:
    answer = lambda body: FAILURES[0] if text_of(body) == "bad" else reply("a")  # noqa: E731
    told = tell(answer, request("bad"), request("good"), deadline_s=1.5, **mode)
    assert isinstance(told.said[0], Completion) and (told.said[0].error or "").startswith("server_failed: ")


def test_a_form_that_a_server_always_fails_on_stops_the_pass_though_others_are_answered() -> None:
    """No row is to blame where the server cannot do with any schema."""
    answer = lambda body: FAILURES[0] if "response_format" in body else reply("a")  # noqa: E731
    told = tell(answer, request("formed", schema=SCHEMA), request("plain"), deadline_s=1.5)
    assert isinstance(told.said[0], str) and "`api.deadline_s` 1.5 s" in told.said[0]
    assert isinstance(told.said[1], Completion) and told.said[1].samples


def test_a_rate_limit_inside_an_answer_passes_and_is_never_the_prompts_fault() -> None:
    seen: list[str] = []

    def answer(body: Body) -> tuple[int, Any]:
        seen.append(text_of(body))
        return (200, {"error": {"code": 429, "message": "slow"}}) if seen.count("late") in (1, 2) else reply("a")

    told = tell(answer, request("late"))
    assert told.one.samples and seen == ["late"] * 3 and told.spent["requests"] == 1


def test_who_is_told_to_come_later_is_never_taken_for_a_bad_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = lambda body: refusal("slow", 429) if text_of(body) == "late" else reply("a")  # noqa: E731
    told = tell(answer, request("late"), request("good"), deadline_s=600, leaping=monkeypatch)
    assert isinstance(told.said[0], str) and "`api.deadline_s` 600 s" in told.said[0]
    assert len(told.bodies) > PROMPT_TRIES + 6 and HARMLESS["user"] not in map(text_of, told.bodies)


def test_a_choice_that_ended_in_an_error_is_asked_for_again() -> None:
    error = {"message": {"content": "half"}, "finish_reason": "error", "error": {"code": 502, "message": "away"}}

    def answer(body: Body) -> tuple[int, Any]:
        status, said = reply(*(f"whole {body['n']}" for _ in range(body["n"])))
        said["choices"][1:2] = [error] if body["n"] == 3 else said["choices"][1:2]
        return status, said

    told = tell(answer, request(n=3))
    assert [s.text for s in told.one.samples] == ["whole 3", "whole 3", "whole 1"]
    assert told.spent["requests"] == 2
