"""Thoughts apart from what is said, and what of a chain others read and learn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.method.text.thoughts import learned, reasons, set_apart, shown
from dgrc.records import Chain

MARKS = st.lists(st.sampled_from(["<think>", "</think>", "[THINK]", "[/THINK]", "a", "b ", "\n"])).map("".join)
REASONED = "The limit is five years because the code says so in full."


@pytest.mark.parametrize(
    ("reply", "thoughts", "text"),
    [
        ("no marks <answer>B</answer> ", "", "no marks <answer>B</answer> "),
        ("<think> a </think>\n b ", "a", "b"),
        ("a </think> b", "a", "b"),
        ("<think> a b", "a b", ""),
        ("x <think>a</think> y <think>b</think> z", "a\nb", "x  y  z"),
        ("[THINK]a[/THINK]b", "a", "b"),
        ("\u25c1think\u25b7a\u25c1/think\u25b7b", "a", "b"),
        ("<Thinking>a</Thinking>b", "a", "b"),
        ("<think></think>b", "", "b"),
        ("<think>a <think> b</think> c", "a <think> b", "c"),
        ("a</think>b</think>c", "a\nb", "c"),
        ("<think>a</think>b</think>c", "a\nb", "c"),
    ],
)
def test_thoughts_are_set_apart(reply: str, thoughts: str, text: str) -> None:
    assert set_apart(reply) == (thoughts, text)


@given(MARKS)
def test_nothing_is_said_twice_and_no_mark_is_left_in_what_is_said(reply: str) -> None:
    thoughts, text = set_apart(reply)
    assert sum(part.count("a") for part in (thoughts, text)) == reply.count("a")
    assert not any(mark in text for mark in ("<think>", "</think>", "[THINK]", "[/THINK]"))
    assert set_apart(text)[0] == ""


def chain(text: str, thoughts: str) -> Chain:
    return Chain(text, "A", "stop", 9, thoughts)


@pytest.mark.parametrize(
    ("text", "which", "seen"),
    [
        (REASONED, "visible", REASONED), (REASONED, "all", f"why\n\n{REASONED}"),
        ("<answer>A</answer>", "visible", "why\n\n<answer>A</answer>"), ("", "visible", "why"),
    ],
)  # fmt: skip
def test_what_others_read_of_a_chain(text: str, which: str, seen: str) -> None:
    assert shown(chain(text, "why"), which) == seen
    assert shown(chain(text, ""), which) == text
    assert reasons(text) == (text == REASONED)


@pytest.mark.parametrize(
    ("text", "thoughts", "which", "turn"),
    [
        (REASONED, "why", "drop", REASONED), (f" {REASONED}\n", "", "keep", REASONED),
        (REASONED, " why ", "keep", f"<think>\nwhy\n</think>\n\n{REASONED}"),
        ("<answer>A</answer>", "why", "drop", "why\n\n<answer>A</answer>"),
    ],
)  # fmt: skip
def test_what_a_student_learns(text: str, thoughts: str, which: str, turn: str) -> None:
    assert learned(chain(text, thoughts), which) == turn


def test_a_chinese_clause_reasons_as_many_words_would() -> None:
    assert reasons("合同因违反法律的强制性规定而无效。<answer>A</answer>")
    assert not reasons("合同无效。<answer>因违反法律的强制性规定而无效</answer>")
