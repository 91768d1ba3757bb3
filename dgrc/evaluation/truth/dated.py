"""Questions of the calendar, answered. A question flows in; a date, a number of days, a weekday or yes or no flows out.

Only questions that are understood from end to end are answered. Business days, and spans of which it is not said
whether their first day counts, are not.
"""

import re
from calendar import isleap, monthrange
from collections.abc import Callable

from dgrc.evaluation.truth.calendar import later
from dgrc.evaluation.truth.signs import DATE, day_of, unit_of

_D = rf"({DATE.pattern})"
_N = r"([0-9]{1,5}) ?(?:calendar )?(days?|weeks?|months?|years?)"
_ZH_N = r"([0-9]{1,5}) ?(个?(?:自然)?[天日周月年]|个?星期)"
_WHAT = (
    r"(?:on )?(?:what|which) (?:is |would be |will be )?(?:the )?(?:calendar )?(?:date|day)"
    r"(?: (?:is|was|will be|comes|falls|would be|it is))?(?: exactly)? "
)
_ZH_WHICH = r"是(?:哪一?天|几月几[日号]|什么日期|哪个日期)"
_WEEKDAY = r"(?:what|which) (?:day of the week|weekday)"
_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_ZH_WEEKDAYS = "一二三四五六日"
_MONTHS = "january february march april may june july august september october november december".split()


def _after(match: re.Match[str]) -> str | None:
    count, unit, sign, day = match.groups()
    return _later(day, int(count) * (-1 if sign.lower().startswith(("before", "prior")) else 1), unit)


def _added(match: re.Match[str]) -> str | None:
    sign, count, unit, day = match.groups()
    return _later(day, int(count) * (1 if sign.lower() == "add" else -1), unit)


def _zh_after(match: re.Match[str]) -> str | None:
    day, sign, count, unit = match.groups()
    return _later(day, int(count) * (-1 if "前" in sign else 1), unit)


def _zh_after_last(match: re.Match[str]) -> str | None:
    day, count, unit, sign = match.groups()
    return _later(day, int(count) * (-1 if "前" in sign else 1), unit)


def _later(day: str, count: int, unit: str) -> str | None:
    start, of = day_of(day), unit_of(unit)
    end = None if start is None or of is None else later(start, count, of.name)
    return None if end is None else end.isoformat()


def _between(match: re.Match[str]) -> str | None:
    one, other = map(day_of, match.groups())
    return None if one is None or other is None else f"{abs((other - one).days)} days"


def _weekday(match: re.Match[str]) -> str | None:
    day = day_of(match.group(1))
    if day is None:
        return None
    return f"星期{_ZH_WEEKDAYS[day.weekday()]}" if "年" in match.group(1) else _WEEKDAYS[day.weekday()]


def _leap(match: re.Match[str]) -> str:
    return "yes" if isleap(int(match.group(1))) else "no"


def _month(match: re.Match[str]) -> str:
    return f"{monthrange(int(match.group(2)), _MONTHS.index(match.group(1).lower()) + 1)[1]} days"


def _zh_month(match: re.Match[str]) -> str | None:
    year, month = map(int, match.groups())
    return f"{monthrange(year, month)[1]} days" if 1 <= month <= 12 else None


_ANSWERED: tuple[tuple[str, Callable[[re.Match[str]], str | None]], ...] = (
    (rf"{_WHAT}{_N} (after|before|from|prior to|following) {_D}", _after),
    (rf"what is {_N} (after|before|from) {_D}", _after),
    (rf"(add|subtract) {_N} (?:to|from) {_D}", _added),
    (rf"{_D}(?:的|之)?(后|前)第?{_ZH_N}{_ZH_WHICH}", _zh_after),
    (rf"{_D}(?:之)?(后|前)的?第{_ZH_N}{_ZH_WHICH}", _zh_after),
    (rf"{_D}(?:起|的|过)?{_ZH_N}(?:之|以)?(后|前)的?(?:日期)?{_ZH_WHICH}", _zh_after_last),
    (rf"how many (?:calendar )?days (?:are there |are |lie |passed |elapsed )?(?:between|from) {_D} (?:and|to|until) "
     rf"{_D}", _between),
    (rf"what is the number of (?:calendar )?days between {_D} and {_D}", _between),
    (rf"{_D}(?:和|与|到|至){_D}(?:之间)?(?:相差|间隔|相隔)(?:多少|几)天", _between),
    (rf"{_WEEKDAY} (?:is|was|does|did|will be|would be) {_D}(?: (?:be|fall on|on))?", _weekday),
    (rf"on {_WEEKDAY} (?:is|was|does|did) {_D}(?: fall)?", _weekday),
    (rf"{_D}是(?:星期|周|礼拜)几", _weekday),
    (r"(?:is|was) (?:the year )?([12][0-9]{3}) a leap year", _leap),
    (r"([12][0-9]{3})年是闰年吗", _leap),
    (r"([12][0-9]{3})年是不是闰年", _leap),
    (rf"how many days (?:are there |are |were |does |did |has )?(?:in )?({'|'.join(_MONTHS)}),? (?:of )?"
     r"([12][0-9]{3})(?: have)?", _month),
    (r"([12][0-9]{3})年([0-9]{1,2})月(?:一共|共)?有(?:多少|几)天", _zh_month),
)  # fmt: skip
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), work_out) for pattern, work_out in _ANSWERED)


def answer(question: str) -> str | None:
    """The answer to a question of the calendar; None if it is none, or not understood."""
    said = re.sub(r"[\s?.？。]+\Z", "", " ".join(question.split()))
    for pattern, work_out in _PATTERNS:
        if (match := pattern.fullmatch(said)) is not None:
            return work_out(match)
    return None
