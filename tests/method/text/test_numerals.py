"""Chinese numerals by their units: what is said is what is meant."""

import pytest

from dgrc.method.text.numerals import by_units


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("十", 10), ("十五", 15), ("二十", 20), ("一百零五", 105), ("三百一十二", 312), ("一万二千", 12_000),
        ("两亿零三万", 200_030_000), ("一亿二千万", 120_000_000), ("三万亿", 3 * 10**12), ("一亿亿", 10**16),
        ("贰拾萬", 200_000), ("零", 0),
    ],
)  # fmt: skip
def test_numerals_by_their_units(said: str, number: int) -> None:
    assert by_units(said) == number
