"""Chat turns: every turn is kept or the row is refused, in all namings."""

import json
import re
from typing import Any

import pytest

from dgrc.config import FieldMap
from dgrc.questions.columns import RawRow, pick

RULE = "Rule 7: notice must be given within 30 days."
NAMINGS = {
    "conversations": ("from", "value", {"system": "system", "user": "human", "assistant": "gpt"}),
    "messages": ("role", "content", {"system": "system", "user": "user", "assistant": "assistant"}),
}


def say(naming: str, *turns: tuple[str, Any], **row: Any) -> RawRow:
    who, what, roles = NAMINGS[naming]
    made = [{who: roles.get(role, role), what: said} for role, said in turns]
    return pick("q:1", {"id": "7", naming: made, **row}, FieldMap())


@pytest.mark.parametrize("naming", NAMINGS)
def test_a_system_turn_stands_before_the_question(naming: str) -> None:
    turns = ("system", RULE), ("user", "Is day 31 in time ?\nA. yes\nB. no"), ("assistant", "B")
    raw = say(naming, *turns)
    assert (raw.text, raw.choices, raw.label) == (f"{RULE}\n\nIs day 31 in time ?", ("yes", "no"), "B")
    assert raw.source_id == "7" and raw.error is None
    assert say(naming, ("system", "one"), ("system", "two"), ("user", "q ?")).text == "one\n\ntwo\n\nq ?"
    assert say(naming, ("system", None), ("system", " "), ("user", "q ?")).text == "q ?"


@pytest.mark.parametrize("naming", NAMINGS)
@pytest.mark.parametrize(
    ("turns", "says"),
    [
        ([("user", "q ?"), ("assistant", "A"), ("user", "and ?"), ("assistant", "B")], "turn 3 .* a second question"),
        ([("user", "q ?"), ("user", "and then ?")], "turn 2 .* a second question"),
        ([("user", "q ?"), ("system", RULE)], "turn 2 .* a system turn behind the question"),
        ([("user", "q ?"), ("assistant", "A"), ("assistant", "B")], "turn 3 .* a second answer"),
        ([("assistant", "Hello."), ("user", "q ?")], "turn 1 .* an answer before the question"),
        ([("tool", "42"), ("user", "q ?")], "turn 1 .* has the role 'tool'; wanted are system"),
        ([("user", "q ?"), ("function", "42")], "turn 2 .* has the role 'function'"),
        ([("system", RULE), ("assistant", "A")], "no turn with `from: human` and a `value`"),
        ([], "no turn with"),
        ([("user", 7)], "the human turn is a int, text is wanted"),
        ([("user", "")], "the human turn is empty"),
        ([("user", "q ?"), ("assistant", {"a": 1})], "the answer is a dict"),
        ([("system", 7), ("user", "q ?")], "the system turn of .* is a int"),
        ([("user", [{"type": "text", "text": "see"}, {"type": "image_url", "image_url": {}}])], "parts that are no"),
    ],
)
def test_what_is_no_single_question_is_refused_with_the_turn(naming: str, turns: list[Any], says: str) -> None:
    raw = say(naming, *turns)
    assert raw.error is not None and not raw.text and raw.source_id == "7"
    assert re.search(says, raw.error), raw.error


def test_turns_may_be_json_in_a_cell() -> None:
    turns = [{"from": "system", "value": RULE}, {"from": "human", "value": "q ?"}]
    assert pick("q:1", {"conversations": json.dumps(turns)}, FieldMap()).text == f"{RULE}\n\nq ?"
    for cell in ("hello", "[" * 100_000, "7", "[7]"):
        assert pick("q:1", {"conversations": cell}, FieldMap()).error is not None


def test_contents_in_parts_are_joined() -> None:
    parts = [{"type": "text", "text": "Which"}, {"type": "text", "text": "court ?"}]
    assert say("messages", ("user", parts), ("assistant", [{"type": "text", "text": "crown"}])).text == "Which\ncourt ?"


def test_a_question_about_a_picture_is_refused() -> None:
    assert say("conversations", ("user", "q ?"), image=[]).error is None
    assert say("conversations", ("user", "q ?"), image=["x.png"]).error is not None
    assert say("messages", ("user", "q ?"), images=["x.png"]).error is not None


@pytest.mark.parametrize("naming", NAMINGS)
@pytest.mark.parametrize("column", ["system", "system_prompt"])
def test_a_system_turn_may_stand_in_a_column_beside_the_turns(naming: str, column: str) -> None:
    assert say(naming, ("user", "q ?"), **{column: RULE}).text == f"{RULE}\n\nq ?"
    assert say(naming, ("system", RULE), ("user", "q ?"), **{column: RULE}).text == f"{RULE}\n\nq ?", "once"
    assert say(naming, ("user", "q ?"), **{column: None}).text == "q ?"
    assert "is a int, text is wanted" in str(say(naming, ("user", "q ?"), **{column: 7}).error)


@pytest.mark.parametrize("column", ["tools", "functions", "videos", "audio"])
def test_what_is_no_text_is_refused_with_its_column(column: str) -> None:
    assert say("messages", ("user", "q ?"), **{column: []}).error is None
    assert f"in '{column}', text alone is wanted" in str(say("messages", ("user", "q ?"), **{column: ["x"]}).error)


def test_calls_of_tools_in_either_form_are_refused() -> None:
    for call in ({"tool_calls": [{"id": 1}]}, {"function_call": {"name": "x"}}):
        turns = [{"role": "user", "content": "q ?"}, {"role": "assistant", "content": None, **call}]
        assert "turn 2 of `messages` calls tools" in str(pick("q:1", {"messages": turns}, FieldMap()).error)


def test_an_answer_may_stand_in_a_column_or_nowhere() -> None:
    assert say("messages", ("user", "q ?"), label="B").label == "B"
    assert say("messages", ("user", "q ?"), ("assistant", "A"), label="B").label == "A"
    assert say("messages", ("user", "q ?"), ("assistant", None)).label is None
    assert say("messages", ("user", "q ?")).label is None


def test_options_in_a_column_are_taken_and_others_not_lost() -> None:
    assert say("messages", ("user", "Which ?"), choices=["x", "y"]).choices == ("x", "y")
    error = say("messages", ("user", "Which ?"), options=["x", "y"]).error
    assert error is not None and "'options', which `fields.choices` does not name" in error


def test_turns_may_stand_in_the_column_of_the_question() -> None:
    turns = [{"role": "system", "content": RULE}, {"role": "user", "content": "q ?"}]
    raw = pick("q:1", {"prompt": turns, "label": "A", "nr": 3}, FieldMap(text="prompt", source_id="nr"))
    assert (raw.text, raw.label, raw.source_id) == (f"{RULE}\n\nq ?", "A", "3")


def test_a_column_of_messages_beside_a_question_is_none() -> None:
    row = {"question": "q ?", "messages": [{"role": "user", "content": "other ?"}]}
    assert pick("q:1", row, FieldMap()).text == "q ?"
