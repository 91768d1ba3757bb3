"""Units: pint knows every name of the table, its factors are exact, case tells, and no text ever reaches it."""

from fractions import Fraction

import pytest

from dgrc.method import quantities
from dgrc.method.quantities import units
from dgrc.method.quantities.units import table


def test_every_spelling_of_the_table_is_a_unit_and_its_name_reads_as_itself() -> None:
    assert len(table.EXACT) > 1000
    for name in {*table.EXACT.values()}:
        assert units.unit(name).factor > 0 and units.part(name).base is not None
        assert units.named(name) == name, "what is spelled out is read again"


@pytest.mark.parametrize(
    ("name", "factor", "base"),
    [
        ("inch", Fraction(254, 10000), (("meter", 1),)),  # NIST SP 811 B.8, exact
        ("pound", Fraction(45359237, 100000), (("gram", 1),)),  # exact
        ("acre", Fraction(40468564224, 10**7), (("meter", 2),)),  # 43,560 international square feet
        ("torr", Fraction(101325 * 1000, 760), (("gram", 1), ("meter", -1), ("second", -2))),  # 1/760 atm
        ("kilocalorie", Fraction(4184000), (("gram", 1), ("meter", 2), ("second", -2))),  # thermochemical
        ("microgram", Fraction(1, 10**6), (("gram", 1),)), ("year", Fraction(12), (("month", 1),)),
        ("milliequivalent", Fraction(1, 1000), (("equivalent", 1),)), ("cent", Fraction(1, 100), (("dollar", 1),)),
    ],
)  # fmt: skip
def test_factors_are_exact(name: str, factor: Fraction, base: tuple[tuple[str, int], ...]) -> None:
    found = units.unit("millimeter_hg" if name == "torr" else name)
    assert (found.factor, found.base) == (factor, base)


@pytest.mark.parametrize(
    ("name", "zero", "hundred"),
    [("degree_celsius", 0, 100), ("degree_fahrenheit", Fraction(-160, 9), Fraction(340, 9)),
     ("kelvin", Fraction(-27315, 100), Fraction(-17315, 100))],
)  # fmt: skip
def test_scales_of_temperature_have_their_zero(name: str, zero: Fraction, hundred: Fraction) -> None:
    scale = units.unit(name)
    assert [quantities.Quantity(Fraction(n), scale).amount for n in (0, 100)] == [zero, hundred]


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("mW", "milliwatt"), ("MW", "megawatt"), ("mw", None), ("mg", "milligram"), ("Mg", "megagram"), ("MG", None),
        ("KG", "kilogram"), ("Days", "day"), ("MSv", None), ("Ma", None), ("M", "molar"), ("m", "meter"), ("G", None),
        ("rd", None), ("units", "unit"), ("nit", None), ("st", None), ("ML", None), ("ml", "milliliter"),
        ("mcg", "microgram"), ("ug", "microgram"), ("Milligrams", "milligram"), ("MEQ", "milliequivalent"),
    ],
)  # fmt: skip
def test_case_counts_where_it_tells_units_apart(spelling: str, name: str | None) -> None:
    assert units.named(spelling) == name
