"""Measures in other languages have the value that their reader gives them, and what may be two things has none."""

import pytest

from dgrc.method import quantities

ALIKE = [
    ("zwei Wochen", "14 days"), ("cinq ans", "60 months"), ("quince días", "15 days"), ("trenta giorni", "30 days"),
    ("seis meses", "6 months"), ("twee weken", "2 weeks"), ("eine halbe Tablette", "half a tablet"),
    ("2 bis 4 Wochen", "2-4 weeks"), ("1,5 mg", "1.5 mg"), ("0,125 mg", "125 mcg"), ("12,5 %", "12.5 %"),
    ("1.200 €", "1200 euros"), ("€1.200,50", "1200.50 euros"), ("5,000 mg", "5 g"), ("1.599 €/L", "1.599 euros per L"),
    ("1.5 mg (0.02 mg/kg × 75 kg)", "1.5 mg"),
]  # fmt: skip
NONE = ["1,5", "1,25 dihydroxyvitamin D", "drei Werktage", "10 ans et demi", "2, 3 mg", "1.5 mg (oral)"]


@pytest.mark.parametrize(("one", "two"), ALIKE)
def test_a_measure_in_another_language_has_the_same_value(one: str, two: str) -> None:
    a, b = quantities.parse(one), quantities.parse(two)
    assert a is not None and b is not None and quantities.same(a, b)


@pytest.mark.parametrize("text", NONE)
def test_what_may_be_two_things_is_no_measure(text: str) -> None:
    assert quantities.parse(text) is None


def test_a_decimal_comma_is_no_thousand() -> None:
    a, b = quantities.parse("0,125 mg"), quantities.parse("125 mg")
    assert a is not None and b is not None and not quantities.same(a, b)
