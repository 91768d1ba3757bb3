"""Reading replies: tags and JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.method.replies import between, encodable, json_object, one_line
from tests.method.builders import HOSTILE


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("<answer> 5 </answer>", " 5 "),
        ("<answer>4</answer> no, <answer>5</answer>", "5"),
        ("<ANSWER>5</Answer>", "5"),
        ("<answer>4 <answer>5</answer>", "5"),
        ("<answer>two\nlines</answer>", "two\nlines"),
        ("<answer>4</answer><answer>5", "4"),
        ("<answer>5", None),
        ("5</answer>", None),
        ("</answer>5<answer>", None),
    ],
)
def test_between_takes_the_last_complete_pair(text: str, inner: str | None) -> None:
    assert between(text, "answer") == inner


@given(st.text(alphabet=st.characters(exclude_characters="<", exclude_categories=["Cs"])), st.text())
def test_between_gives_back_what_was_put_in(inner: str, before: str) -> None:
    assert between(f"{before}<answer>{inner}</answer>", "answer") == inner


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none() | st.lists(st.booleans())))
def test_json_object_round_trip(value: dict[str, object]) -> None:
    assert json_object(json.dumps(value)) == value


@pytest.mark.parametrize("reply", ['Here: {"a": 1}', '{"a": 1} done', '```json\n{"a": 1}\n```', "[1]", "null", "1", ""])
def test_json_object_takes_nothing_but_one_object(reply: str) -> None:
    assert json_object(reply) is None


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_read_as_nothing(text: str) -> None:
    assert json_object(text) is None
    assert between(text, "answer") is None


def test_smuggled_surrogates_become_encodable() -> None:
    (smuggled,) = json.loads('["a\\ud800b"]')
    assert encodable(smuggled) == "a?b"
    assert one_line("  a\n\t" + smuggled) == "a a?b"


def test_raw_line_breaks_inside_a_json_text_are_taken() -> None:
    assert json_object('{"reasoning": "first\nsecond\tthird"}') == {"reasoning": "first\nsecond\tthird"}
