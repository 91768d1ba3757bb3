"""Reading replies: tags and JSON."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.method.replies import between, encodable, is_wrapped, json_object, one_line
from tests.method.builders import HOSTILE, assert_no_backtracking


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


TEXT = st.text().filter(lambda text: not re.search(r"[\b\f\n\r\t][A-Za-z]", text))
"""But for what JSON writes as a command of LaTeX might be written (`\\nu`), which is read as one."""


@given(st.dictionaries(TEXT, TEXT | st.integers() | st.none() | st.lists(st.booleans())))
def test_json_object_round_trip(value: dict[str, object]) -> None:
    assert json_object(json.dumps(value)) == value


@pytest.mark.parametrize("reply", ["[1]", "null", "1", "", "Here: [1]", "{a: 1}", "{'a': 1}", "{\"a\": 1", "}{"])
def test_what_is_no_object_is_none(reply: str) -> None:
    assert json_object(reply) is None
    assert not is_wrapped(reply)


@pytest.mark.parametrize(
    "reply",
    [
        'Here: {"a": 1}', '{"a": 1} done', '```json\n{"a": 1}\n```', '```\n{"a": 1}\n```',
        'So:\n```JSON {"a": 1}```\nok',
        '<think>{"b": 2} or {"c": 3}? {</think>{"a": 1}', 'I think {"b": 2}.</think>\n```json\n{"a": 1}\n```',
        'In the set {1, 2} it is {"a": 1}.', '{{"a": 1}}', '\ufeff{"a": 1}', '[{"a": 1}]', '{"a": 1}\n\n<|im_end|>',
    ],
)  # fmt: skip
def test_one_object_is_read_whatever_stands_around_it(reply: str) -> None:
    assert json_object(reply) == {"a": 1}
    assert is_wrapped(reply)


def test_an_object_alone_is_not_wrapped() -> None:
    for reply in ('{"a": 1}', ' \n{"a": {"b": [1]}}\n', '{"a": "```json {\\"b\\": 1}```"}', '{"a": "<think>"}'):
        assert json_object(reply) is not None and not is_wrapped(reply)


@pytest.mark.parametrize(
    "reply",
    [
        '{"a": 1} {"a": 2}', '{"a": 1}\n{"a": 1}', '```json\n{"a": 1}\n```\n```json\n{"a": 2}\n```',
        'The chain says ```json\n{"a": 1}\n``` but I say {"a": 2}', '{"a": 1} ... {"b": {"c": 2}} {"d": 3}',
    ],
)  # fmt: skip
def test_of_two_objects_none_is_chosen(reply: str) -> None:
    """A reply that quotes an object, in a fence too, must not have the quoted one taken for its own."""
    assert json_object(reply) is None


PIECES = ("{", "]", '{"a": ', '{"a": 1} ', "```", "```json\n", "`", "<think>", "</think>", "[", '"')


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("before", ["", "```", "words {"])
def test_hostile_json_takes_no_time(before: str, piece: str) -> None:
    def work(reply: str) -> None:
        assert json_object(reply) is None

    assert_no_backtracking(work, piece, before)


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


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (r"16 \times \frac{3}{8} = \text{six}", r"16 \times \frac{3}{8} = \text{six}"),
        (r"a \\frac b", r"a \frac b"), (r"\alpha, \(x\)", r"\alpha, \(x\)"), (r"line\nNext\ttab", "line\nNext\ttab"),
        (r"\"no\" \u00e9 \/", '"no" \u00e9 /'), (r"\neq is not\nnot", "\\neq is not\nnot"), (r"\u12", r"\u12"),
    ],
)  # fmt: skip
def test_a_backslash_that_begins_no_escape_stays_one(written: str, text: str) -> None:
    assert json_object(f'{{"a": "{written}"}}') == {"a": text}
    assert json_object(f'So: {{"a": "{written}"}}.') == {"a": text}


MARKS = ("<|im_end|>", "<end_of_turn>", "</s>", "<|eot_id|>", "//", "// so it says", "<think>", "<|START_THINKING|>",
         "[THINK]", "<|channel|>analysis<|message|>", "<think>so</think>", '"', ",")  # fmt: skip


@pytest.mark.parametrize("mark", MARKS)
def test_no_mark_hides_a_second_object(mark: str) -> None:
    """Each may stand in a text that is quoted before the reply's own object."""
    assert json_object(f'{{"a": 1}}{mark}\n{{"a": 2}}') is None
    assert json_object(f'{{"a": 1}}{mark}{{"a": 2}}') is None
    assert json_object(f'It says {{"a": 1}}{mark} and I say {{"a": 2}}.') is None


def test_an_object_behind_thoughts_is_the_reply() -> None:
    for thoughts in ('<think>{"a": 1}</think>', '{"a": 1}</think>', "<think>{</think>"):
        assert json_object(f'{thoughts}\n{{"a": 2}}') == {"a": 2}
        assert json_object(f'{thoughts}\n```json\n{{"a": 2}}\n```<|im_end|>') == {"a": 2}
