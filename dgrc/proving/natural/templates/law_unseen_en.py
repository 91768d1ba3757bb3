"""Law in English, held out: situations that no template has that is trained on."""

import random
from datetime import timedelta

from dgrc.proving.natural.problem import Draft
from dgrc.proving.natural.templates.english import PERSONS, any_day, family, many, months_later, one_of, step

_AS_DATE = "Give the date as YYYY-MM-DD."


def _community_service(rng: random.Random) -> Draft:
    a_week, weeks = rng.randrange(3, 16), rng.randrange(4, 41)
    text = (
        f"A judge orders {a_week * weeks} hours of community service. The offender works {a_week} hours of it every "
        "week. How many weeks does it take?"
    )
    answer = f"{weeks} weeks"
    return Draft(text, (step("divide", text, answer, f"{a_week * weeks} hours", f"{a_week} hours"),))


def _income_units(rng: random.Random) -> Draft:
    unit, units = rng.randrange(20, 151, 5), rng.randrange(5, 61, 5)
    return Draft(
        f"A fine is counted in units, and one unit is a thirtieth of what the offender earns in a month. An offender "
        f"who earns {unit * 30} dollars a month is fined {units} units. How many dollars is the fine?",
        (
            step(
                "divide", f"How many dollars are a thirtieth of {unit * 30} dollars?", f"{unit} dollars",
                f"{unit * 30} dollars",
            ),
            step(
                "multiply", f"One unit of a fine is {unit} dollars. How many dollars is a fine of {units} units?",
                f"{unit * units} dollars", f"{unit} dollars", f"{units} units",
            ),
        ),
    )  # fmt: skip


def _estate(rng: random.Random) -> Draft:
    children, each = rng.randrange(2, 8), rng.randrange(500, 20001, 500)
    half = children * each
    return Draft(
        f"Without a will, half of an estate goes to the spouse and the children inherit the other half in equal parts. "
        f"An estate is worth {half * 2} dollars, and there are {children} children beside the spouse. How many dollars "
        "does one child inherit?",
        (
            step(
                "divide", f"How many dollars are half of {half * 2} dollars?", f"{half} dollars",
                f"{half * 2} dollars",
            ),
            step(
                "divide", f"{children} children inherit {half} dollars in equal parts. How many dollars does one child "
                "inherit?", f"{each} dollars", f"{half} dollars", f"{children} children",
            ),
        ),
    )  # fmt: skip


def _weekend_deadline(rng: random.Random) -> Draft | None:
    day, length = any_day(rng), rng.choice((8, 10, 12, 15, 18, 20, 25, 30))
    end = day + timedelta(days=length)
    if end.weekday() < 5:
        return None
    monday = end + timedelta(days=7 - end.weekday())
    rule = "If a period ends on a Saturday or Sunday, it runs until the next Monday"
    return Draft(
        f"A party has {length} days to answer a motion, counted from the day after service. {rule}. The motion was "
        f"served on {day:%A}, {day}. Which date is the last day to answer? {_AS_DATE}",
        (
            step("date", f"Which date is {length} days after {day}? {_AS_DATE}", str(end), f"{length} days", str(day)),
            step(
                "date", f"{rule}. A period would end on {end:%A}, {end}. On which date does it end? {_AS_DATE}",
                str(monday), str(end),
            ),
        ),
    )  # fmt: skip


def _overtime(rng: random.Random) -> Draft:
    wage, limit, extra = rng.randrange(10, 41, 2), rng.choice((35, 38, 40)), rng.randrange(2, 16)
    hours, rate, name = limit + extra, wage * 3 // 2, one_of(PERSONS, wage // 2, limit, extra)
    return Draft(
        f"An employer must pay one and a half times the normal wage for hours above {limit} in a week. {name} has a "
        f"normal wage of {wage} dollars an hour and worked {hours} hours in a week. How many dollars are due for the "
        f"hours above {limit}?",
        (
            step(
                "subtract", f"A week of {hours} hours was worked, and hours above {limit} hours are overtime. How many "
                "hours are overtime?", many(extra, "hour"), f"{hours} hours", f"{limit} hours",
            ),
            step(
                "multiply", f"How many dollars an hour are one and a half times {wage} dollars an hour?",
                f"{rate} dollars", "one and a half times", f"{wage} dollars",
            ),
            step(
                "multiply", f"Overtime is paid at {rate} dollars an hour. How many dollars are due for "
                f"{extra} hours of overtime?", f"{rate * extra} dollars", f"{rate} dollars", f"{extra} hours",
            ),
        ),
    )  # fmt: skip


def _early_release(rng: random.Random) -> Draft:
    day, years, held = any_day(rng), rng.randrange(2, 12), rng.randrange(10, 91, 5)
    half = years * 6
    date = months_later(day, half)
    rule = "A period of months ends on the same day of the later month, or on its last day if it has no such day"
    return Draft(
        f"A prisoner may ask for release after half of the sentence, and days held before trial are taken off that "
        f"half at its end. {rule}. A sentence of {years} years began on {day}, after {held} days held before trial. "
        f"From which date on may release be asked for? {_AS_DATE}",
        (
            step("divide", f"How many months are half of {years} years?", f"{half} months", f"{years} years"),
            step(
                "date", f"{rule}. On which date does a period of {half} months end that began on {day}? {_AS_DATE}",
                str(date), f"{half} months", str(day),
            ),
            step(
                "date", f"Which date is {held} days before {date}? {_AS_DATE}", str(date - timedelta(days=held)),
                f"{held} days", str(date),
            ),
        ),
    )  # fmt: skip


def _two_brackets(rng: random.Random) -> Draft:
    first, low, more = rng.randrange(10000, 40001, 5000), rng.choice((5, 10, 12, 15)), rng.choice((5, 8, 10, 15))
    above = rng.randrange(2000, 30001, 1000)
    high = low + more
    tax, upper = first * low // 100, above * high // 100
    return Draft(
        f"Income tax is {low}% of the first {first} dollars of income and {high}% of everything above. How many "
        f"dollars of tax are due on an income of {first + above} dollars?",
        (
            step(
                "multiply", f"How many dollars of tax are {low}% of {first} dollars?", f"{tax} dollars",
                f"{low}%", f"{first} dollars",
            ),
            step(
                "subtract", f"How many dollars of an income of {first + above} dollars lie above {first} dollars?",
                f"{above} dollars", f"{first + above} dollars", f"{first} dollars",
            ),
            step(
                "multiply", f"How many dollars of tax are {high}% of {above} dollars?", f"{upper} dollars",
                f"{high}%", f"{above} dollars",
            ),
            step(
                "add", f"How many dollars of tax are {tax} dollars and {upper} dollars together?",
                f"{tax + upper} dollars", f"{tax} dollars", f"{upper} dollars",
            ),
        ),
    )  # fmt: skip


TEMPLATES = family(
    "law",
    (
        _community_service, _income_units, _estate, _weekend_deadline, _overtime, _early_release, _two_brackets,
    ),
    held_out=True,
)  # fmt: skip
"""Never trained on."""
