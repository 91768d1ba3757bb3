"""What a test reads in a question: its numbers, dates and times, and answers worked out from them in another way.

The formulas here know the templates' wording only by the order of its numbers, and share no code with the templates.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_CLOCK = re.compile(r"\b(\d\d):(\d\d)\b")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SAID = re.compile(r"24-hour clock|YYYY-MM-DD|HH:MM")
NAMES = re.compile(
    r"Velanol|Torvane|Brimidol|Castrivan|Meloxane|Pernavil|Sufetrin|Oradexin|"
    r"(?:Ms|Mr) (?:Alder|Birch|Cole|Dunn|Evans|Frost|Grant|Hale)"
)
ORDINALS = {"third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7}
SHARES = {
    "half": 2, "third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10, "thirtieth": 30,
}  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """The numbers (without those of dates and times), dates and minutes since midnight in a text, in order."""

    text: str
    n: list[Fraction]
    days: list[date]
    minutes: list[int]

    @property
    def share(self) -> int:
        """3 for `a third`."""
        return next(parts for word, parts in SHARES.items() if word in self.text)


def read(text: str) -> Reading:
    days = [date.fromisoformat(found) for found in _DATE.findall(text)]
    rest = _SAID.sub("", _DATE.sub("", text))
    minutes = [int(hours) * 60 + int(more) for hours, more in _CLOCK.findall(rest)]
    return Reading(text, [Fraction(found) for found in _NUMBER.findall(_CLOCK.sub("", rest))], days, minutes)


def skeleton(text: str) -> str:
    """The text without what its numbers decide."""
    text = NAMES.sub("NAME", re.sub(r"\d+(?:[.:-]\d+)*", "0", text))
    text = re.sub(r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, 0", "DAY, 0", text)
    text = re.sub(r"\ban? (?:third|quarter|fifth|sixth|eighth|tenth) of a sentence", "SHARE of a sentence", text)
    text = re.sub(r"\b(?:third|fourth|fifth|sixth|seventh) injection", "NTH injection", text)
    return re.sub(r"A parent of (?:one child|two children|three children)", "A parent of CHILDREN", text)


def walk(day: date, number: int, holidays: tuple[date, ...] = ()) -> date:
    """So many business days later, day by day."""
    while number:
        day += timedelta(1)
        if day.isoweekday() not in (6, 7) and day not in holidays:
            number -= 1
    return day


def later(day: date, months: int) -> date:
    """The same day of a later month, by trying its number, then the ones before it."""
    month = day.month - 1 + months
    for number in range(day.day, 27, -1):
        try:
            return date(day.year + month // 12, month % 12 + 1, number)
        except ValueError:
            continue
    return date(day.year + month // 12, month % 12 + 1, day.day)


def birthdays(born: date, day: date) -> int:
    """How many birthdays there were, counted one by one."""
    return sum(date(year, born.month, born.day) <= day for year in range(born.year + 1, day.year + 1))


def _support(r: Reading) -> Fraction:
    place = ("one child", "two children", "three children").index(re.findall(r"A parent of (\w+ \w+)", r.text)[0])
    return r.n[place] / 100 * r.n[3] * r.n[4]


def _vials(r: Reading) -> int:
    patients, each, size, days = map(int, r.n)
    boxes = 0
    while boxes * size < patients * each * days:
        boxes += 1
    return boxes


def _syrup(r: Reading) -> int:
    volume, times, days, bottle, price = map(int, r.n)
    left, paid = volume * times * days, 0
    while left > 0:
        left, paid = left - bottle, paid + price
    return paid


def _kidneys(r: Reading) -> Fraction:
    rate, times, limit, weight, clearance, days = r.n
    return rate * times * weight * days * (Fraction(1, 2) if clearance < limit else 1)


def _monday(r: Reading) -> date:
    end = r.days[0] + timedelta(int(r.n[0]))
    return next(day for day in (end + timedelta(more) for more in range(3)) if day.isoweekday() < 6)


Answer = Fraction | int | date | str
FORMULAS: dict[str, tuple[str, Callable[[Reading], Answer]]] = {
    "medicine/en/single_dose": ("mg", lambda r: r.n[0] * r.n[1]),
    "medicine/en/syrup_volume": ("mL", lambda r: r.n[1] / r.n[0]),
    "medicine/en/powder_in_mg": ("mg", lambda r: r.n[0] * 1000),
    "medicine/en/tablets_at_once": ("mg", lambda r: r.n[0] * r.n[1]),
    "medicine/en/dose_by_weight": ("mg", lambda r: r.n[0] * r.n[1] * r.n[2]),
    "medicine/en/weight_in_pounds": ("mcg", lambda r: r.n[0] / r.n[1] * r.n[3]),
    "medicine/en/tablets_for_a_course": ("tablets", lambda r: r.n[0] * r.n[1] * r.n[2]),
    "medicine/en/tablets_by_weight": ("tablets", lambda r: r.n[0] * r.n[2] / r.n[1]),
    "medicine/en/divided_dose": ("mg", lambda r: r.n[0] * r.n[2] / r.n[1]),
    "medicine/en/weak_kidneys": ("mg", _kidneys),
    "medicine/en/highest_dose": ("g", lambda r: min(r.n[0] * r.n[2], r.n[1]) * r.n[3] * r.n[4] / 1000),
    "medicine/en/pounds_to_bottle": ("mL", lambda r: r.n[0] / r.n[1] * r.n[3] * r.n[4] / r.n[5]),
    "medicine/en/steady_drip": ("mL per hour", lambda r: r.n[0] / r.n[1]),
    "medicine/en/percent_solution": ("mg", lambda r: r.n[0] * r.n[1] * 10),
    "medicine/en/still_to_drink": ("mL", lambda r: r.n[0] * 1000 - r.n[1]),
    "medicine/en/end_of_a_drip": ("", lambda r: _at(r.minutes[0] + r.n[0] / r.n[1] * 60)),
    "medicine/en/drops_a_minute": ("drops per minute", lambda r: r.n[0] * r.n[2] / (r.n[1] * 60)),
    "medicine/en/pump_in_mg": ("mg per hour", lambda r: r.n[0] * r.n[1] * 6 / 100),
    "medicine/en/fluid_balance": ("mL", lambda r: r.n[0] - r.n[2] + r.n[1] - r.n[3]),
    "medicine/en/vials_for_a_ward": ("boxes", _vials),
    "medicine/en/cost_of_a_syrup": ("dollars", _syrup),
    "medicine/en/oxygen_bottle": ("minutes", lambda r: r.n[0] / r.n[1]),
    "medicine/en/tapering": ("mg", lambda r: r.n[0] - r.n[1] * r.n[2]),
    "medicine/en/thinned_ampoule": ("mg", lambda r: r.n[0] / r.n[2] * r.n[1]),
    "medicine/en/empty_bottle": ("", lambda r: r.days[0] + timedelta(int(r.n[1] / r.n[0])) - timedelta(1)),
    "medicine/en/next_injection": (
        "",
        lambda r: _at(r.minutes[0] + 60 * r.n[0] * (ORDINALS[re.findall(r"the (\w+) injection", r.text)[0]] - 1)),
    ),
    "medicine/en/burn": ("mL per hour", lambda r: r.n[0] * r.n[2] * r.n[3] / 16),
    "medicine/en/units_before_a_meal": ("units", lambda r: r.n[6] / r.n[1] + (r.n[5] - r.n[4]) / r.n[3]),
    "law/en/daily_fine": ("dollars", lambda r: r.n[0] * r.n[1]),
    "law/en/lost_wages": ("dollars", lambda r: r.n[0] * r.n[1]),
    "law/en/shared_settlement": ("dollars", lambda r: r.n[0] / r.n[1]),
    "law/en/own_fault": ("dollars", lambda r: r.n[0] * (100 - r.n[1]) / 100),
    "law/en/simple_interest": ("dollars", lambda r: r.n[1] * r.n[0] * r.n[2] / 100),
    "law/en/copies_of_a_file": ("dollars", lambda r: r.n[0] + r.n[1] * r.n[2]),
    "law/en/instalments": ("dollars", lambda r: (r.n[0] - r.n[1]) / r.n[2]),
    "law/en/child_support": ("dollars", _support),
    "law/en/filing_fee": ("dollars", lambda r: r.n[0] + (r.n[3] - r.n[2]) * r.n[1] / 100),
    "law/en/deposit": ("dollars", lambda r: r.n[0] * r.n[1] - r.n[2] - r.n[3]),
    "law/en/injury_claim": ("dollars", lambda r: (r.n[0] * r.n[1] + r.n[2]) * (1 - r.n[3] / 100)),
    "law/en/late_tax": ("dollars", lambda r: r.n[1] * (1 + r.n[0] * r.n[2] / 100) - r.n[3]),
    "law/en/appeal": ("", lambda r: date.fromordinal(r.days[0].toordinal() + int(r.n[0]))),
    "law/en/age": ("years", lambda r: birthdays(*r.days)),
    "law/en/limitation": ("", lambda r: later(r.days[0], int(r.n[0]) * 12) + timedelta(int(r.n[1]))),
    "law/en/tolling": ("", lambda r: later(r.days[0], int(r.n[0]) * 12) + (r.days[2] - r.days[1])),
    "law/en/fine_from_dates": ("dollars", lambda r: (r.days[1] - r.days[0]).days * r.n[0]),
    "law/en/business_notice": ("", lambda r: walk(r.days[0], int(r.n[0]), (r.days[1],))),
    "law/en/good_conduct": ("days", lambda r: r.n[0] - r.n[0] / r.share),
    "law/en/sentence_with_plea": ("months", lambda r: (r.n[0] + r.n[1] * r.n[2]) * 2 / 3),
    "law/en/community_service": ("weeks", lambda r: r.n[0] / r.n[1]),
    "law/en/income_units": ("dollars", lambda r: r.n[0] * r.n[1] / 30),
    "law/en/estate": ("dollars", lambda r: r.n[0] / 2 / r.n[1]),
    "law/en/weekend_deadline": ("", _monday),
    "law/en/overtime": ("dollars", lambda r: (r.n[2] - r.n[0]) * r.n[1] * 3 / 2),
    "law/en/early_release": ("", lambda r: later(r.days[0], int(r.n[0]) * 6) - timedelta(int(r.n[1]))),
    "law/en/two_brackets": ("dollars", lambda r: (r.n[0] * r.n[1] + r.n[2] * (r.n[3] - r.n[1])) / 100),
}
"""The unit of each template's answer, and the answer from what its text says."""


def _at(minutes: Fraction) -> str:
    hours, more = divmod(int(minutes), 60)
    return f"{hours % 24:02}:{more:02}"
