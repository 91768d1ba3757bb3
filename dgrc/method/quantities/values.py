"""What an answer that is a measure says, as values. Numbers and units flow in; when two values are the same flows out.

All numbers are exact fractions and so are the factors of units, so that equality needs no rounding and is an
equivalence: `key` says what can be compared at all, `magnitudes` the numbers in base units.
"""

from dataclasses import dataclass, replace
from fractions import Fraction

Powers = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Unit:
    """A unit by its full name, its size in base units (named with their powers), and a scale's zero in them."""

    name: str = ""
    factor: Fraction = Fraction(1)
    base: Powers = ()
    zero: Fraction = Fraction(0)


NO_UNIT = Unit()
PERCENT = Unit("percent", Fraction(1, 100))


@dataclass(frozen=True)
class Quantity:
    """One number with its unit, as written. `tail` is what else belongs to it: route, frequency, noun."""

    value: Fraction
    unit: Unit = NO_UNIT
    tail: tuple[str, ...] = ()

    @property
    def amount(self) -> Fraction:
        """In base units."""
        return self.value * self.unit.factor + self.unit.zero


@dataclass(frozen=True)
class Range:
    """From one quantity to another of the same kind."""

    low: Quantity
    high: Quantity
    tail: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """A bound: `sign` is one of `<`, `<=`, `>`, `>=`."""

    sign: str
    than: Quantity
    tail: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ratio:
    """Numbers held against each other, as `1:1000`; equal if they are so in lowest terms."""

    parts: tuple[Fraction, ...]
    tail: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pair:
    """Two quantities side by side, as a blood pressure: never divided."""

    first: Quantity
    second: Quantity
    tail: tuple[str, ...] = ()


@dataclass(frozen=True)
class Compound:
    """A sum of what cannot be added up, as a year and a day; what can be is one `Quantity`."""

    parts: tuple[Quantity, ...]
    tail: tuple[str, ...] = ()


@dataclass(frozen=True)
class Date:
    """A day, a month of a year, or a day of any year."""

    year: int | None
    month: int | None
    day: int | None
    tail: tuple[str, ...] = ()


@dataclass(frozen=True)
class Clock:
    """A time of day, in seconds since midnight."""

    seconds: int
    tail: tuple[str, ...] = ()


@dataclass(frozen=True)
class Schedule:
    """How often alone, as `twice daily`."""

    tail: tuple[str, ...]


Value = Quantity | Range | Comparison | Ratio | Pair | Compound | Date | Clock | Schedule
Key = tuple[object, ...]


def key(value: Value) -> Key:
    """What two values must have in common to be compared by their numbers: kind, base units and tail."""
    tail = tuple(sorted(value.tail))
    match value:
        case Quantity():
            return "quantity", value.unit.base, tail
        case Range():
            return "range", value.low.unit.base, tail
        case Comparison():
            return value.sign, value.than.unit.base, tail
        case Pair():
            return "pair", value.first.unit.base, value.second.unit.base, tail
        case Compound():
            return "compound", *(part.unit.base for part in _sorted(value)), tail
        case Ratio():
            return "ratio", len(value.parts), tail
        case Date():
            return "date", value.year, value.month, value.day, tail
        case Clock():
            return "clock", value.seconds, tail
        case Schedule():
            return "schedule", tail


def magnitudes(value: Value) -> tuple[Fraction, ...]:
    """The numbers of a value in base units; a ratio's in parts of its largest."""
    match value:
        case Quantity():
            return (value.amount,)
        case Range():
            return value.low.amount, value.high.amount
        case Comparison():
            return (value.than.amount,)
        case Pair():
            return value.first.amount, value.second.amount
        case Compound():
            return tuple(part.amount for part in _sorted(value))
        case Ratio():
            return tuple(part / max(value.parts) for part in value.parts)
        case Date() | Clock() | Schedule():
            return ()


def quantities_of(value: Value) -> tuple[Quantity, ...]:
    """The quantities that a value is made of, as written."""
    match value:
        case Quantity():
            return (value,)
        case Range():
            return value.low, value.high
        case Comparison():
            return (value.than,)
        case Pair():
            return value.first, value.second
        case Compound():
            return value.parts
        case Ratio():
            return tuple(Quantity(part) for part in value.parts)
        case Date() | Clock() | Schedule():
            return ()


def same(a: Value, b: Value, tolerance: float = 0.0) -> bool:
    """Whether two values are the same: exactly, or each of their numbers within a relative `tolerance`.

    Without a tolerance this is an equivalence. With one it is mutual but does not carry over (`blocks` says what then).
    """
    return key(a) == key(b) and close(magnitudes(a), magnitudes(b), tolerance)


def close(a: tuple[Fraction, ...], b: tuple[Fraction, ...], tolerance: float) -> bool:
    """Whether numbers are equal in turn, or differ by at most `tolerance` of the larger."""
    if a == b or not tolerance:
        return a == b
    return all(abs(x - y) <= Fraction(tolerance) * max(abs(x), abs(y)) for x, y in zip(a, b, strict=True))


def with_tail(value: Value, tail: tuple[str, ...]) -> Value:
    """The value with more that belongs to it."""
    return replace(value, tail=tuple(sorted({*value.tail, *tail}))) if tail else value


def _sorted(value: Compound) -> list[Quantity]:
    return sorted(value.parts, key=lambda part: part.unit.base)
