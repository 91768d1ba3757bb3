"""Answers that are measures: numbers with units, ranges, bounds, ratios, pairs, dates. Text in, a typed value out.

The whole text must be understood, or it is no value. Two values are the same exactly, or within a tolerance: `same`.
A bare number gets a unit only from a question that says one: `resolved`. `spell` gives each value one spelling.

What is decided here, and may be decided otherwise elsewhere:
- 5 % is 0.05 and 1/20; "1 in 4" is 25 %; `1:4` is a ratio, equal to `2:8` and to no share.
- `120/80` is a pair, `1/2` a fraction (`spelling.is_pair` draws the line).
- A time of day is read where it cannot be a ratio (`14:30`), `1:20` only where a time is asked for.
- Years are months, days are hours, but no month has a fixed number of days. Calendar days are days, business days not.
- What stands behind a measure belongs to it: `5 mg IV` is not `5 mg`. "About" says nothing.
- `U` is a unit, which is no international unit (`IU`); mEq is no mmol.
- An equation says its last side; an answer that names its value (`dose = 5 mg`) says the value.
- A `$` alone is the US dollar's; `m` is a million with a currency and the metre elsewhere.
"""

import functools
import re
from collections.abc import Iterator, Sequence

from dgrc.method.quantities.asked import asks, is_asked, resolved
from dgrc.method.quantities.grammar import read
from dgrc.method.quantities.results import named_value, without_working
from dgrc.method.quantities.spelling import spell
from dgrc.method.quantities.tokens import plain
from dgrc.method.quantities.units import named
from dgrc.method.quantities.values import (
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
    key,
    magnitudes,
    same,
)

__all__ = [
    "Clock", "Comparison", "Compound", "Date", "Pair", "Quantity", "Range", "Ratio", "Schedule", "Unit", "Value",
    "asks", "fits", "groups", "measures_in", "parse", "plain", "resolved", "same", "spell", "units_in",
    "without_working",
]  # fmt: skip

_MEASURED = re.compile(r"(?<![\w.])[0-9][0-9.,]{0,40} ?([A-Za-z\u00b5\u03bc\u03a9\u00b0%]{1,30})")


_BEGINS = re.compile(r"(?<![A-Za-z0-9_.,-])[$\u20ac\u00a3\u00a5]?[0-9]")
_WORD_ENDS = re.compile(r"(?<=[\w%)])(?=[\s.,;:)\u3000-\u303f\uff00-\uff1f\u4e00-\u9fff]|$)")
_LONGEST_IN_PROSE = 40
_SHOWN = re.compile(r"([^()\n]{1,60}) \([0-9][^()\n=]{0,60} [\u00d7*/\u00f7] [0-9][^()\n=]{0,60}\)")
"""A measure with its working in brackets behind it: `1.5 mg (0.02 mg/kg \u00d7 75 kg)`."""


@functools.lru_cache(maxsize=4096)
def parse(text: str) -> Value | None:
    """The value that a text states as a whole, also as the result of the working that it shows; None if it states
    none, or anything beside it."""
    found = read(text)
    if found is None and text.endswith(")") and (shown := _SHOWN.fullmatch(text)):
        return read(shown.group(1))
    if found is not None or "=" not in text:
        return found
    said = without_working(text)
    found = read(said) if said != text else None
    return found if found is not None or (value := named_value(said)) is None else read(value)


def fits(text: str, question: str) -> bool:
    """Whether a text is a measure of the kind that a question asks for."""
    value = parse(text)
    return value is not None and is_asked(value, question)


def measures_in(text: str) -> Iterator[str]:
    """The measures that stand in prose, each the longest that is understood where a number begins."""
    past = 0
    for number in _BEGINS.finditer(text):
        if number.start() < past:
            continue
        ends = [word.end() for word in _WORD_ENDS.finditer(text, number.start(), number.start() + _LONGEST_IN_PROSE)]
        said = next((text[number.start() : end] for end in reversed(ends) if parse(text[number.start() : end])), None)
        if said is not None:
            past = number.start() + len(said)
            yield said


def groups(values: Sequence[Value], tolerance: float) -> list[list[int]]:
    """The places of values that are the same, together, whatever their order.

    Without a tolerance the groups are the classes of an equivalence. With one they are what single links make of it:
    two values further apart than the tolerance are in one group if others between them lead from one to the other.
    """
    classes: dict[tuple[object, object], list[int]] = {}
    for place, value in enumerate(values):
        classes.setdefault((key(value), magnitudes(value)), []).append(place)
    found: list[list[int]] = []
    for places in classes.values():
        linked = [group for group in found if tolerance and _linked(values, group, places[0], tolerance)]
        found = [group for group in found if group not in linked]
        found.append(sorted(place for group in [*linked, places] for place in group))
    return sorted(found)


def _linked(values: Sequence[Value], group: Sequence[int], place: int, tolerance: float) -> bool:
    return any(same(values[member], values[place], tolerance) for member in group)


def units_in(text: str) -> list[str]:
    """The units behind the numbers of a text, sorted: in prose, too, case tells 5 mW and 5 MW apart."""
    found = (named(word.replace("\u00b5", "\u03bc")) for word in _MEASURED.findall(text))
    return sorted(filter(None, found))
