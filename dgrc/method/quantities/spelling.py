"""One spelling of a value: full names of units, in lower case. A value flows in; text that reads as it flows out."""

from fractions import Fraction
from math import gcd

from dgrc.method.quantities.values import (
    NO_UNIT,
    Clock,
    Comparison,
    Compound,
    Date,
    Pair,
    Quantity,
    Range,
    Ratio,
    Schedule,
    Unit,
    Value,
)

_BOUNDS = {"<": "less than", "<=": "at most", ">": "more than", ">=": "at least"}
_LONGEST_DECIMALS, _PLAIN = 30, 15
SIDE_BY_SIDE = 20
"""From here on two numbers with a slash are a pair: 120/80, 20/40; below they are a fraction."""
_LARGEST_DENOMINATOR = 64
PRESSURE = (("gram", 1), ("meter", -1), ("second", -2))
MONTHS = "january february march april may june july august september october november december".split()


def spell(value: Value) -> str:
    """The canonical spelling; reading it gives the same value."""
    return " ".join((_bare(value), *value.tail)).strip()


def is_pair(above: Fraction, below: Fraction, unit: Unit) -> bool:
    """Whether two numbers with a slash between them stand side by side (120/80, 20/40, 160/800 mg, 10/20 mg).

    Else they are a fraction: 1/2, 3/4, 1/20, 45/100. With a unit a fraction is one in lowest terms; a pressure has none
    but those over one.
    """
    has_unit = bool(unit.name)
    if above.denominator > 1 or below.denominator > 1 or (unit.base == PRESSURE and above > 1):
        return True
    a, b = int(above), int(below)
    if a <= 1:
        return False
    hundredths = a < b and set(str(b).rstrip("0")) == {"1"} and a != SIDE_BY_SIDE and not has_unit
    if hundredths:
        return False
    return (a >= SIDE_BY_SIDE and b >= SIDE_BY_SIDE) or b > _LARGEST_DENOMINATOR or (has_unit and gcd(a, b) > 1)


def number(value: Fraction, unit: Unit = NO_UNIT) -> str:
    """A number that ends in decimals as such, large and small ones with a power of ten, others as a fraction: in
    brackets where it could be read as a pair, or as a part of its unit."""
    sign, value = ("-", -value) if value < 0 else ("", value)
    decimals = _decimals(value.denominator)
    if decimals is None:
        said = f"{value.numerator}/{value.denominator}"
        pair = is_pair(Fraction(value.numerator), Fraction(value.denominator), unit)
        return f"{sign}({said})" if pair or unit.name.startswith("/") else sign + said
    digits = str(value.numerator * 10**decimals // value.denominator).zfill(decimals + 1)
    if len(digits) - decimals <= _PLAIN and decimals <= _PLAIN:
        whole = len(digits) - decimals
        return sign + digits[:whole] + (f".{digits[whole:]}" if decimals else "")
    digits = digits.lstrip("0")
    significant = digits.rstrip("0") or "0"
    power = len(digits) - decimals - 1
    return f"{sign}{significant[0]}{'.' if significant[1:] else ''}{significant[1:]}e{power}"


def _decimals(denominator: int) -> int | None:
    """How many decimals a fraction has; None if they do not end, or not soon."""
    twos = (denominator & -denominator).bit_length() - 1
    rest, fives = denominator >> twos, 0
    while rest % 5 == 0 and fives <= 4 * _LONGEST_DECIMALS:
        rest, fives = rest // 5, fives + 1
    return max(twos, fives) if rest == 1 and max(twos, fives) <= 4 * _LONGEST_DECIMALS else None


def _bare(value: Value) -> str:
    match value:
        case Quantity():
            return _measure(number(value.value, value.unit), value.unit)
        case Range() if value.low.unit == value.high.unit:
            return f"{number(value.low.value, value.low.unit)} to {_bare(value.high)}"
        case Range():
            return f"{_bare(value.low)} to {_bare(value.high)}"
        case Comparison():
            return f"{_BOUNDS[value.sign]} {_bare(value.than)}"
        case Pair():
            return _pair(value)
        case Compound():
            return " and ".join(_bare(part) for part in value.parts)
        case Ratio():
            said = (number(part) for part in value.parts)
            return ":".join(f"({part.strip('()')})" if "/" in part else part for part in said)
        case Date():
            return _date(value)
        case Clock():
            return _clock(value)
        case Schedule():
            return ""


def _clock(value: Clock) -> str:
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}" + (f":{seconds:02d}" if seconds else "")


def _measure(said: str, unit: Unit) -> str:
    return f"{said}{'' if unit.name.startswith('/') else ' '}{unit.name}".strip()


def _pair(value: Pair) -> str:
    first, second = number(value.first.value), number(value.second.value)
    if value.first.unit != value.second.unit:
        return f"{_bare(value.first)} over {_bare(value.second)}"
    name = value.second.unit.name
    plain = is_pair(value.first.value, value.second.value, value.second.unit) and "/" not in first + second + name[:1]
    return _measure(f"{first}/{second}" if plain else f"{first} over {second}", value.second.unit)


def _date(value: Date) -> str:
    if value.year is None:
        return f"{MONTHS[(value.month or 1) - 1]} {value.day}"
    if value.month is None:
        return f"year {value.year}"
    return f"{value.year}-{value.month:02d}" + ("" if value.day is None else f"-{value.day:02d}")
