"""The grammar of an answer that is a measure. A text flows in; its value flows out, or None.

The whole text must be understood: a word that is in no table makes it no measure, so that nothing that was said is
dropped. Citations and ordinals (`3rd Circuit`, `12(b)(6)`, `Rule 23`) are no measures for that reason.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from dgrc.method.quantities import clock, dates, tails
from dgrc.method.quantities.measures import Read, number_at, read_sum
from dgrc.method.quantities.numerals import FIGURES, figures, measurable
from dgrc.method.quantities.spelling import spell
from dgrc.method.quantities.tokens import END, LONGEST, plain, tokens
from dgrc.method.quantities.units import unit
from dgrc.method.quantities.units.nouns import TIMES_OF
from dgrc.method.quantities.values import (
    PERCENT,
    Comparison,
    Compound,
    Pair,
    Quantity,
    Range,
    Ratio,
    Schedule,
    Value,
    quantities_of,
    with_tail,
)

_PLAIN = re.compile(rf"([+-]?)((?>{FIGURES}))")
_LEADS = {
    "": "about|approximately|approx|around|roughly|circa|ca|=|~|\u2248|exactly|precisely|only|just|a total of|"
    "in total|nearly|almost|for|estimated|equal to|equals|is|on average",
    "<": "<|less than|fewer than|under|below|smaller than|lower than|shorter than",
    "<=": "\u2264|<=|at most|no more than|not more than|up to|a maximum of|maximum of|maximum|max|not to exceed|within|"
    "no later than|not exceeding|no longer than|not longer than|no greater than|not greater than|the maximum of|"
    "less than or equal to|up to a maximum of|not over|no fewer or more than",
    ">": ">|more than|greater than|over|above|larger than|higher than|longer than|exceeding|exceeds|exceed|"
    "must exceed|in excess of",
    ">=": "\u2265|>=|at least|no less than|not less than|no fewer than|not fewer than|a minimum of|minimum of|minimum|"
    "min|greater than or equal to|at a minimum|not under|the minimum of|more than or equal to",
}  # fmt: skip
_SIGNS = {words: sign for sign, phrases in _LEADS.items() for words in phrases.split("|")}
_MOST_WORDS = 5
_BRIEF = 24
"""Shorter texts have no spelling that is too long to be read."""
_AFTER = {
    ">=": "or more|or greater|or older|or over|or above|and over|and above|and older|or longer|or higher|+|minimum|"
    "at least|and up|or larger|and more|at minimum|or later",
    "<=": "or less|or fewer|or under|or below|and under|and below|or younger|and younger|or shorter|or lower|maximum|"
    "max|at most|or smaller|or sooner|at maximum|and less",
}  # fmt: skip
_BOUNDS = {words: sign for sign, phrases in _AFTER.items() for words in phrases.split("|")}
_FIRST = frozenset(words.split()[0] for words in (*_SIGNS, *_BOUNDS))
_AGES = frozenset(("older", "younger"))
"""Bounds that say that years are an age."""
_TIMES = ((("second", 1),), (("month", 1),), (("business_day", 1),))
_TO = frozenset(("-", "to", "~", "through", "until"))
_OUT_OF = (("out", "of", "every"), ("in", "every"), ("out", "of"), ("in",), ("of", "every"), ("per",))


def read(text: str) -> Value | None:
    """The value that a text states as a whole, None if it states none."""
    match = _PLAIN.fullmatch(text)
    if match is not None:
        number = figures(match.group(2))
        return None if number is None else Quantity(-number if match.group(1) == "-" else number)
    found = tokens(text)
    if not found:
        return clock.clock(plain(text))  # noon
    value = dates.date(plain(text)) or clock.clock(plain(text)) or _whole(found)
    too_long = value is not None and len(text) > _BRIEF and len(spell(value)) > LONGEST
    return None if too_long else value


def _whole(said: list[str]) -> Value | None:
    sign, tail, at = "", list[str](), 0
    said = _bound_last(said)
    while (lead := _phrase(said, at, _SIGNS)) is not None:
        if lead[0] and sign:
            return None
        sign, at = lead[0] or sign, lead[1]
    if said[at].lower() in ("aged", "age"):
        tail, at = ["old"], at + 1 + (said[at + 1] == "of")
    elif (of := tails.of_what(said, at)) is not None:
        tail, at = [of[0]], of[1] + (said[of[1]] in ("for", "of"))
    found = _schedule(said, at) if not sign and not tail else None
    if found is not None:
        return found
    while (ahead := tails.tail(said, at)) is not None and said[ahead[1]]:  # IV 5 mg
        tail.append(ahead[0])
        at = ahead[1] + (said[ahead[1]] == ",")
    body = _body(said, at)
    if body is None:
        return None
    value, at = body
    return _finished(said, at, value, sign, tail)


def _bound_last(said: list[str]) -> list[str]:
    """`10 or fewer employees` as `10 employees or fewer`, `5+ years` as `5 years +`."""
    end = said.index(END)
    if "+" in said[1 : end - 1] and said[(at := said.index("+", 1)) + 1][0].isalpha():
        return [*said[:at], *said[at + 1 : end], "+", *said[end:]]
    for at in range(1, end - 2):
        if said[at] == "or" and said[at + 2] and number_at(said, at - 1) is not None:
            if (bound := _phrase(said, at, _BOUNDS)) is not None and said[bound[1]]:
                return [*said[:at], *said[bound[1] : end], *said[at : bound[1]], *said[end:]]
    return said


def _finished(said: list[str], at: int, value: Value, sign: str, tail: list[str]) -> Value | None:
    """With the bounds and tails that stand behind it, up to the end of the text."""
    while said[at]:
        if said[at] in (",", ";") and said[at + 1]:
            at += 1
        bound = _phrase(said, at, _BOUNDS)
        if bound is not None and not sign:
            tail += ["old"] if said[bound[1] - 1].lower() in _AGES and "old" not in tail else []
            sign, at = bound
        elif (found := tails.tail(said, at + (said[at] == "-" and said[at + 1] == "old"))) is not None:
            tail.append(found[0])
            at = found[1]
        else:
            return None
    if len({*tail}) != len(tail):
        return None
    if "old" in tail and isinstance(value, Quantity) and not value.unit.name:  # aged 12
        value = replace(value, unit=unit("year"))
    if not TIMES_OF.isdisjoint(tail) and not _is_time(value):
        return None
    if not all(measurable(part.value) for part in quantities_of(value)):
        return None
    if sign:
        if not isinstance(value, Quantity):
            return None
        value = Comparison(sign, value)
    return with_tail(value, tuple(tail))


def _is_time(value: Value) -> bool:
    match value:
        case Quantity(unit=unit_) | Range(low=Quantity(unit=unit_)):
            return unit_.base in _TIMES
        case Compound():
            return True
    return False


def _schedule(said: list[str], at: int) -> Schedule | None:
    """Nothing but tails, the first of them saying how often."""
    found: list[str] = []
    while said[at]:
        tail = tails.tail(said, at)
        if tail is None:
            return None
        found.append(tail[0])
        at = tail[1]
    often = found and (found[0][0].isdigit() or found[0].startswith("every "))
    return Schedule(tuple(sorted({*found}))) if often and len({*found}) == len(found) else None


def _body(said: list[str], at: int) -> tuple[Value, int] | None:
    """A ratio, a share, a range, or one measure."""
    if said[at].lower() in ("ph", "pka") and said[at + 1].lower() in ("between", "from"):
        said = [*said[:at], said[at + 1], said[at], *said[at + 2 :]]
    if said[at].lower() == "ratio" and said[at + 1] == "of":
        at += 2
    if (special := _ratio(said, at) or _share(said, at)) is not None:
        return special
    led = said[at].lower() in ("between", "from")
    first = read_sum(said, at + led)
    if first is None:
        return None
    value, read, past = first
    joins = said[past] in _TO or (led and said[past] == "and")
    second = read_sum(said, past + 1) if joins else None
    if second is not None and isinstance(value, Quantity) and isinstance(second[0], Quantity):
        ends = _range(value, read, second[0], second[1])
        return None if ends is None else (ends, second[2])
    if led:
        return None
    if said[past].lower() == "over" and isinstance(value, Quantity) and (pair := _beside(said, past + 1, value)):
        return pair
    return value, past


def _range(low: Quantity, read: Read, high: Quantity, second: Read) -> Range | None:
    """Both ends with the unit and the scale that stand behind the second: `$1-2 million`, `2 to 4 weeks`."""
    if second.scale != 1 and read.scale == 1 and (read.led or not read.unit.name) and read.number < second.number:
        low = replace(low, value=low.value * second.scale)
    if high.unit.name and (not low.unit.name or high.unit.name.startswith(f"{low.unit.name}/")):  # 5 mg to 10 mg/day
        low = replace(low, unit=high.unit)
    elif read.led and not high.unit.name:
        high = replace(high, unit=low.unit)
    if low.unit.base != high.unit.base or (low.unit.name and not high.unit.name) or low.amount >= high.amount:
        return None
    return Range(low, high)


def _beside(said: list[str], at: int, first: Quantity) -> tuple[Pair, int] | None:
    second = read_sum(said, at)
    if second is None or not isinstance(second[0], Quantity) or not first.unit.name:
        return None
    return None if second[0].unit.base == (("second", 1),) else (Pair(first, second[0]), second[2])


def _ratio(said: list[str], at: int) -> tuple[Ratio, int] | None:
    """`1:1000`, `3:2:1`; what may be a time of day (`10:30`) is none."""
    parts: list[Fraction] = []
    while (part := number_at(said, at)) is not None and part[0] > 0:
        parts.append(part[0])
        at = part[1]
        if said[at] != ":":
            break
        at += 1
    if len(parts) < 2 or said[at - 1] == ":":
        return None
    time = len(parts) == 2 and parts[0] != 1 and parts[0] < 24 and parts[1] < 60 and len(said[at - 1]) == 2
    return None if time else (Ratio(tuple(parts)), at)


def _share(said: list[str], at: int) -> tuple[Quantity, int] | None:
    """`1 in 4`, `3 out of 5`, `12 per 1,000`: a share, as percent; only where nothing else follows."""
    above = number_at(said, at)
    if above is None or said[above[1]].lower() not in ("in", "out", "of", "per"):
        return None
    for words in _OUT_OF:
        past = above[1] + len(words)
        if tuple(word.lower() for word in said[above[1] : past]) == words and said[past]:
            below = number_at(said, past)
            if below is not None and below[0] > 0 and 0 <= above[0] <= below[0] and not said[below[1]]:
                return Quantity(100 * above[0] / below[0], PERCENT), below[1]
            return None
    return None


def _phrase(said: Sequence[str], at: int, phrases: dict[str, str]) -> tuple[str, int] | None:
    if said[at].lower() not in _FIRST:
        return None
    for size in range(min(_MOST_WORDS, len(said) - 1 - at), 0, -1):
        words = " ".join(said[at : at + size]).lower()
        if words in phrases:
            return phrases[words], at + size
    return None


