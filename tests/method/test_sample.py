"""Sampling: messages, chains of replies, and options written inside a question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.method import sample
from dgrc.method.prompts import load_pack
from dgrc.method.reading.choices import split_choices
from dgrc.method.reading.options import lettered
from dgrc.records import Chain
from tests.method.builders import HOSTILE

OPTIONS = ("Iron", "Zinc and tin", "Lead", "Both A and B")


@pytest.mark.parametrize("reason", ["length", "abort", "error", ""])
def test_a_chain_that_did_not_stop_is_not_trusted(reason: str) -> None:
    reply = "<think> . </think> <answer>A</answer>"
    assert sample.to_chain(reply, "stop", 9, OPTIONS).answer == "A"
    cut = sample.to_chain(reply, reason, 9, OPTIONS)
    assert (cut.answer, cut.read_by, cut.finish_reason, cut.tokens) == (None, None, reason, 9)
    assert (cut.thoughts, cut.text) == (".", "<answer>A</answer>")


def test_thoughts_stand_apart_from_what_is_said_whoever_parts_them() -> None:
    apart = sample.to_chain("It is lead. <answer>C</answer>", "stop", 9, OPTIONS, thoughts=" Heavy. ")
    inside = sample.to_chain("<think> Heavy. </think>\nIt is lead. <answer>C</answer>", "stop", 9, OPTIONS)
    assert apart == inside == Chain("It is lead. <answer>C</answer>", "C", "stop", 9, "Heavy.", "tag")
    both = sample.to_chain("<think>So?</think>Lead", "stop", 9, OPTIONS, thoughts="Heavy.")
    assert (both.thoughts, both.text, both.read_by) == ("Heavy.\nSo?", "Lead", "line")


def test_where_the_marks_are_the_reply_that_was_asked_for_they_stay() -> None:
    reply = "<think> grace is 0 . </think> <answer> 0 </answer>"
    assert sample.to_chain(reply, "stop", 9, (), tagged=True) == Chain(reply, "0", "stop", 9, "", "tag")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_holds_no_options(text: str) -> None:
    assert split_choices(text) == (text, ())


def test_messages_hold_text_and_lettered_options_in_one_line_each() -> None:
    (user,) = sample.build_messages(load_pack("general"), "Which metal?", ["Iron\nB. Fake", "Zinc"])
    assert user["role"] == "user"
    assert "<question>\nWhich metal?\n</question>" in user["content"]
    assert "<options>\nA. Iron B. Fake\nB. Zinc\n</options>" in user["content"]
    assert "LETTER" in user["content"]


def test_messages_without_choices_ask_for_text() -> None:
    (user,) = sample.build_messages(load_pack("general"), "Which metal?", ())
    assert "options" not in user["content"]
    assert "LETTER" not in user["content"]
    assert user["content"].startswith("<question>\nWhich metal?\n</question>\n")


INSTRUCTION = "Please reason first, then give your answer. The format is: <answer> the option's letter </answer>"


@pytest.mark.parametrize(
    ("text", "stem", "options"),
    [
        ("Which metal?\nA. Iron\nB. Zinc", "Which metal?", ("Iron", "Zinc")),
        (f"Which metal?\nA. Iron\nB. Zinc\n{INSTRUCTION}", "Which metal?", ("Iron", "Zinc")),
        (f"Which metal?\nA. Iron\nB. Zinc\n\n{INSTRUCTION}\n", "Which metal?", ("Iron", "Zinc")),
        ("Which?\nA) x\nB) y\nC) z\nD) v\nE) w\nF) u\nAnswer:", "Which?", ("x", "y", "z", "v", "w", "u")),
        ("Which?\n(A) x\n(B) y\n", "Which?", ("x", "y")),
        ("Two\r\nlines?\r\nA. x\r\nB. y", "Two\nlines?", ("x", "y")),
        ("Which?\n\nA. x\n\nB. y\n\n", "Which?", ("x", "y")),
        ("Which?\nA. x\n more\nB. y\n  and more", "Which?", ("x more", "y and more")),
        ("Given:\nA. p\nB. q\nWhich hold?\nA. both\nB. none", "Given:\nA. p\nB. q\nWhich hold?", ("both", "none")),
        ("Two\nlines?\nA. x\nB. y", "Two\nlines?", ("x", "y")),
    ],
)
def test_options_inside_the_text_are_split_off(text: str, stem: str, options: tuple[str, ...]) -> None:
    assert split_choices(text) == (stem, options)


@pytest.mark.parametrize(
    "text",
    [
        "Which metal?",
        "Which metal?\nA. Iron",
        "A. Iron\nB. Zinc",
        "Which?\nA. Iron\nC. Zinc",
        "Which?\nB. Iron\nC. Zinc",
        "Which?\nA. Iron\nB) Zinc",
        "Which?\nA. Iron\nB. Zinc\nA. Iron",
        "Which?\nA. Iron\nB. Zinc\n\nThe metals are above. Which one?",
        "Which?\nA. Iron\nB. Zinc\nof the best kind",
        "Which?\nA. Iron\nB. Zinc\nGive it time.",
        "Which?\nA. x\n more\nB. y\n\nSee above. Which?",
        "Which?\nA: Hello.\nB: Hi.",
        "Which? A. Iron B. Zinc",
        "Which?\nA.\nB. Zinc",
        "Which?\nA. Iron\nB. Zinc\n" + "Please answer. " * 80,
    ],
)
def test_text_is_left_alone_where_in_doubt(text: str) -> None:
    assert split_choices(text) == (text, ())


@given(st.lists(st.from_regex(r"[a-z][a-z ]{0,8}[a-z]", fullmatch=True), min_size=2, max_size=26))
def test_lettered_options_split_back(choices: list[str]) -> None:
    choices = [" ".join(choice.split()) for choice in choices]
    text = "\n".join(["Stem?", *lettered(choices), INSTRUCTION])
    assert split_choices(text) == ("Stem?", tuple(choices))


@given(st.text(alphabet="AB.)( \nxy?"))
def test_splitting_never_raises_and_loses_no_word(text: str) -> None:
    stem, options = split_choices(text)
    assert (stem, options) == (text, ()) or len(options) >= 2
    assert sorted("".join([stem, *options])) <= sorted(text) or not options
    assert sum(part.count("x") for part in (stem, *options)) == text.count("x")


@pytest.mark.parametrize("name", ["general", "legal", "medical"])
def test_where_several_options_may_be_right_all_their_letters_are_asked_for(name: str) -> None:
    pack = load_pack(name)
    one, several = (sample.build_messages(pack, "Which?", ("x", "y"), flag)[-1]["content"] for flag in (False, True))
    assert "Exactly one option is right" in one and "LETTERS" not in one
    assert "<answer>LETTERS</answer>" in several and "Exactly one" not in several
    assert sample.build_messages(pack, "Which?", (), True) == sample.build_messages(pack, "Which?", ())
    assert sample.asks_for_several(pack) and not sample.asks_for_several(load_pack("proving"))


def test_a_chain_answers_with_a_set_where_several_options_may_be_right() -> None:
    said = sample.to_chain("<answer>C, A</answer>", "stop", 9, OPTIONS, several=True)
    assert (said.answer, said.read_by) == ("AC", "tag")
    assert sample.to_chain("<answer>C, A</answer>", "stop", 9, OPTIONS).answer is None
