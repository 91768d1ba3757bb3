"""Dates worked out. Tokens or a question of dates flow in; what is claimed of them, or the answer, flows out."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta

from dgrc.evaluation.truth.signs import Token

_DAYS = {"day": 1, "week": 7}
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
    """Whether `date + span = date` or `date - date = days` holds, its tokens, and the place after it."""
    said = tokens[at : at + 5]
    if [t.kind for t in said[3:4]] != ["relation"] or len(said) < 5 or not said[3].strong:
        return None
    start, sign, by, _, result = said
    if start.day is None or sign.kind not in "+-":
        return None
    if by.kind == "number" and result.day is not None and by.value.denominator == 1:
        end = later(start.day, int(by.value) * (1 if sign.kind == "+" else -1), by.unit.name)
        return None if end is None else (end == result.day, said, at + 5)
    if by.day is not None and sign.kind == "-" and result.kind == "number" and result.unit.name in ("day", ""):
        apart = (start.day - by.day).days
        return result.value in (apart, apart + 1), said, at + 5  # both ends may be counted
    return None
