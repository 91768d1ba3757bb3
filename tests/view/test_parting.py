"""The sentence at which two chains part."""

import pytest

from dgrc.view.parting import parting, sentences
from tests.view.made import CASES, RIGHT, WRONG


def marked(text: str, other: str) -> str | None:
    span = parting(text, other)
    return None if span is None else text[slice(*span)]


def test_near_copies_part_where_a_word_is_another() -> None:
    assert marked(RIGHT, WRONG) == "It must also be given three months before the end, so by 30 September."
    assert marked(WRONG, RIGHT) == "It must also be given one month before the end, so by 30 November."


def test_chinese_chains_part_at_the_period() -> None:
    ours, theirs = CASES[1].teacher[0].text, CASES[1].student[0].text
    assert marked(ours, theirs) == "诉讼时效期间为三年。"
    assert marked(theirs, ours) == "诉讼时效期间为五年。"


def test_arabic_chains_part_at_the_period() -> None:
    ours, theirs = CASES[2].teacher[0].text, CASES[2].student[0].text
    assert marked(ours, theirs) == "مدة الإخطار ثلاثة أشهر." and marked(theirs, ours) == "مدة الإخطار شهر واحد."


@pytest.mark.parametrize(
    ("text", "other", "wanted"),
    [
        ("It rains. It pays 5 mg.", "It rains. It pays 6 mg.", "It pays 5 mg."),
        ("It rains in Rome today. Take cover.", "It rains. Today in Rome it rains. Take cover.", None),
        ("Same.\n<answer>A</answer>", "Same.\n<answer>B</answer>", "<answer>A</answer>"),
        ("", "anything", None),
        ("Something.", "", "Something."),
        ("The dose is 3.5 g. Fine!", "Fine! The dose is 3.5 g.", None),
        ("no end and no stop", "no end and no stop", None),
        ("\n\n  \n", "x", None),
    ],
)
def test_the_first_sentence_that_says_what_the_other_does_not(text: str, other: str, wanted: str | None) -> None:
    assert marked(text, other) == wanted


def test_sentences_are_the_text_and_decimals_stay_whole() -> None:
    text = 'The dose is 3.5 g (e.g. daily). "Is it?" 对吗？是的。\nLast line'
    parts = [text[start:end] for start, end in sentences(text)]
    assert "".join(parts) == text
    assert any("3.5 g" in part for part in parts) and parts[-1] == "Last line"
    assert "对吗？" in parts and any(part.startswith("是的。") for part in parts)
