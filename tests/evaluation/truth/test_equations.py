"""Equations of chains: every text of the table counted as by hand, real replies, and texts made to be misread."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.evaluation.truth.equations import equations
from tests.evaluation.truth.tables import rows
from tests.paths import ROOT


def counted(text: str) -> tuple[int, int]:
    """How many equations a text states, and how many of them are wrong."""
    found = equations(text)
    return len(found), sum(not equation.right for equation in found)


@pytest.mark.parametrize("row", [row for name in ("chains.jsonl", "chains_fresh.jsonl") for row in rows(name)],
                         ids=lambda row: str(row["text"])[:40])  # fmt: skip
def test_a_chain_is_counted_as_by_hand(row: dict[str, Any]) -> None:
    assert counted(row["text"]) == (row["stated"] - row.get("missed", 0), row["wrong"])


REAL_AND_WRONG = {
    "22 + 20 - 12 = 48 / 4",
    "240,000 - ( 35% of 240,000 ) = 240,000 - 85,000",
    "30 - 1 is 21",
    "1.8 x 1.8 = 4.5",
    "( 86.7 kg ) / ( 1.70 m^2 ) ≈ 54.31",
}
"""Read one by one."""


def test_of_the_real_chains_those_that_miscalculate_are_called_wrong_and_no_others() -> None:
    lines = (ROOT / "tests/method/real_replies/chains.jsonl").read_text(encoding="utf-8").splitlines()
    found = {equation for line in lines for equation in equations(json.loads(line)["reply"])}
    assert {equation.text for equation in found if not equation.right} == REAL_AND_WRONG
    assert len(found) >= 17


@given(st.integers(2, 5000), st.integers(2, 5000), st.sampled_from(["×", "*", "x", "\\times", "times"]))
def test_a_product_holds_and_no_other_number_does(one: int, other: int, sign: str) -> None:
    assert counted(f"{one} {sign} {other} = {one * other}") == (1, 0)
    assert counted(f"The dose is {one} mg/kg {sign} {other:,} kg = **{one * other + 1:,} mg**.") == (1, 1)


@given(st.integers(1, 10_000), st.integers(2, 999), st.integers(1, 4))
def test_a_quotient_may_be_rounded_or_cut_to_the_digits_shown(one: int, other: int, digits: int) -> None:
    exact = one / other
    cut = int(exact * 10**digits) / 10**digits
    for shown in {f"{exact:.{digits}f}", f"{cut:.{digits}f}"} - {f"{0:.{digits}f}"}:
        assert counted(f"{one} / {other} = {shown}")[1] == 0
    assert counted(f"{one} / {other} = {exact + 2 / 10**digits:.{digits}f}") == (1, 1)


@given(st.text("0123456789+-*/=()., xX%$\\{}^_mgkhL×÷=≈是等于乘除&\n|", max_size=80))
def test_nothing_that_is_written_stops_the_reader(text: str) -> None:
    assert counted(text)[1] <= counted(text)[0]


def test_a_tower_of_powers_and_a_division_by_nothing_are_left_alone() -> None:
    assert counted("9^9^9^9^9 = 1, 5 / 0 = 5, 10^99 = 3, " + "(" * 500 + "1 + 1" + ")" * 500 + " = 3") == (0, 0)
