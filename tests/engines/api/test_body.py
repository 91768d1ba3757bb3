"""What a request is in the form of chat completions, and how a parameter is found in a server's words."""

import json
from typing import Any

import pytest

from dgrc.config import ApiConfig, EngineConfig
from dgrc.engines.api.body import Body, body_of, form_of, help_for, parameters_named
from dgrc.engines.base import Request, request_seed
from tests.engines.api.servers import request

SCHEMA = json.dumps({"type": "object", "properties": {"a": {"type": "string"}}})


def sent(request_: Request, settings: Any = None, **api: Any) -> Body:
    section = ApiConfig(base_url="http://127.0.0.1:1/v1", **api)
    return body_of(EngineConfig(engine="openai_api", model="m", api=section, **(settings or {})), request_, request_.n)


@pytest.mark.parametrize(
    ("settings", "think", "wanted"),
    [
        ({}, True, None),
        ({}, False, None),
        ({"thinking": "on"}, True, {"enable_thinking": True}),
        ({"thinking": "off"}, True, {"enable_thinking": False}),
        ({"thinking": "on"}, False, {"enable_thinking": False}),
        ({"chat_template_kwargs": {"budget": 5}}, True, {"budget": 5}),
        ({"chat_template_kwargs": {"budget": 5}}, False, {"budget": 5, "enable_thinking": False}),
        ({"thinking": "on", "chat_template_kwargs": {"budget": 5}}, True, {"budget": 5, "enable_thinking": True}),
    ],
)
def test_a_server_is_told_whether_to_think(settings: dict[str, Any], think: bool, wanted: Any) -> None:
    body = sent(request(think=think), settings, reasoning_effort="low")
    assert body.get("chat_template_kwargs") == wanted and body["reasoning_effort"] == "low"
    assert "reasoning_effort" not in sent(request())


@pytest.mark.parametrize(
    ("structured", "wanted"), [("json_object", {"type": "json_object"}), ("none", None)]
)
def test_replies_may_be_held_to_less_than_a_schema(structured: str, wanted: Any) -> None:
    assert sent(request(schema=SCHEMA), structured_output=structured).get("response_format") == wanted


def test_sampling_that_bends_is_sent_where_it_does_alone_and_may_be_left_out() -> None:
    bent: dict[str, Any] = {
        "min_p": 0.1, "repetition_penalty": 1.2, "presence_penalty": 0.5, "stop": ("end",), "logit_bias": ((5, -1.0),),
    }  # fmt: skip
    wanted = bent | {"stop": ["end"], "logit_bias": {"5": -1.0}}
    assert {name: value for name, value in sent(request(**bent)).items() if name in bent} == wanted
    assert not bent.keys() & sent(request()).keys()
    assert not bent.keys() & sent(request(**bent), omit=tuple(bent)).keys()


def test_a_seed_is_sent_by_the_engines_word_or_by_the_samplings() -> None:
    assert "seed" not in sent(request())
    seeds = {sent(request(seed=7), settings)["seed"] for settings in ({}, {"request_seeds": True})}
    assert seeds == {request_seed(0, request(seed=7))} != {request_seed(0, request(seed=8))}
    assert sent(request(seed=7), omit=("seed",)).keys() == sent(request()).keys()
    assert form_of(sent(request(seed=7))) == form_of(sent(request("other", seed=8))) != form_of(sent(request()))


def test_further_fields_are_added_as_they_are_and_known_in_a_refusal() -> None:
    body = sent(request(), extra_body={"provider": {"sort": "price"}, "top_a": 0.5})
    assert body["provider"] == {"sort": "price"} and body["top_a"] == 0.5
    assert form_of(body) != form_of(sent(request()))
    said = "Unknown parameter: 'provider'"
    assert parameters_named(body, said, "") == ["provider"]
    assert "What helps: no `provider` in `api.extra_body`." in help_for(body, said, "")
    assert parameters_named(body, "a provider of care may top_a doctor", "") == [], "these are words of a prompt"


@pytest.mark.parametrize(
    ("said", "about", "named"),
    [
        ("unknown field `seed`", "", ["seed"]),
        ("the seed of this doubt is the model in n dimensions at high temperature", "", []),
        ("", "response_format.json_schema.name", ["response_format"]),
        ("", "body.top_p", ["top_p"]),
        ("", "messages[0].content", []),
        ("max_tokens_per_day and top_kappa", "", []),
    ],
)
def test_parameters_are_known_by_their_names(said: str, about: str, named: list[str]) -> None:
    body = sent(request(top_k=5, schema=SCHEMA), {"request_seeds": True})
    assert parameters_named(body, said, about) == named


def held(**verdict: Any) -> int:
    """The form of a request for so many verdicts."""
    schema = {"type": "object", "properties": {"facts": {"type": "array", "items": {"type": "object"}, **verdict}}}
    return form_of(sent(request(schema=json.dumps(schema))))


def test_a_form_is_all_but_what_is_said() -> None:
    assert form_of(sent(request("a"))) == form_of(sent(request("b")))
    assert form_of(sent(request("a", n=2))) == form_of(sent(request("b", n=7)))
    others = [request("a", n=2), request("a", max_tokens=5), request("a", schema=SCHEMA), request("a", temperature=0)]
    assert len({form_of(sent(each)) for each in (request("a"), *others)}) == 5


def test_schemas_of_one_step_that_differ_by_the_row_are_one_form_and_those_of_two_steps_are_not() -> None:
    assert held(minItems=2, maxItems=2) == held(minItems=9, maxItems=9) != held(minItems=2)
    first, second = ({"items": {"enum": words}} for words in (["a", "b"], ["a", "b", "c"]))
    assert held(**first) == held(**second) != held(items={"type": "string"})
    texts = [{"type": "object", "properties": {name: {"type": "string"} for name in names}} for names in ("a", "bcd")]
    assert len({form_of(sent(request(schema=json.dumps(text)))) for text in texts}) == 1
