"""Answering atoms: the question alone goes out; answer and rationale come back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.method import answer
from dgrc.method.prompts import load_pack
from tests.method.builders import HOSTILE

GENERAL, PROVING = load_pack("general"), load_pack("proving")
LINES = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Z"], exclude_characters="<"), min_size=1)


@pytest.mark.parametrize("name", ["general", "legal", "medical", "proving"])
def test_the_question_comes_last_and_unchanged(name: str) -> None:
    messages = answer.build_messages(load_pack(name), "What is a tort?")
    assert messages[-1]["role"] == "user"
    assert messages[-1]["content"].endswith("What is a tort?")


def test_replies_in_both_forms() -> None:
    reply = json.dumps({"reasoning": " By law\nit is. ", "answer": " the\nCrown "})
    assert answer.parse_reply(GENERAL, reply) == ("the Crown", "By law\nit is.")
    tagged = "<think> grace in corvin is 0 . </think> <answer> 0 </answer>"
    assert answer.parse_reply(PROVING, tagged) == ("0", "grace in corvin is 0 .")


@pytest.mark.parametrize("said", ["", " ", "unknown", "Unknown.", "."])
def test_no_answer_and_unknown_are_none_with_their_rationale(said: str) -> None:
    assert answer.parse_reply(GENERAL, json.dumps({"reasoning": "r", "answer": said})) == (None, "r")
    assert answer.parse_reply(PROVING, f"<think> r </think> <answer> {said} </answer>") == (None, "r")


@pytest.mark.parametrize(
    "reply", ['{"answer": "5"}', '{"reasoning": "r"}', '{"reasoning": "r", "answer": 5}', "<answer> 5 </answer>", "5"]
)
def test_a_reply_that_cannot_be_read_is_its_own_rationale(reply: str) -> None:
    assert answer.parse_reply(GENERAL, reply) == (None, reply)
    assert answer.parse_reply(PROVING, reply) == (None, reply)


@given(LINES, LINES)
def test_round_trip(said: str, why: str) -> None:
    json_reply = answer.parse_reply(GENERAL, json.dumps({"reasoning": why, "answer": said}))
    tagged_reply = answer.parse_reply(PROVING, f"<think> {why} </think> <answer> {said} </answer>")
    assert json_reply == tagged_reply
    assert json_reply[1] == why
    assert json_reply[0] in (said, None)


@given(st.text())
def test_parsing_never_raises(reply: str) -> None:
    assert answer.parse_reply(GENERAL, reply)[0] is None
    assert answer.parse_reply(PROVING, reply)[0] is None


@pytest.mark.parametrize("reply", HOSTILE)
def test_hostile_replies_have_no_answer_and_can_be_stored(reply: str) -> None:
    for pack in (GENERAL, PROVING):
        said, rationale = answer.parse_reply(pack, reply)
        assert said is None
        assert len(rationale.encode()) >= len(rationale)
    said, _ = answer.parse_reply(GENERAL, '{"reasoning": "r", "answer": "a\\udfff"}')
    assert said == "a?"
