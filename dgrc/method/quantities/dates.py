"""Dates in their usual forms. A text flows in; a `Date` flows out, or None: `03/04/2021` is two days, so it is none."""

import re
from datetime import date as day_of

from dgrc.method.quantities import chinese
from dgrc.method.quantities.values import Date

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
         "september sept sep", "october oct", "november nov", "december dec"), 1,
    )
    for name in names.split()
}  # fmt: skip
_NAME = "|".join(sorted(_MONTHS, key=len, reverse=True))
_WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,? )?(?:on )?"
_DAY = r"([0-9]{1,2})(?:st|nd|rd|th)?"
_YEAR = r"([12][0-9]{3})"
_DAY_FIRST = re.compile(rf"{_WEEKDAY}(?:the )?{_DAY}[ -]?(?:of )?({_NAME})\.?(?:[ ,-]{{1,2}}{_YEAR})?")
_MONTH_FIRST = re.compile(rf"{_WEEKDAY}({_NAME})\.? {_DAY}(?:(?:, ?| ){_YEAR})?")
_MONTH_YEAR = re.compile(rf"({_NAME})\.?,? (?:of )?{_YEAR}")
_YEAR_FIRST = re.compile(rf"{_YEAR}([-/.])([0-9]{{1,2}})(?:\2([0-9]{{1,2}}))?")
_YEAR_LAST = re.compile(rf"([0-9]{{1,2}})([/.-])([0-9]{{1,2}})\2{_YEAR}")
_YEAR_ALONE = re.compile(rf"(?:in the year|the year|in|year|ad) {_YEAR}|{_YEAR} (?:ad|ce|c\.e|a\.d)")
_NAMED = re.compile(rf"\b(?:{_NAME})\b")
LONGEST = 48


def date(text: str) -> Date | None:
    """The date that a text is as a whole."""
    if len(text) > LONGEST or not ("年" in text or "月" in text or any(map(str.isdecimal, text))):
        return None
    if "年" in text or "月" in text:
        return _chinese(text)
    said = text.lower()
    if _NAMED.search(said):
        return _with_name(said)
    if match := _YEAR_ALONE.fullmatch(said):
        return _checked(match.group(1) or match.group(2), None, None)
    if match := _YEAR_FIRST.fullmatch(said):
        year, mark, month, day = match.groups()
        return _checked(year, month, day) if day or (mark == "-" and len(month) == 2) else None
    if match := _YEAR_LAST.fullmatch(said):
        first, _, second, year = match.groups()
        if int(first) > 12 or int(second) > 12 or first == second:  # else it is one day here and another there
            return _checked(year, *((second, first) if int(first) > 12 else (first, second)))
    return None


def _with_name(said: str) -> Date | None:
    if match := _MONTH_FIRST.fullmatch(said):
        name, day, year = match.groups()
    elif match := _DAY_FIRST.fullmatch(said):
        day, name, year = match.groups()
    elif match := _MONTH_YEAR.fullmatch(said):
        name, year = match.groups()
        day = None
    else:
        return None
    return _checked(year, str(_MONTHS[name]), day)


def _chinese(text: str) -> Date | None:
    said = chinese.figures(text.replace(" ", ""))
    match = chinese.DAY.fullmatch(said)
    if match is None or not (match.group(1) or match.group(3)):
        return None
    return _checked(*match.groups())


def _checked(year: str | None, month: str | None, day: str | None) -> Date | None:
    """The date, if there is such a day."""
    y, m, d = (None if part is None else int(part) for part in (year, month, day))
    try:
        day_of(2000 if y is None else y, 1 if m is None else m, 1 if d is None else d)
    except ValueError:
        return None
    return Date(y, m, d)
