"""The Chinese problems' answers worked out a second time, from the numbers in their text and by other formulas."""

import calendar
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction

_DATE = re.compile(r"(\d+)年(\d+)月(\d+)日")
_CLOCK = re.compile(r"\d+:\d\d")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_NUMERALS = "〇一二三四五六七八九"
_DAY = timedelta(days=1)


def dates(text: str) -> list[date]:
    return [date(*map(int, found)) for found in _DATE.findall(text)]


def numbers(text: str) -> list[Fraction]:
    """Those that belong to no date and no clock time."""
    return [Fraction(found) for found in _NUMBER.findall(_CLOCK.sub("", _DATE.sub("", text)))]


def plain(value: Fraction) -> str:
    """The shortest decimal."""
    return f"{float(value):.10f}".rstrip("0").rstrip(".")


def written(when: date) -> str:
    return when.strftime("%Y年%-m月%-d日")


def corresponding(when: date, years: int) -> date:
    try:
        return when.replace(year=when.year + years)
    except ValueError:  # 29 February of a common year
        return when.replace(year=when.year + years, day=calendar.monthrange(when.year + years, when.month)[1])


def workday(start: date, count: int, *holidays: date) -> date:
    while count:
        start += _DAY
        count -= start.isoweekday() < 6 and start not in holidays
    return start


def days_between(first: date, last: date) -> int:
    count = 1
    while first < last:
        first, count = first + _DAY, count + 1
    return count


def _each(found: Iterator[Fraction] | list[Fraction], unit: str) -> str:
    return plain(sum(found, Fraction())) + unit


def _infusion_end(text: str) -> str:
    volume, drops, rate, _ = numbers(text)
    seconds = volume * 60 / (rate / drops)
    clock = _CLOCK.search(text)
    assert clock
    return f"{datetime.strptime(clock.group(), '%H:%M') + timedelta(seconds=int(seconds)):%-H:%M}"


def _taper(text: str) -> str:
    stages, first, less, days, _ = map(int, numbers(text))
    return f"{sum(first - less * (day // days) for day in range(stages * days))}毫克"


def _fluids(text: str) -> str:
    _, first, _, _, second, _, third, weight = map(int, numbers(text))
    return f"{sum(first if kg < 10 else second if kg < 20 else third for kg in range(weight))}毫升"


def _late_penalty(text: str) -> str:
    _, owed, days = map(int, numbers(text))
    rate = re.search("万分之(.)", text)
    assert rate
    return plain(owed * 10000 * Fraction(_NUMERALS.index(rate.group(1)) * days, 10000)) + "元"


def _suspended(text: str) -> str:
    _, demand, first, last = dates(text)
    end = corresponding(demand, int(numbers(text)[0]))
    while first <= last:
        first, end = first + _DAY, end + _DAY
    return written(end)


def _court_fee(text: str) -> str:
    limit, low, _, high, amount = (int(number) for number in numbers(text))
    return f"{(amount * high + limit * (low - high)) * 10000 // 100}元"


def _liability(text: str) -> str:
    loss, share = numbers(text)
    return plain(loss - loss * (100 - share) / 100) + "元"


def _drip(text: str) -> str:
    volume, minutes, drops = numbers(text)
    return plain(60 / (minutes * 60 / (volume * drops))) + "滴/分"


def _area(text: str) -> str:
    rate, area, strength = numbers(text)
    return plain(rate / strength * area) + "毫升"


def _course(text: str) -> str:
    dose, times, days = numbers(text)
    return _each([dose] * int(times * days), "片")


def _custody(text: str) -> str:
    _, credit, sentence, held = map(int, numbers(text))
    for _ in range(held):
        sentence -= credit
    return f"{sentence}日"


def _sentencing(text: str) -> str:
    years, up, down = numbers(text)
    return plain(years * 12 * (100 + up - down) / 100) + "个月"


def _installments(text: str) -> str:
    price, paid, parts = numbers(text)
    return plain(price / parts - paid / parts) + "元"


SECOND: dict[str, Callable[[str], str]] = {
    "medicine/zh/dose_by_weight": lambda text: _each([numbers(text)[0]] * int(numbers(text)[1]), "毫克"),
    "medicine/zh/daily_total": lambda text: _each([numbers(text)[0]] * int(numbers(text)[1]), "毫克"),
    "medicine/zh/volume": lambda text: plain(numbers(text)[1] * (1 / numbers(text)[0])) + "毫升",
    "medicine/zh/drip_rate": _drip,
    "medicine/zh/course_tablets": _course,
    "medicine/zh/split_dose": lambda text: plain(numbers(text)[0] / numbers(text)[1] * 1000) + "毫克",
    "medicine/zh/infusion_end": _infusion_end,
    "medicine/zh/taper": _taper,
    "medicine/zh/pump_rate": lambda text: plain(numbers(text)[0] / numbers(text)[1]) + "毫升/小时",
    "medicine/zh/surface_area": _area,
    "medicine/zh/fluids": _fluids,
    "law/zh/daily_fine": lambda text: _each([numbers(text)[1]] * int(numbers(text)[2]), "元"),
    "law/zh/liability_share": _liability,
    "law/zh/limitation": lambda text: written(corresponding(dates(text)[0], int(numbers(text)[0]))),
    "law/zh/business_days": lambda text: written(workday(dates(text)[0], int(numbers(text)[0]), dates(text)[1])),
    "law/zh/late_penalty": _late_penalty,
    "law/zh/custody_credit": _custody,
    "law/zh/limitation_suspended": _suspended,
    "law/zh/court_fee": _court_fee,
    "law/zh/appeal": lambda text: written(date.fromordinal(dates(text)[0].toordinal() + int(numbers(text)[0]))),
    "law/zh/installments": _installments,
    "law/zh/sentencing": _sentencing,
}
"""A template's answer from its text."""
