"""What servers put into a message: text, thoughts under many names, refusals, and parts that nobody can read."""

import json
from typing import Any

import pytest

from dgrc.engines.api.content import complaint, content_of, samples_of
from dgrc.engines.api.replies import judge

THOUGHTS, TEXT = "Rule 3 asks for notice.", "<answer>B</answer>"
BOTH = (TEXT, THOUGHTS)


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        ({"content": TEXT}, (TEXT, "")),
        ({"content": None}, ("", "")),
        ({}, ("", "")),
        ({"content": []}, ("", "")),
        ({"content": ["<answer>", "B</answer>"]}, (TEXT, "")),
        ({"content": {"type": "text", "text": TEXT}}, (TEXT, "")),
        ({"content": [{"type": "text", "text": "<answer>"}, {"type": "text", "text": "B</answer>"}]}, (TEXT, "")),
        ({"content": [{"type": "output_text", "text": TEXT, "annotations": []}]}, (TEXT, "")),
        ({"content": [{"text": TEXT}]}, (TEXT, "")),
        ({"content": [
            {"type": "thinking", "thinking": [
                {"type": "text", "text": "Rule 3 "}, {"type": "text", "text": "asks for notice."},
            ]},
            {"type": "text", "text": TEXT},
        ]}, BOTH),
        ({"content": [
            {"type": "thinking", "thinking": THOUGHTS, "signature": "x"}, {"type": "text", "text": TEXT},
        ]}, BOTH),
        ({"content": [{"type": "reasoning", "text": THOUGHTS}, {"type": "text", "text": TEXT}]}, BOTH),
        ({"content": [
            {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": THOUGHTS}]},
            {"type": "output_text", "text": TEXT},
        ]}, BOTH),
        ({"content": [{"type": "redacted_thinking", "data": "0Wx"}, {"type": "text", "text": TEXT}]}, (TEXT, "")),
        ({"content": [
            {"type": "thinking", "thinking": "One."}, {"type": "text", "text": "a"},
            {"type": "thinking", "thinking": "Two."}, {"type": "text", "text": "b"},
        ]}, ("ab", "One.\n\nTwo.")),
        ({"content": TEXT, "reasoning_content": THOUGHTS}, BOTH),
        ({"content": TEXT, "reasoning": THOUGHTS}, BOTH),
        ({"content": TEXT, "reasoning": THOUGHTS, "reasoning_content": THOUGHTS}, BOTH),
        ({"content": TEXT, "reasoning_content": "", "reasoning": THOUGHTS}, BOTH),
        ({"content": TEXT, "reasoning_content": None, "reasoning": None}, (TEXT, "")),
        ({"content": TEXT, "reasoning": [{"type": "text", "text": "Rule 3 "}, {"text": "asks for notice."}]}, BOTH),
        ({"content": TEXT, "reasoning": [{"content": THOUGHTS}]}, BOTH),
        ({"content": TEXT, "reasoning": {"text": THOUGHTS}}, BOTH),
        ({"content": TEXT, "reasoning": {"summary": "One."}}, (TEXT, "One.")),
        ({"content": TEXT, "reasoning": [{"summary": "One."}, {"summary": "Two."}]}, (TEXT, "One.\n\nTwo.")),
        ({"content": TEXT, "reasoning_details": [{"type": "reasoning.text", "text": THOUGHTS}]}, BOTH),
        ({"content": TEXT, "reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}]}, (TEXT, "")),
        ({"content": TEXT, "thinking_blocks": [{"type": "thinking", "thinking": THOUGHTS}]}, BOTH),
        ({"content": TEXT, "thinking": THOUGHTS}, BOTH),
        ({"content": TEXT, "reasoning_text": THOUGHTS}, BOTH),
        ({"content": TEXT, "thinking_content": THOUGHTS}, BOTH),
        ({"content": TEXT, "thoughts": THOUGHTS}, BOTH),
        ({"content": TEXT, "thought": [{"text": THOUGHTS}]}, BOTH),
        ({"content": [{"type": "text", "text": None}, {"type": "text", "text": TEXT}]}, (TEXT, "")),
        ({"content": [{"type": "text", "text": {"value": TEXT, "annotations": []}}]}, (TEXT, "")),
        ({"content": [{"type": "text", "text": {"value": ""}}, {"type": "text", "text": TEXT}]}, (TEXT, "")),
        ({"content": [{"type": "text", "text": TEXT}, {"type": "reference", "reference_ids": [1]}]}, (TEXT, "")),
    ],
)  # fmt: skip
def test_text_and_thoughts_are_told_apart(message: dict[str, Any], wanted: tuple[str, str]) -> None:
    found = content_of(message)
    assert (found.text, found.thoughts, found.refusal, found.unknown) == (*wanted, "", "")


@pytest.mark.parametrize(
    ("message", "refusal", "unknown"),
    [
        ({"content": None, "refusal": "I cannot help."}, "I cannot help.", ""),
        ({"content": [{"type": "refusal", "refusal": "I cannot help."}]}, "I cannot help.", ""),
        ({"content": TEXT, "refusal": None}, "", ""),
        ({"content": TEXT, "refusal": ""}, "", ""),
        ({"content": [{"type": "text", "text": TEXT}, {"type": "audio", "data": "x"}]}, "", "audio"),
        ({"content": [{"type": "text", "text": 7}]}, "", "text"),
        ({"content": [{"type": "text", "text": {"value": 7}}]}, "", "text"),
        ({"content": [{"type": "text", "text": {}}]}, "", "text"),
        ({"content": [{"type": "text"}]}, "", "text"),
        ({"content": [{}]}, "", "without a kind"),
        ({"content": [7]}, "", "int"),
        ({"content": 7}, "", "int"),
    ],
)
def test_refusals_and_parts_that_nobody_can_read_are_no_text(
    message: dict[str, Any], refusal: str, unknown: str
) -> None:
    found = content_of(message)
    assert (found.refusal, found.unknown) == (refusal, unknown)
    assert (complaint([{"message": message}]) is not None) == bool(refusal or unknown)


def test_thoughts_within_thoughts_end_somewhere() -> None:
    part: Any = "x"
    for _ in range(500):
        part = {"type": "thinking", "thinking": [part]}
    assert content_of({"content": [part, {"type": "text", "text": TEXT}]}).text == TEXT


@pytest.mark.parametrize(
    ("said", "known"),
    [("stop", "stop"), ("STOP", "stop"), ("end_turn", "stop"), ("eos_token", "stop"), ("COMPLETE", "stop"),
     ("done", "stop"), ("end_of_text", "stop"), ("tool_calls", "tool_calls"), ("max_tokens", "length"),
     ("MAX_TOKENS", "length"), ("content_filter", "content_filter"), (None, "abort"), (7, "abort"), ("", "abort")],
)  # fmt: skip
def test_the_reason_of_an_end_is_in_our_words_where_they_are_known(said: Any, known: str) -> None:
    (sample,) = samples_of([{"message": {"content": TEXT}, "finish_reason": said}], 5)
    assert (sample.finish_reason, sample.text, sample.tokens) == (known, TEXT, 5)


def test_the_reason_may_stand_under_another_name_where_there_is_none() -> None:
    ends = [{"stop_reason": "end_turn"}, {"stop_reason": 7}, {"finish_reason": "length", "stop_reason": "end_turn"}]
    samples = samples_of([{"message": {"content": TEXT}, **end} for end in ends], 30)
    assert [sample.finish_reason for sample in samples] == ["stop", "abort", "length"]


def test_of_many_choices_a_refused_one_keeps_its_words_and_has_no_answer() -> None:
    choices = [{"message": {"content": TEXT}, "finish_reason": "stop"}]
    choices += [{"message": {"content": None, "refusal": "no"}, "finish_reason": "stop"}]
    choices += [{"message": {"content": [{"type": "audio"}]}, "finish_reason": "stop"}]
    samples = samples_of(choices, 30)
    assert [s.finish_reason for s in samples] == ["stop", "refusal", "unreadable"]
    assert [s.text for s in samples] == [TEXT, "no", ""] and sum(s.tokens for s in samples) == 30
    assert complaint(choices) is None


def test_thoughts_take_their_share_of_the_tokens() -> None:
    long, short = {"content": "B", "reasoning": "x" * 97}, {"content": "C"}
    first, second = samples_of([{"message": long}, {"message": short}], 101)
    assert (first.tokens, second.tokens) == (99, 2)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": 403, "message": "flagged"}, "refused"),
        ({"code": "content_filter", "message": "flagged"}, "refused"),
        ({"type": "invalid_request_error", "message": "bad"}, "refused"),
        ({"code": 400, "message": "maximum context length is 10"}, "too_long"),
        ({"code": 429, "message": "slow down"}, "limited"),
        ({"code": "rate_limit_exceeded", "message": "slow down"}, "limited"),
        ({"type": "overloaded_error", "message": "slow down"}, "limited"),
        ({"code": 502, "message": "provider is away"}, "passing"),
        ({"message": "something"}, "passing"),
        ("something", "passing"),
        ({"code": 401, "message": "no key"}, "stopping"),
        ({"code": 402, "message": "no money"}, "stopping"),
        ({"code": "insufficient_quota", "message": "no money"}, "stopping"),
    ],
)
@pytest.mark.parametrize("where", ["beside", "choice"])
def test_an_error_inside_an_answer_that_says_it_is_well_is_an_error(error: Any, kind: str, where: str) -> None:
    choices = [{"message": {"content": "half a"}, "finish_reason": "error", "error": error}]
    said = {"error": error} if where == "beside" else {"choices": choices}
    answer = judge(200, {}, json.dumps({**said, "usage": {"prompt_tokens": 7}}))
    assert answer.reply is None
    assert (answer.stopping is not None) == (kind == "stopping")
    assert (answer.refused or "").split(":")[0] == (kind if kind in ("refused", "too_long") else "")
    assert answer.limited == (kind == "limited") and bool(answer.says) == (kind in ("limited", "passing"))
    assert kind == "stopping" or (answer.bill is not None and answer.bill.prompt_tokens == 7), "it may have been paid"
