"""Numbers with units, yes and no: one spelling, and what counts as the same."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.method.reading import answer_forms, read
from tests.method.builders import HOSTILE


def answer_of(reply: str, choices: Sequence[str], form: str = "auto") -> str | None:
    return read(reply, choices, form)[0]


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("5 km", "5 kilometer"), ("about 1,000.50 mg.", "1000.5 milligram"), ("$1,000", "1000 dollar"),
        ("20 euros", "20 euro"), ("5 %", "5 percent"), ("-3", "-3"), ("1/2", "0.5"), ("~ 7 years", "7 year"),
        ("12 votes", "12 vote"), ("five", "5"), ("2.5e3 m/s", "2500 meter/second"), (".5", "0.5"),
    ],
)
def test_a_number_has_one_spelling(text: str, spelled: str) -> None:
    assert answer_forms.canonical(text, "number") == spelled
    assert answer_forms.canonical(spelled, "number") == answer_forms.canonical(spelled, "auto") == spelled


@pytest.mark.parametrize("text", ["", "none", "3 or 4", "1/0", "section 12", "1e999", "5 widgets", "3rd", "12(b)"])
def test_what_is_no_measure_to_its_end_is_none(text: str) -> None:
    assert answer_forms.canonical(text, "number") is None


@pytest.mark.parametrize(
    ("a", "b", "tolerance", "equal"),
    [
        ("5 km", "5000 m", 0.0, True), ("5 km", "5 m", 0.0, False), ("5", "5 km", 0.0, False), ("5 %", "5", 0.0, False),
        ("5 %", "0.05", 0.0, True), ("37 \u00b0C", "37.3 \u00b0C", 0.01, True),
        ("37 \u00b0C", "40 \u00b0C", 0.01, False),
        ("5 kg", "5 m", 0.0, False), ("$5", "5 euro", 0.0, False), ("100", "101", 0.01, True),
        ("100", "102", 0.01, False), ("4 m2", "4 m^2", 0.0, True), ("9 m/s", "32.4 km/hour", 0.001, True),
        ("0", "0.0", 0.0, True), ("0", "0.001", 0.1, False), ("1 hour", "60 minutes", 0.0, True),
    ],
)
def test_numbers_are_compared_by_value_and_unit(a: str, b: str, tolerance: float, equal: bool) -> None:
    one, two = answer_forms.canonical(a, "number"), answer_forms.canonical(b, "number")
    assert one is not None and two is not None
    assert answer_forms.same(one, two, "number", tolerance) is answer_forms.same(two, one, "number", tolerance) is equal


@pytest.mark.parametrize(
    ("text", "said"),
    [("Yes.", "yes"), ("no, it is not", "no"), ("TRUE", "yes"), ("false", "no"), ("yes and no", None), ("maybe", None),
     ("it is not", None), ("", None), ("Correct", "yes")],
)
def test_yes_and_no_are_read_or_not_at_all(text: str, said: str | None) -> None:
    assert answer_forms.canonical(text, "yes_no") == said


def test_auto_compares_only_what_is_nothing_but_a_number_or_a_yes() -> None:
    assert answer_forms.same("5 km", "5000 m", "auto", 0.0)
    assert answer_forms.same("yes", "true", "auto", 0.0)
    assert not answer_forms.same("no", "no jurisdiction", "auto", 0.0)
    assert not answer_forms.same("5 judges", "5 counties", "auto", 0.0)
    assert not answer_forms.same("section 5", "5", "auto", 0.0)
    assert not answer_forms.same("5 km", "5000 m", "text", 0.0)


def test_a_bare_number_has_a_unit_only_where_the_question_says_it() -> None:
    for form in ("auto", "number"):
        assert answer_forms.same("5", "5 kilometer", form, 0.0, "How many kilometers is it?")
        assert not answer_forms.same("5", "5 kilometer", form, 0.0, "How many miles is it?")
        assert not answer_forms.same("5", "5 kilometer", form, 0.0, "How far is it?")


def test_case_that_tells_units_apart_survives_the_spelling() -> None:
    assert answer_forms.canonical("5 MW", "auto") == "5 megawatt"
    assert answer_forms.canonical("5 mW", "auto") == "5 milliwatt"
    assert answer_forms.canonical("5 KM", "auto") == "5 km"


def test_a_chain_is_read_in_the_form_that_is_asked_for() -> None:
    text = "<think> half of 10 km </think> <answer>5 km</answer>"
    assert answer_of(text, (), "number") == "5 kilometer"
    assert answer_of(text, (), "yes_no") is None
    assert answer_of(text, ("3 km", "5 km"), "number") == "B", "with choices it is always a letter"


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("The answer is $1.5 million.", "1500000 dollar"), ("The answer is > 5 %.", "more than 5 percent"),
        ("So the answer is 6'2\".", "74 inch"), ("$5", "5 dollar"), ("**Answer:** < 5 %", "less than 5 percent"),
        ("The answer is 5 mg b.i.d. It is safe.", "5 milligram 2 times a day"),
        ("The final answer is $\\boxed{120/80\\,\\text{mmHg}}$.", "120/80 millimeter_hg"),
        ("<answer>$\\frac{1}{2}$ mg</answer>", "0.5 milligram"), ("The answer is 5 widgets.", None),
        ("The answer is 3rd Circuit.", None),
    ],
)  # fmt: skip
def test_a_measure_is_read_with_its_signs_or_not_at_all(reply: str, answer: str | None) -> None:
    assert answer_of(reply, (), "number") == answer


@given(st.one_of(st.text(max_size=60), st.sampled_from(HOSTILE)), st.sampled_from(answer_forms.FORMS))
def test_no_text_is_stumbled_over_and_spelling_is_stable(text: str, form: str) -> None:
    once = answer_forms.canonical(text.encode("utf-8", "replace").decode(), form)
    if once is not None:
        assert answer_forms.canonical(once, form) == once
        assert answer_forms.same(once, once, form, 0.0)


@pytest.mark.parametrize("divisor", ["0" * 5000, "1" * 400, "1" * 5000])
def test_a_fraction_below_anything_representable_is_no_number(divisor: str) -> None:
    assert answer_forms.canonical(f"1/{divisor}", "number") is None


def test_what_was_matched_is_not_tried_again_in_every_division() -> None:
    """Spaces, and digits, that a line break keeps from being a quantity: at every position this took minutes."""
    for text in ("$" + " " * 200_000 + "a\nb", "1" * 200_000 + "\nb", "1," + "111," * 50_000 + "\nb"):
        assert answer_forms.canonical(text, "number") is None
