"""Times of day in their usual forms. A text flows in; a `Clock` flows out, or None.

`14:30`, `2:30 PM`, `1430 hours` and `14时30分` are one time. `1:20` may be a ratio as well: it is a time only where the
question asks for one (`asked.resolved`), as `01:20` always is.
"""

import re

from dgrc.method.quantities import chinese
from dgrc.method.quantities.values import Clock, Ratio

LONGEST = 40
_MAY_BE = re.compile(r":|[mh]\.?(?![A-Za-z])|noon|night|clock|hours|hrs|next|[时点時點]", re.IGNORECASE)
_HALF = r"(?:\s*(a\.?m|p\.?m|noon|midnight)\.?)?"
_LATER = r"(?:,?\s*(?:on\s+)?(the next day|next day|the following day|the same day|same day))?"
_FIGURES = re.compile(rf"(?:at )?([0-9]{{1,2}}):([0-9]{{2}})(?::([0-9]{{2}}))?{_HALF}{_LATER}", re.IGNORECASE)
_HOUR = re.compile(rf"(?:at )?([0-9]{{1,2}})\s*(?:(a\.?m|p\.?m)\.?|o'?clock{_HALF}){_LATER}", re.IGNORECASE)
_HOURS = re.compile(r"(?:at )?([0-2][0-9])([0-5][0-9])\s*(?:hours|hrs|h)", re.IGNORECASE)
_NAMED = re.compile(rf"(?:at )?(?:12 )?(noon|midnight){_LATER}", re.IGNORECASE)
_CHINESE = re.compile(
    r"(次日|第二天|当日|当天)?(上午|早上|早晨|凌晨|清晨|中午|下午|傍晚|晚上|夜间)?([0-9]{1,2})(?:[时点]|:)(?:([0-9]{1,2})分?|(半)|整)?"
)
_AFTERNOON = frozenset("下午 傍晚 晚上 夜间".split())
_NEXT_DAY = frozenset(("the next day", "next day", "the following day", "次日", "第二天"))


def clock(text: str) -> Clock | None:
    """The time of day that a text is as a whole."""
    if len(text) > LONGEST or _MAY_BE.search(text) is None:
        return None
    said = text.strip()
    if match := _FIGURES.fullmatch(said):
        hour, minute, second, half, later = match.groups()
        certain = half or second or hour != "1"
        return _checked(hour, minute, second, half, later) if certain else None
    if match := _HOUR.fullmatch(said):
        hour, half, other, later = match.groups()
        return _checked(hour, None, None, half or other, later)
    if match := _HOURS.fullmatch(said):
        return _checked(match.group(1), match.group(2), None, None, None)
    if match := _NAMED.fullmatch(said):
        return _checked("12", None, None, match.group(1), match.group(2))
    return _chinese(said) if any(sign in said for sign in "时点時點午晚早凌次第当當夜") else None


def of_ratio(value: Ratio) -> Clock | None:
    """The time of day that `1:20` is where a time is asked for."""
    if len(value.parts) != 2 or any(part.denominator != 1 for part in value.parts):
        return None
    hour, minute = map(int, value.parts)
    return Clock(hour * 3600 + minute * 60, value.tail) if hour < 24 and minute < 60 else None


def _chinese(text: str) -> Clock | None:
    match = _CHINESE.fullmatch(chinese.figures(text.replace(" ", "")))
    if match is None:
        return None
    day, part, hour, minute, half = match.groups()
    said = "pm" if part in _AFTERNOON and int(hour) <= 12 else ""
    if part == "中午" and int(hour) in (1, 2):
        said = "pm"
    return _checked(hour, "30" if half else minute, None, said or None, day)


def _checked(hour: str, minute: str | None, second: str | None, half: str | None, later: str | None) -> Clock | None:
    """The time, if there is such a one: 13 PM is none."""
    h, m, s = int(hour), int(minute or 0), int(second or 0)
    half = (half or "").lower().replace(".", "")
    if half in ("noon", "midnight"):
        if h != 12 or m or s:
            return None
        half = "pm" if half == "noon" else "am"
    if half:
        if not 1 <= h <= 12:
            return None
        h = h % 12 + 12 * (half == "pm")
    if h > 23 or m > 59 or s > 59:
        return None
    return Clock(h * 3600 + m * 60 + s, ("next day",) if (later or "").lower() in _NEXT_DAY else ())
