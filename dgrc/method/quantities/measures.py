"""One measure: a number and its unit, or a sum of them. Tokens flow in; what was read flows out, with the place after
it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from dgrc.method.quantities.numerals import OF_MONEY, SCALES, figures, in_words, with_half
from dgrc.method.quantities.spelling import is_pair
from dgrc.method.quantities.units import named, unit
from dgrc.method.quantities.units.currencies import MONEY, SIGNS
from dgrc.method.quantities.units.expressions import unit_at
from dgrc.method.quantities.values import NO_UNIT, Compound, Pair, Quantity, Unit

_THOUSANDS = {"K": 1000, "k": 1000, "M": 10**6}
_IN_VOLUME = frozenset(("\u03bcL", "uL", "mcL", "mm3"))
_POWER_SIGNS = frozenset(("x", "X", "\u00d7", "*", "\u00b7"))
_TIME = (("second", 1),)
_BEFORE = frozenset(("ph", "pka"))
"""Units that stand before their number."""


@dataclass(frozen=True)
class Read:
    """What was read: `number` times `scale` of a unit, or over or beside `other`; `led`: the unit stood before it."""

    number: Fraction
    at: int
    unit: Unit = NO_UNIT
    scale: Fraction = Fraction(1)
    other: Fraction | None = None
    beside: bool = False
    led: bool = False

    @property
    def value(self) -> Quantity | Pair:
        """As a quantity, or a pair where two numbers stand side by side."""
        if self.other is None:
            return Quantity(self.number * self.scale, self.unit)
        first, second = Quantity(self.number, self.unit), Quantity(self.other, self.unit)
        if self.beside or is_pair(self.number, self.other, self.unit):
            return Pair(first, second)
        return Quantity(self.number / self.other * self.scale, self.unit)


def number_at(tokens: Sequence[str], at: int) -> tuple[Fraction, int] | None:
    """A number without sign and scale, in figures or words: `5`, `1 1/2`, `(1/3)`, `twenty-one`."""
    word = tokens[at]
    if word[:1].isdigit() or (word[:1] == "." and len(word) > 1):
        value = figures(word)
        if value is None:
            return None
        mixed = _fraction(tokens, at + 1)
        if mixed is not None and mixed[0] < 1 and value.denominator == 1:
            return value + mixed[0], mixed[1]
        return with_half(tokens, value, at + 1)
    if word == "(" and (inside := _fraction(tokens, at + 1)) and tokens[inside[1]] == ")":
        return inside[0], inside[1] + 1
    return in_words([each.lower() for each in tokens], at) if word.isalpha() else None


def read_one(tokens: Sequence[str], at: int) -> Read | None:
    """One number with its unit: `5 mg/kg`, `-$1.5 million`, `120/80 mmHg`, `4.5 x 10^9/L`, `pH 7.4`."""
    sign, at = _sign(tokens, at)
    money = tokens[at] if tokens[at] in SIGNS else None
    label = tokens[at].lower() if tokens[at].lower() in _BEFORE else None
    if money or label:
        at += 1 + (label is not None and tokens[at + 1] in ("of", "=", ":", "is"))
        at += tokens[at] == "$" and money != "$"  # USD $5
        second, at = _sign(tokens, at)
        sign *= second
    found = number_at(tokens, at) or _single(tokens, at, money)
    if found is None:
        return None
    past = _repeated(tokens, found)
    led = money is not None or label is not None
    read = _scaled(tokens, Read(sign * found[0], past, led=led), past - at == 1)
    if read is None:
        return None
    if label:
        return replace(read, unit=unit(label))
    start = unit(named(money) or money) if money else None
    return _with_unit(tokens, read, start)


def read_sum(tokens: Sequence[str], at: int) -> tuple[Quantity | Pair | Compound, Read, int] | None:
    """One measure or a sum of them in falling units: `2 years 6 months`, `6 ft 2 in`, `a year and a day`; with what its
    first part was read as."""
    first = read_one(tokens, at)
    if first is None:
        return None
    value, at = first.value, first.at
    if not isinstance(value, Quantity) or not first.unit.name:
        return value, first, at
    half, at = with_half(tokens, Fraction(0), at)  # a year and a half
    parts = [replace(value, value=value.value + half)]
    while (further := _further(tokens, at, parts[-1])) is not None:
        parts.append(further[0])
        at = further[1]
    return _summed(parts), first, at


def _repeated(tokens: Sequence[str], found: tuple[Fraction, int]) -> int:
    """The place after the same number again in brackets: `thirty (30) days`."""
    value, at = found
    again = number_at(tokens, at + 1) if tokens[at] == "(" else None
    return at if again is None or again[0] != value or tokens[again[1]] != ")" else again[1] + 1


def _sign(tokens: Sequence[str], at: int) -> tuple[int, int]:
    if tokens[at].lower() in ("-", "minus", "negative", "\u2212"):
        return -1, at + 1
    return 1, at + (tokens[at] == "+")


def _fraction(tokens: Sequence[str], at: int) -> tuple[Fraction, int] | None:
    if at + 2 < len(tokens) and tokens[at].isdecimal() and tokens[at + 1] == "/" and tokens[at + 2].isdecimal():
        above, below = figures(tokens[at]), figures(tokens[at + 2])
        if above is not None and below:
            return above / below, at + 3
    return None


def _single(tokens: Sequence[str], at: int, money: str | None) -> tuple[Fraction, int] | None:
    """`a week`, `an hour`: one of what follows."""
    if money is None and tokens[at].lower() in ("a", "an") and unit_at(tokens, at + 1) is not None:
        return Fraction(1), at + 1
    return None


def _scaled(tokens: Sequence[str], read: Read, is_figure: bool) -> Read | None:
    """With the scale words and powers of ten behind the number, or the number over or beside it."""
    at, scale = read.at, Fraction(1)
    while (word := tokens[at].lower()) in SCALES or (word == "a" and tokens[at + 1] in SCALES):
        scale, at = scale * SCALES.get(word, 1), at + 1
    if scale == 1 and tokens[at] in OF_MONEY and (read.led or named(tokens[at + 1]) in MONEY):
        scale, at = Fraction(OF_MONEY[tokens[at]]), at + 1
    if tokens[at] in _THOUSANDS and tokens[at + 1] == "/" and tokens[at + 2] in _IN_VOLUME:
        scale, at = scale * _THOUSANDS[tokens[at]], at + 1
    power = _power_of_ten(tokens, at, read.number)
    if power is not None:
        scale, at = scale * power[0], power[1]
    if scale == 1 and is_figure and tokens[at] in ("/", "over") and not read.led:
        other = figures(tokens[at + 1]) if tokens[at + 1][:1].isdigit() else None
        rate = tokens[at + 2] == "/" if tokens[at] == "/" else _is_time(tokens, at + 2)  # over 30 minutes
        if other is not None and not rate:
            return None if not other else replace(read, other=other, beside=tokens[at] == "over", at=at + 2)
    return replace(read, scale=scale, at=at)


def _is_time(tokens: Sequence[str], at: int) -> bool:
    found = unit_at(tokens, at) if tokens[at] else None
    return found is not None and found[0].base == _TIME


def _power_of_ten(tokens: Sequence[str], at: int, number: Fraction) -> tuple[Fraction, int] | None:
    """`x 10^9` behind a number; of a number that is 10 itself, `^9`."""
    if tokens[at] in _POWER_SIGNS and tokens[at + 1 : at + 3] == ["10", "^"]:
        at, more = at + 3, 0
    elif number == 10 and tokens[at] == "^":
        at, more = at + 1, -1
    else:
        return None
    sign = -1 if tokens[at] == "-" else 1
    at += tokens[at] in ("-", "+")
    if not tokens[at].isdecimal() or len(tokens[at]) > 2:
        return None
    return Fraction(10) ** (sign * int(tokens[at]) + more), at + 1


def _with_unit(tokens: Sequence[str], read: Read, start: Unit | None) -> Read | None:
    at = read.at
    if start is not None:
        again = unit_at(tokens, at)
        if again is not None and (again[0].name == start.name or again[0].name.endswith(f"_{start.name}")):
            return replace(read, unit=again[0], at=again[1])  # $5 dollars, $5 CAD
        found = unit_at(tokens, at, start)
        return replace(read, unit=start) if found is None else replace(read, unit=found[0], at=found[1])
    hyphen = tokens[at] == "-" and len(tokens[at + 1]) > 1 and tokens[at + 1].isalpha()  # no 10-K
    found = unit_at(tokens, at + hyphen)
    if found is None:
        return read
    past = found[1]
    if read.other is None and tokens[past] == "/" and found[0].base != _TIME:  # 875 mg/125 mg
        second = read_one(tokens, past + 1)
        if second is not None and second.other is None and second.unit == found[0]:
            return replace(read, unit=found[0], other=second.number * second.scale, beside=True, at=second.at)
    return replace(read, unit=found[0], at=past)


def _further(tokens: Sequence[str], at: int, before: Quantity) -> tuple[Quantity, int] | None:
    """The next part of a sum, if it is of a smaller unit of the same kind, or days after months."""
    if not tokens[at]:
        return None
    at += tokens[at] == ","
    at += tokens[at] in ("and", "&")
    if tokens[at].lower() in ("-", "minus", "+", "negative"):
        return None
    read = read_one(tokens, at)
    if read is not None and tokens[at - 1] == "'" and not read.unit.name and not tokens[read.at]:
        read = replace(read, unit=unit("inch"))  # 5'10
    if read is None or read.other is not None or not read.unit.name or read.unit.zero:
        return None
    alike = read.unit.base == before.unit.base and read.unit.factor < before.unit.factor
    days_after_months = before.unit.base == (("month", 1),) and read.unit.base == (("second", 1),)
    return (Quantity(read.number * read.scale, read.unit), read.at) if alike or days_after_months else None


def _summed(parts: list[Quantity]) -> Quantity | Compound:
    """In the smallest unit, those that can be added up as one."""
    sums: dict[tuple[tuple[str, int], ...], Quantity] = {}
    for part in parts:
        before = sums.get(part.unit.base)
        value = part.value if before is None else part.value + before.amount / part.unit.factor
        sums[part.unit.base] = Quantity(value, part.unit)
    return next(iter(sums.values())) if len(sums) == 1 else Compound(tuple(sums.values()))
