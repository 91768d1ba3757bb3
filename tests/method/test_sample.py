"""Sampling: messages, final answers, and options written inside a question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.method import sample
from dgrc.method.prompts import load_pack
from tests.method.builders import HOSTILE

OPTIONS = ("Iron", "Zinc and tin", "Lead", "Both A and B")
TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    "said",
    ["C", "(C)", "C.", "C)", "[C]", "c", " C ", "**C**", "C. Lead", "C) lead.", "C: Lead", "C Lead", "(C) Lead",
     "option C", "Option C.", "The answer is C", "the correct answer is option (C).", "Answer: C",
     "Lead", "lead.", "\\boxed{C}", "C. Pb, which is heavy"],
)  # fmt: skip
def test_an_option_is_read_however_it_is_written(said: str) -> None:
    assert sample.parse_answer(f"<think>A? B?</think> <answer>{said}</answer>", OPTIONS) == "C"


@pytest.mark.parametrize(
    "said",
    ["E", "", "None", "A and B", "A, C", "(A) or (B)", "A/C", "C. Iron", "A metal", "not C", "Tin", "LETTER",
     "Option E", "A. and B.", "I"],
)  # fmt: skip
def test_what_names_no_single_option_is_no_answer(said: str) -> None:
    assert sample.parse_answer(f"<answer>{said}</answer>", OPTIONS) is None


def test_letters_win_over_options_that_are_letters() -> None:
    vitamins = ("C", "A", "K")
    assert sample.parse_answer("<answer>C</answer>", vitamins) == "C"
    assert sample.parse_answer("<answer>K</answer>", vitamins) == "C"  # no option has the letter K: its text speaks


def test_options_with_the_same_text_are_not_told_apart_by_it() -> None:
    assert sample.parse_answer("<answer>iron</answer>", ("Iron", "iron.")) is None


def test_without_choices_the_answer_is_normalized_text() -> None:
    assert sample.parse_answer("<answer> The  Senate. </answer>", ()) == "the senate"
    assert sample.parse_answer("<answer>A</answer>", ()) == "a"
    assert sample.parse_answer("<answer> . </answer>", ()) is None
    assert sample.parse_answer("The Senate.", ()) is None


@given(st.text(), st.lists(TEXTS, max_size=5))
def test_parsing_never_raises_and_gives_an_option(said: str, choices: list[str]) -> None:
    answer = sample.parse_answer(f"<answer>{said}</answer>", choices)
    assert answer is None or not choices or answer in "ABCDE"


@given(st.integers(1, 60), st.data())
def test_every_letter_is_read_back(count: int, data: st.DataObject) -> None:
    choices = [f"option text {index} x" for index in range(count)]
    lines = sample.lettered(choices)
    index = data.draw(st.integers(0, count - 1))
    assert len(set(lines)) == count
    for said in (sample.letter(index), lines[index], choices[index]):
        assert sample.parse_answer(f"<answer>{said}</answer>", choices) == sample.letter(index)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_no_answer_and_no_options(text: str) -> None:
    assert sample.parse_answer(text, OPTIONS) is None
    assert sample.split_choices(text) == (text, ())


@pytest.mark.parametrize("reason", ["length", "abort", "error", ""])
def test_a_chain_that_did_not_stop_is_not_trusted(reason: str) -> None:
    reply = "<think> . </think> <answer>A</answer>"
    assert sample.to_chain(reply, "stop", 9, OPTIONS).answer == "A"
    cut = sample.to_chain(reply, reason, 9, OPTIONS)
    assert (cut.answer, cut.text, cut.finish_reason, cut.tokens) == (None, reply, reason, 9)


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
    assert user["content"].endswith("</question>")


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
    assert sample.split_choices(text) == (stem, options)


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
    assert sample.split_choices(text) == (text, ())


@given(st.lists(st.from_regex(r"[a-z][a-z ]{0,8}[a-z]", fullmatch=True), min_size=2, max_size=26))
def test_lettered_options_split_back(choices: list[str]) -> None:
    choices = [" ".join(choice.split()) for choice in choices]
    text = "\n".join(["Stem?", *sample.lettered(choices), INSTRUCTION])
    assert sample.split_choices(text) == ("Stem?", tuple(choices))


@given(st.text(alphabet="AB.)( \nxy?"))
def test_splitting_never_raises_and_loses_no_word(text: str) -> None:
    stem, options = sample.split_choices(text)
    assert (stem, options) == (text, ()) or len(options) >= 2
    assert sorted("".join([stem, *options])) <= sorted(text) or not options
    assert sum(part.count("x") for part in (stem, *options)) == text.count("x")
