"""What holds of all measures: sameness is an equivalence, spelling is stable, order says nothing, nothing is stumbled
over."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.method import meaning, quantities
from dgrc.method.reading import answer_forms
from tests.method.builders import HOSTILE
from tests.method.quantities.test_table import rows

NUMBERS = (
    "0", "1", "2", "5", "12", "30", "60", "0.5", "1/2", "1/3", "2/3", "3/4", "1,000", "1000", "1e3", "-40", "five",
    "ten", "twenty-one", "1 1/2", "6.022e23", "1.5 million", "98.6", "37", "120/80", "355/113", "10/20", "half",
    "4.5 x 10^9",
)  # fmt: skip
UNITS = (
    "", "%", "mg", "g", "kg", "mcg", "Mg", "mW", "MW", "m", "km", "mL", "L", "h", "min", "days", "weeks", "months",
    "years", "\u00b0C", "\u00b0F", "K", "mmHg", "kPa", "mg/kg/day", "mg/dL", "g/L", "/L", "x 10^9/L", "IU", "U",
    "mEq/L", "dollars", "euros", "business days", "calendar days", "years old", "years' imprisonment", "tablets",
    "bpm", "pH",
    "mL/min/1.73 m2", "mg/5 mL", "widgets", "\u6beb\u514b", "\u5929", "\u4e07\u5143",
)  # fmt: skip
TAILS = ("", "", "IV", "orally", "twice daily", "BID", "q8h", "every 8 hours", "for 7 days", "for one week", "or more")
LEADS = ("", "", "", "about", "at least", "<", "up to", "no more than", "between 1 and", "2 to", "$", "\u7ea6")


@st.composite
def written(draw: st.DrawFn) -> str:
    """A measure as somebody might write it, or nearly one."""
    parts = (draw(st.sampled_from(each)) for each in (LEADS, NUMBERS, UNITS, TAILS))
    around = draw(st.sampled_from(("{}", "**{}**", "\\boxed{{{}}}", "{}.", "\\({}\\)")))
    return around.format(" ".join(filter(None, parts)))


MEASURES = st.one_of(written(), st.sampled_from([answer for row in rows() for answer in row[:2]]))


@given(MEASURES)
def test_a_spelling_reads_as_what_it_spells(text: str) -> None:
    value = quantities.parse(text)
    if value is not None:
        again = quantities.parse(quantities.spell(value))
        assert again is not None and quantities.same(value, again), (text, quantities.spell(value))
        assert quantities.spell(again) == quantities.spell(value)


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("(1/3)/mL", "(1/3)/milliliter"), ("1/3 mmHg", "1/3 millimeter_hg"), ("two-thirds mmHg", "(2/3) millimeter_hg"),
        ("355/113", "355/113"), ("5 mg over 3 mg", "5 over 3 milligram"), ("5 days/3 days", None),
        ("10 mg" + "/kg" * 19 + "/day IV q8h", None), ("71e99", None), ("6.022e23", "6.022e23"),
        ("1/800 m2", "0.00125 meter^2"),
        ("q4-6h", "every 4 to 6 hour"), ("1719\u5e74", "year 1719"), ("5 qAM", "5 every morning"),
    ],
)  # fmt: skip
def test_what_is_hard_to_write_is_written_so_that_it_is_read_again(text: str, spelled: str | None) -> None:
    value = quantities.parse(text)
    assert (None if value is None else quantities.spell(value)) == spelled
    assert spelled is None or quantities.parse(spelled) == value


@given(MEASURES, st.sampled_from(answer_forms.FORMS))
def test_a_canonical_answer_stays_as_it_is(text: str, form: str) -> None:
    once = answer_forms.canonical(text, form)
    if once is not None:
        assert answer_forms.canonical(once, form) == once
        if form in ("auto", "number"):
            assert quantities.parse(text) is None or meaning.same(once, text, form)


@given(MEASURES, MEASURES, MEASURES, st.sampled_from(("", "How many mg?", "What is it in days?")))
def test_sameness_is_an_equivalence(a: str, b: str, c: str, question: str) -> None:
    values = [value for text in (a, b, c) if (value := answer_forms.value(text, "number", question)) is not None]
    for one in values:
        assert quantities.same(one, one)
        for two in values:
            assert quantities.same(one, two) is quantities.same(two, one)
            for three in values:
                assert not (quantities.same(one, two) and quantities.same(two, three)) or quantities.same(one, three)


@given(st.lists(MEASURES, max_size=8), st.sampled_from((0.0, 0.01, 0.5)), st.randoms())
def test_groups_do_not_depend_on_the_order(texts: list[str], tolerance: float, rng: random.Random) -> None:
    groups = meaning.group(texts, "auto", tolerance)
    assert sorted(answer for members in groups for answer in members) == sorted({*texts})
    rng.shuffle(texts)
    assert {*map(frozenset, meaning.group(texts, "auto", tolerance))} == {*map(frozenset, groups)}


def test_with_a_tolerance_values_are_linked_singly_whatever_their_order() -> None:
    said = ["100 mg", "104 mg", "102 mg", "200 mg", "0.098 g", "100 mcg"]
    for seed in range(20):
        random.Random(seed).shuffle(said)
        groups = {*map(frozenset, meaning.group(said, "number", 0.02))}
        assert groups == {
            frozenset(("0.098 g", "100 mg", "102 mg", "104 mg")), frozenset(("200 mg",)), frozenset(("100 mcg",))
        }  # fmt: skip
    assert not meaning.same("100 mg", "104 mg", "number", 0.02)


def test_what_a_tolerance_links_in_several_numbers_does_not_hang_on_one_of_them() -> None:
    said = ["1-100 mg", "1.001-5 mg", "1.002-100 mg"]
    assert meaning.group(said, "number", 0.01) == [["1-100 mg", "1.002-100 mg"], ["1.001-5 mg"]]


@given(st.one_of(st.text(max_size=80), st.sampled_from(HOSTILE)))
def test_no_text_is_stumbled_over(text: str) -> None:
    value = quantities.parse(text)
    assert value is None or quantities.same(value, value)
    quantities.resolved(quantities.Quantity(quantities.parse("5").value), text)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "text",
    ["\u2780\u4e24\u5e74", "\u4e24\u5e74\u2777\u534a", "\u0663 mg", "\u2460/\u2461", "5 \u2780 mg", "1/\u2780 mg"],
)
def test_digits_of_other_kinds_are_no_figures(text: str) -> None:
    value = quantities.parse(text)
    assert value is None or quantities.spell(value).isascii()


@pytest.mark.parametrize(
    "piece", ["1 ", "1/", "five ", "a ", "mg/", "twice ", "\u4e07", "\u534a", "in mg (", "1,", "< ", "$ "]
)
def test_long_runs_are_read_at_once(piece: str) -> None:
    """100,000 characters; anything but a single reading of them takes minutes."""
    text = piece * (100_000 // len(piece))
    assert quantities.parse(text) is None
    assert quantities.resolved(quantities.parse("5"), text) is not None  # type: ignore[arg-type]
