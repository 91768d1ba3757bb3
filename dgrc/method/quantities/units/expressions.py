"""Products and quotients of units. Tokens flow in; one unit flows out, with the place after it.

`mg/kg/day`, `mg per kg per day`, `mg kg^-1 day^-1` and `mg/(kg*day)` are one unit. A number below the line belongs to
the unit (`10 mg/5 mL`, `mL/min/1.73 m2`), unless what it measures is what stands above (`875 mg/125 mg` is a pair).
"""

from collections.abc import Sequence
from fractions import Fraction

from dgrc.method.quantities import units
from dgrc.method.quantities.numerals import SCALES, figures, in_words
from dgrc.method.quantities.units.table import FIRST_WORDS
from dgrc.method.quantities.values import Unit

_RAISED = {"square": 2, "sq": 2, "cubic": 3, "cu": 3}
_RAISED_AFTER = {"squared": 2, "cubed": 3}
_TIMES = frozenset(("\u00b7", "*"))
_EACH = frozenset(("a", "an", "each", "every"))
_SHARES = frozenset((("per", "cent"), ("per", "mille")))
_LONGEST = 4
_TIME, _CALENDAR = (("second", 1),), (("month", 1),)
Parts = list[tuple[Unit, int]]


def unit_at(tokens: Sequence[str], at: int, start: Unit | None = None) -> tuple[Unit, int] | None:
    """The unit that stands at a place, and the place after it; `start` is one that stood before the number ($)."""
    above: Parts = [] if start is None else [(start, 1)]
    below: Parts = []
    if start is None and (tokens[at] not in ("/", "per") or (tokens[at], tokens[at + 1]) in _SHARES):
        first = _factor(tokens, at)
        if first is None:
            return None
        name, part, power, at = first
        (above if power > 0 else below).append((part, abs(power)))
        at = _times(tokens, at, above, below)
        if len(above) == 1 and power == 1 and not below and not _divides(tokens, at):
            return units.unit(name), at
    past = _divided(tokens, at, above, below)
    if past is None or not (above or below):
        return None
    if start is not None and not below:
        return start, at
    name = "*".join(_spelled(each) for each in above) + "".join(f"/{_spelled(each)}" for each in below)
    return units.product([*above, *((each, -power) for each, power in below)], name), past


def word_at(tokens: Sequence[str], at: int) -> tuple[str, int] | None:
    """The full name of the longest single unit at a place, and the place after it."""
    if not tokens[at]:
        return None
    if tokens[at].casefold() in FIRST_WORDS:
        for size in range(min(_LONGEST, len(tokens) - 1 - at), 1, -1):
            if (name := units.named(" ".join(tokens[at : at + size]))) is not None:
                return name, at + size
    name = units.named(tokens[at])
    return None if name is None else (name, at + 1)


def _factor(tokens: Sequence[str], at: int) -> tuple[str, Unit, int, int] | None:
    """Name, unit and power of what stands at a place, and the place after it."""
    power = _RAISED.get(tokens[at].lower(), 1)
    at += power > 1
    found = word_at(tokens, at)
    if found is None:
        if not tokens[at][1:].isascii() or tokens[at][-1:] not in ("2", "3"):
            return None
        name = units.named(tokens[at][:-1])  # m2
        return None if name is None else (name, units.part(name), int(tokens[at][-1]), at + 1)
    name, at = found
    if tokens[at] == "^":
        sign = -1 if tokens[at + 1] == "-" else 1
        past = at + 1 + (tokens[at + 1] in ("-", "+"))
        if not (tokens[past].isdecimal() and 0 < int(tokens[past]) < 10):
            return None
        power, at = sign * int(tokens[past]), past + 1
    elif tokens[at].lower() in _RAISED_AFTER:
        power, at = _RAISED_AFTER[tokens[at].lower()], at + 1
    return name, units.part(name), power, at


def _times(tokens: Sequence[str], at: int, above: Parts, below: Parts) -> int:
    """Takes in further factors above the line: after a sign, or of negative powers."""
    while True:
        signed = tokens[at] in _TIMES
        found = _factor(tokens, at + signed) if signed or tokens[at][:1].isalpha() else None
        if found is None or (not signed and found[2] > 0):
            return at
        _, part, power, at = found
        (above if power > 0 else below).append((part, abs(power)))


def _divides(tokens: Sequence[str], at: int) -> bool:
    return tokens[at] in ("/", "per") or (tokens[at] in _EACH and _is_time(tokens, at + 1))


def _is_time(tokens: Sequence[str], at: int) -> bool:
    found = word_at(tokens, at)
    return found is not None and units.part(found[0]).base in (_TIME, _CALENDAR)


def _divided(tokens: Sequence[str], at: int, above: Parts, below: Parts) -> int | None:
    """Takes in what stands below the line; None if there is a line and no unit below it."""
    while _divides(tokens, at):
        past = _below(tokens, at + 1, above, below)
        if past is None:
            return at if above or below else None
        at = past
    return at


def _below(tokens: Sequence[str], at: int, above: Parts, below: Parts) -> int | None:
    if tokens[at] == "(":
        inside: Parts = []
        first = _factor(tokens, at + 1)
        if first is None or first[2] < 0:
            return None
        inside.append((first[1], first[2]))
        past = _times(tokens, first[3], inside, [])
        if tokens[past] != ")":
            return None
        below += inside
        return past + 1
    count, at = _count(tokens, at) if above else (Fraction(1), at)
    found = _factor(tokens, at)
    if found is None or found[2] < 0 or not count:
        return None
    _, part, power, at = found
    if count != 1:
        if [part.base] == [each.base for each, _ in above]:
            return None
        part, power = _counted(count, part, power), 1
    below.append((part, power))
    return at


def _count(tokens: Sequence[str], at: int) -> tuple[Fraction, int]:
    count = figures(tokens[at]) if tokens[at][:1].isdigit() else None
    if count is None:
        return in_words(tokens, at) or (Fraction(1), at)
    scale = SCALES.get(tokens[at + 1].lower())
    return (count * scale, at + 2) if scale else (count, at + 1)


def _counted(count: Fraction, part: Unit, power: int) -> Unit:
    raised = units.product([(part, power)])
    number = f"{count.numerator}" if count.denominator == 1 else f"{float(count):.12g}"
    return Unit(f"{number} {_spelled((part, power))}", raised.factor * count, raised.base)


def _spelled(part: tuple[Unit, int]) -> str:
    return part[0].name + (f"^{part[1]}" if part[1] > 1 else "")
