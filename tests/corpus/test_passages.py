"""Documents are cut where their authors cut them, and nothing of a passage is invented."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from dgrc.corpus.headings import is_heading
from dgrc.corpus.passages import split, words

LAW = """CHAPTER I
General rules

Section 1. Notice

A lease ends by notice. The notice must be given in writing and reach the other party. It must name the day on which
the lease ends.

A notice that names no day takes effect at the end of the following month.

Section 2. Repairs

The landlord keeps the house in repair. The tenant tells the landlord of defects without delay.
"""


def pieces(text: str, most: int, least: int) -> list[str]:
    return [text[slice(*span)] for span in split(text, most, least)]


def test_a_passage_does_not_cross_a_heading_and_keeps_it() -> None:
    found = pieces(LAW, 200, 5)
    assert len(found) == 2
    assert found[0].startswith("CHAPTER I") and "end of the following month." in found[0]
    assert found[1].startswith("Section 2. Repairs") and "Notice" not in found[1]


def test_paragraphs_are_kept_whole_where_they_fit() -> None:
    found = pieces(LAW, 35, 5)
    assert "A notice that names no day takes effect at the end of the following month." in found
    assert all(words(piece) <= 35 for piece in found)


def test_a_paragraph_that_is_too_long_is_cut_between_sentences() -> None:
    text = " ".join(f"Sentence {n} has exactly six words." for n in range(20))
    found = pieces(text, 13, 3)
    assert all(piece.endswith("words.") and piece.startswith("Sentence") for piece in found)
    assert " ".join(found) == text


def test_what_is_too_short_to_ask_about_is_left_out() -> None:
    assert pieces("Contents\n\nSee below.", 100, 10) == []


def test_headings_are_told_from_items_and_sentences() -> None:
    for line in ("# Scope", "§ 12 Duties", "Article 5 Remedies", "PART TWO", "IV. Damages", "3.2 Limits"):
        assert is_heading(line), line
    long = "Section 5 of the Act, which was passed in 1925 and has since been amended many times, applies."
    for line in ("The tenant pays.", "1. The tenant pays the rent.", "", long):
        assert not is_heading(line), line


@given(st.text(alphabet="aB1.# \n§", max_size=400), st.integers(3, 40), st.integers(1, 10))
def test_ranges_are_in_order_apart_and_bounded(text: str, most: int, least: int) -> None:
    spans = split(text, most, least)
    assert all(a < b for a, b in spans)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    for start, end in spans:
        piece = text[start:end]
        assert least <= words(piece) <= most and piece == piece.strip()


@given(st.lists(st.sampled_from(["word", "other.", "Third?"]), min_size=1, max_size=120))
def test_no_word_is_lost_where_none_is_too_short(tokens: list[str]) -> None:
    text = " ".join(tokens)
    assert " ".join(" ".join(pieces(text, 7, 1)).split()) == text
