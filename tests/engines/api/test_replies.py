"""What a server says is judged whatever it is: half JSON, other types, endless waits. Nothing is raised."""

import json
from typing import Any

import pytest

from dgrc.engines.api.batches import _lines
from dgrc.engines.api.ledger import Bill
from dgrc.engines.api.replies import LONGEST_WAIT, judge, read


def body(**changes: Any) -> dict[str, Any]:
    choice = {"message": {"content": "yes"}, "finish_reason": "stop"}
    return {"choices": [choice], "usage": {"prompt_tokens": 3, "completion_tokens": 2}, **changes}


@pytest.mark.parametrize("usage", [[1], "much", {"completion_tokens": "2"}, {"completion_tokens": -2}, None])
def test_a_reply_with_a_usage_that_is_none_is_read_all_the_same(usage: Any) -> None:
    answer = judge(200, {}, json.dumps(body(usage=usage)))
    assert answer.reply is not None and read(answer.reply)[0][0].text == "yes"
    assert answer.bill == Bill(0, 0, 0)


@pytest.mark.parametrize("choices", [None, [], "yes", ["yes"], [{}], [{"message": "yes"}]])
def test_an_answer_without_a_message_is_no_reply_and_asked_for_again_only_if_it_cost_nothing(choices: Any) -> None:
    paid = judge(200, {}, json.dumps(body(choices=choices)))
    assert paid.reply is None and (paid.refused or "").startswith("unreadable: ") and paid.bill == Bill(3, 0, 2)
    free = judge(200, {}, json.dumps({"choices": choices}))
    assert free.reply is None and free.refused is None and free.says.startswith("an answer without choices")


@pytest.mark.parametrize("status", [420, 502, 507, 520, 525, 526, 530, 599])
def test_a_gateway_whose_server_is_away_is_asked_again(status: int) -> None:
    answer = judge(status, {}, "origin is unreachable")
    assert answer.refused is None and answer.says.startswith(f"HTTP {status}")
    assert answer.limited == (status == 420)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (429, "Request too large for m on tokens per min (TPM): Limit 30000, Requested 40000. The input or output "
         "tokens must be reduced in order to run successfully."),
        (413, "<html>Request Entity Too Large"),
        (400, "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."),
        (400, "the request exceeds the available context size, try increasing it"),
        (422, "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000"),
        (400, "too many tokens: total number of tokens in the prompt cannot exceed 4081"),
    ],
)  # fmt: skip
def test_a_prompt_that_is_too_long_is_an_error_of_its_own_whatever_it_is_called(status: int, said: str) -> None:
    answer = judge(status, {}, json.dumps({"error": {"message": said}}))
    assert (answer.refused or "").startswith("too_long: ") and answer.of_prompt and not answer.limited


def test_too_many_tokens_a_minute_are_waited_for() -> None:
    answer = judge(429, {}, json.dumps({"message": "Too many tokens, please wait before trying again."}))
    assert answer.refused is None and answer.limited


def test_an_error_in_a_list_is_read() -> None:
    answer = judge(400, {}, json.dumps([{"error": {"code": 400, "message": "blocked by safety"}}]))
    assert answer.refused == "refused: HTTP 400: blocked by safety" and answer.of_prompt


@pytest.mark.parametrize("text", ["[1]", "7", '"yes"', '{"choices": [{"message"', ""])
def test_half_an_answer_may_be_whole_the_next_time(text: str) -> None:
    assert judge(200, {}, text).says == "an answer that is no whole JSON object"


def test_a_reply_without_usage_or_content_is_read() -> None:
    answer = judge(200, {}, json.dumps({"choices": [{"message": {"content": None}}]}))
    assert answer.reply is not None
    (sample,), bill = read(answer.reply)
    assert (sample.text, sample.finish_reason, bill) == ("", "abort", Bill(0, 0, 0))


def test_half_characters_become_question_marks() -> None:
    answer = judge(200, {}, '{"choices": [{"message": {"content": "a\\ud800b"}}]}')
    assert answer.reply is not None and read(answer.reply)[0][0].text == "a?b"


@pytest.mark.parametrize("status", [200, 400, 429])
def test_thousands_of_brackets_are_no_answer(status: int) -> None:
    for text in ("[" * 100_000, '{"error":' * 900 + "1" + "}" * 900):
        assert judge(status, {}, text).reply is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0), ("-3", 0.0), ("nan", 0.0), ("inf", LONGEST_WAIT), ("1e300", LONGEST_WAIT), ("soon", 0.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0), ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_WAIT),
        ("Thu, 01 Jan 2026 00:00:00 +99999999999999", 0.0), ("", 0.0),
    ],
)  # fmt: skip
def test_no_server_makes_us_wait_for_ever(value: str, seconds: float) -> None:
    assert judge(429, {"Retry-After": value}, "{}").retry_after == seconds


@pytest.mark.parametrize(
    "line",
    ['[1]', '"x"', "[" * 100_000, '{"custom_id": [1], "response": null}', '{"response": {}}', '{"custom_id": "a"',
     '{"custom_id": "\\ud800", "response": null}'],
)  # fmt: skip
def test_a_line_of_a_batch_that_names_nothing_is_passed_over(line: str) -> None:
    good = json.dumps({"custom_id": "b", "response": {"status_code": 200, "body": body()}})
    found = _lines(f"{line}\n{good}\n")
    assert list(found) == ["b"] and found["b"].reply is not None


@pytest.mark.parametrize("response", [None, 7, {}, {"status_code": "x", "body": {}}, {"status_code": 200}, {"body": 1}])
@pytest.mark.parametrize("error", [None, "text", {"code": 3}])
def test_a_line_of_a_batch_without_answer_is_a_passing_failure(response: Any, error: Any) -> None:
    (answer,) = _lines(json.dumps({"custom_id": "a", "response": response, "error": error})).values()
    assert answer.says and (answer.reply, answer.refused, answer.stopping) == (None, None, None)


def test_line_separators_inside_texts_do_not_cut_a_line_of_a_batch() -> None:
    said = "one\u2028two\x85three"
    choice = {"message": {"content": said}, "finish_reason": "stop"}
    line = {"custom_id": "a", "response": {"status_code": 200, "body": {"choices": [choice]}}}
    answer = _lines(json.dumps(line, ensure_ascii=False))["a"]
    assert answer.reply is not None and read(answer.reply)[0][0].text == said
