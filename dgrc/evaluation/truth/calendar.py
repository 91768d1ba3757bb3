"""Dates worked out. Tokens or a question of dates flow in; what is claimed of them, or the answer, flows out."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta

from dgrc.evaluation.truth.signs import Token

_DAYS = {"day": 1, "week": 7}
_SIGNS = {"after": 1, "from": 1, "before": -1}
_MONTHS = {"month": 1, "year": 12, "quarter_year": 3}


def later(start: date, count: int, unit: str) -> date | None:
    """The date so many days, weeks, months or years after another; the last day of a month that is too short."""
    if abs(count) > 100_000:
        return None
    try:
        if unit in _DAYS:
            return start + timedelta(days=count * _DAYS[unit])
        if unit not in _MONTHS:
            return None
        months = start.year * 12 + start.month - 1 + count * _MONTHS[unit]
        year, month = divmod(months, 12)
        return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))
    except (ValueError, OverflowError):
        return None


def claim(tokens: Sequence[Token], at: int) -> tuple[bool, Sequence[Token], int] | None:
    """Whether `date + span = date`, `date - date = days` or `span after date is date` holds.

    Returns also its tokens, and the place after it.
    """
    said = tokens[at : at + 5]
    if len(said) < 5 or said[3].kind != "relation":
        return None
    start, sign, by, relation, result = said
    if start.kind == "number" and by.day is not None and result.day is not None:
        return _counted(said, at)
    if start.day is None or sign.kind not in ("+", "-") or not relation.strong:
        return None
    if by.kind == "number" and result.day is not None and by.value.denominator == 1:
        end = later(start.day, int(by.value) * (1 if sign.kind == "+" else -1), by.unit.name)
        return None if end is None else (end == result.day, said, at + 5)
    if by.day is not None and sign.kind == "-" and result.kind == "number" and result.unit.name in ("day", ""):
        apart = (start.day - by.day).days
        return result.value in (apart, apart + 1), said, at + 5  # both ends may be counted
    return None


def _counted(said: Sequence[Token], at: int) -> tuple[bool, Sequence[Token], int] | None:
    """`45 days after 2021-12-26 is 2022-02-09`."""
    count, word, start, _, result = said
    sign = _SIGNS.get(word.text.lower())
    if sign is None or start.day is None or count.value.denominator > 1:
        return None
    end = later(start.day, sign * int(count.value), count.unit.name)
    return None if end is None else (end == result.day, said, at + 5)
