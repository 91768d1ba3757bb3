"""The table of measures: which answers are the same and which are not, each row with where its right value is from."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from dgrc.evaluation.score import is_right
from dgrc.method import meaning
from dgrc.method.reading import answer_forms

TABLE = Path(__file__).parent / "table.tsv"


def rows() -> list[list[str]]:
    """answer, answer, form, same or not, question, source of the right value."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]


def taken_for_same(a: str, b: str, form: str, question: str) -> bool:
    """As chains are compared: read in their form, then grouped; what is not of the form is nothing's equal."""
    one, two = answer_forms.canonical(a, form), answer_forms.canonical(b, form)
    return one is not None and two is not None and len(meaning.group([one, two], form, 0.0, question)) == 1


def test_the_table_is_large_and_has_both() -> None:
    found = rows()
    assert len(found) >= 250 and all(len(row) == 6 and row[5] for row in found)
    assert len({tuple(row[:3] + row[4:5]) for row in found}) == len(found)
    assert {*Counter(row[3] for row in found)} == {"yes", "no"}
    assert min(Counter(row[3] for row in found).values()) >= len(found) / 3


@pytest.mark.parametrize("row", rows(), ids=lambda row: " | ".join(row[:3] + row[4:5]))
def test_two_answers_are_the_same_or_not(row: list[str]) -> None:
    a, b, form, same, question, _ = row
    wanted = same == "yes"
    assert taken_for_same(a, b, form, question) is taken_for_same(b, a, form, question) is wanted
    if form != "number":  # answers as they are written, as those to atoms
        assert meaning.same(a, b, form, 0.0, question) is meaning.same(b, a, form, 0.0, question) is wanted
    one = answer_forms.canonical(a, form)
    if one is not None and answer_forms.canonical(b, form) is not None:
        assert is_right(one, b, (), form, 0.0, question=question) is wanted
