"""What stands between answer tags: an option in any writing, or text."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.method.reading import in_tags, read
from dgrc.method.reading.options import letter, lettered
from tests.method.builders import HOSTILE


def answer_of(reply: str, choices: Sequence[str], form: str = "auto") -> str | None:
    return read(reply, choices, form)[0]

OPTIONS = ("Iron", "Zinc and tin", "Lead", "Both A and B")
TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    "said",
    ["C", "(C)", "C.", "C)", "[C]", "c", " C ", "**C**", "C. Lead", "C) lead.", "C: Lead", "C Lead", "(C) Lead",
     "option C", "Option C.", "The answer is C", "the correct answer is option (C).", "Answer: C",
     "Lead", "lead.", "\\boxed{C}", "C. Pb, which is heavy"],
)  # fmt: skip
def test_an_option_is_read_however_it_is_written(said: str) -> None:
    assert answer_of(f"<think>A? B?</think> <answer>{said}</answer>", OPTIONS) == "C"


@pytest.mark.parametrize(
    "said",
    ["E", "", "None", "A and B", "A, C", "(A) or (B)", "A/C", "C. Iron", "A metal", "not C", "Tin", "LETTER",
     "Option E", "A. and B.", "I"],
)  # fmt: skip
def test_what_names_no_single_option_is_no_answer(said: str) -> None:
    assert answer_of(f"<answer>{said}</answer>", OPTIONS) is None


def test_letters_win_over_options_that_are_letters() -> None:
    vitamins = ("C", "A", "K")
    assert answer_of("<answer>C</answer>", vitamins) == "C"
    assert answer_of("<answer>K</answer>", vitamins) == "C"  # no option has the letter K: its text speaks


def test_options_of_one_text_are_one_answer() -> None:
    doubled = ("Mode", "Iron", "Mean", " iron. ")
    for said in ("iron", "B", "D", "D. Iron", "b. iron"):
        assert answer_of(f"<answer>{said}</answer>", doubled) == "B"
    assert answer_of("The answer is B or D.", ("Mode", "Iron", "Mean", "Lead")) is None


@pytest.mark.parametrize(
    ("choices", "said", "named"),
    [
        (("AA", "Aa", "aa"), "Aa", "B"), (("AA", "Aa", "aa"), "aa", "C"), (("5 mW", "5 MW"), "5 MW", "B"),
        (("5 mW", "5 MW"), "5 mw", None), (("5 mg", "> 5 mg", "< 5 mg"), "> 5 mg", "B"), (("$5", "5"), "$5", "A"),
        (("~5", "5"), "5", "B"), (("TP53", "Tp53"), "tp53", None),
    ],
)  # fmt: skip
def test_options_that_differ_in_capitals_or_signs_are_two(choices: tuple[str, ...], said: str, named: str) -> None:
    assert answer_of(f"<answer>{said}</answer>", choices) == named


def test_without_choices_the_answer_is_normalized_text() -> None:
    assert answer_of("<answer> The  Senate. </answer>", ()) == "the senate"
    assert answer_of("<answer>A</answer>", ()) == "a"
    assert answer_of("<answer> . </answer>", ()) is None


@given(st.text(), st.lists(TEXTS, max_size=5))
def test_parsing_never_raises_and_gives_an_option(said: str, choices: list[str]) -> None:
    answer = answer_of(f"<answer>{said}</answer>", choices)
    assert answer is None or not choices or answer in "ABCDE"


@given(st.integers(1, 60), st.data())
def test_every_letter_is_read_back(count: int, data: st.DataObject) -> None:
    choices = [f"option text {index} x" for index in range(count)]
    lines = lettered(choices)
    index = data.draw(st.integers(0, count - 1))
    assert len(set(lines)) == count
    for said in (letter(index), lines[index], choices[index]):
        assert answer_of(f"<answer>{said}</answer>", choices) == letter(index)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_no_answer(text: str) -> None:
    assert read(text, OPTIONS) == (None, None)


@pytest.mark.parametrize("text", ["The answer is C.", "C. Lead", "\\boxed{C}", "<answer>C", "Lead"])
def test_a_label_is_looked_for_in_tags_alone(text: str) -> None:
    assert answer_of(text, OPTIONS) == "C"
    assert in_tags(text, OPTIONS) is None
    assert in_tags(f"The answer is A. <answer>{text.removeprefix('<answer>')}</answer>", OPTIONS) == "C"


@pytest.mark.parametrize(
    ("label", "meant"),
    [
        ("The correct answer is C", "C"), ("Answer: (C)", "C"), ("C. Lead", "C"), ("Lead", "C"),
        ("Lead is heavy. So the answer is C.", None), ("Some say C is correct, others that it is D", None),
    ],
)  # fmt: skip
def test_a_labels_words_are_not_searched(label: str, meant: str | None) -> None:
    assert in_tags(f"<answer>{label}</answer>", OPTIONS) == meant
