"""Law in English, trained on: periods, ages, terms of prison and days of business, whose rules stand in the question.

Dates are written, and asked for, as YYYY-MM-DD.
"""

import random
from datetime import date, timedelta

from dgrc.proving.natural.problem import Draft
from dgrc.proving.natural.templates.english import (
    PERSONS,
    any_day,
    business_day,
    family,
    months_later,
    one_of,
    step,
)

_AS_DATE = "Give the date as YYYY-MM-DD."
_YEARS = (
    "A period of years ends on the same day and month of the later year (on February 28 if February 29 does not exist "
    "in it)."
)


def _appeal(rng: random.Random) -> Draft:
    day, length = any_day(rng), rng.choice((5, 7, 10, 14, 20, 21, 28, 30))
    text = (
        f"A judgment was served on {day}. The last day for an appeal is {length} days later; the day of service is not "
        f"counted. Which date is the last day? {_AS_DATE}"
    )
    return Draft(text, (step("date", text, str(day + timedelta(days=length)), str(day), f"{length} days"),))


def _age(rng: random.Random) -> Draft:
    birth = date(rng.randrange(1950, 2001), rng.randrange(1, 13), rng.randrange(1, 29))
    day = any_day(rng)
    name = one_of(PERSONS, birth.toordinal(), day.toordinal())
    years = day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
    text = f"{name} was born on {birth} and signs a contract on {day}. How many years old is {name} on that day?"
    return Draft(text, (step("days", text, f"{years} years", str(birth), str(day)),))


def _limitation(rng: random.Random) -> Draft:
    day, years, days = any_day(rng), rng.randrange(2, 7), rng.randrange(5, 61, 5)
    end = months_later(day, 12 * years)
    return Draft(
        f"A claim arose on {day}. It becomes barred after {years} years, and the {days} days during which the parties "
        f"negotiated are added at the end. {_YEARS} On which date does the period end? {_AS_DATE}",
        (
            step(
                "date", f"A period of {years} years begins on {day}. {_YEARS} On which date does it end? {_AS_DATE}",
                str(end), str(day), f"{years} years",
            ),
            step(
                "date", f"Which date is {days} days after {end}? {_AS_DATE}",
                str(end + timedelta(days=days)), f"{days} days", str(end),
            ),
        ),
    )  # fmt: skip


def _tolling(rng: random.Random) -> Draft:
    day, years = any_day(rng), rng.randrange(2, 5)
    away = day + timedelta(days=rng.randrange(60, 500))
    back = away + timedelta(days=rng.randrange(5, 41))
    days, end = (back - away).days, months_later(day, 12 * years)
    rule = "The days from leaving to return, the day of leaving not counted"
    return Draft(
        f"A debt fell due on {day} and can be sued for during {years} years. {_YEARS} {rule}, are added to the period. "
        f"The debtor left the country on {away} and returned on {back}. On which date does the period end? {_AS_DATE}",
        (
            step(
                "date", f"A debt can be sued for during {years} years from {day}. {_YEARS} On which date do these "
                f"years end? {_AS_DATE}", str(end), str(day), f"{years} years",
            ),
            step(
                "days", f"A debtor left on {away} and returned on {back}. The day of leaving is not counted. How many "
                "days is that?", f"{days} days", str(away), str(back),
            ),
            step(
                "date", f"A period that ends on {end} is made longer by {days} days. On which date does it end now? "
                f"{_AS_DATE}", str(end + timedelta(days=days)), str(end), f"{days} days",
            ),
        ),
    )  # fmt: skip


def _fine_from_dates(rng: random.Random) -> Draft:
    due, days, fine = any_day(rng), rng.randrange(3, 26), rng.randrange(2, 21)
    filed = due + timedelta(days=days)
    return Draft(
        f"A return was due on {due} and was filed on {filed}. Each day after the due date costs {fine} dollars, the "
        "day of filing included. How many dollars must be paid?",
        (
            step("days", f"How many days after {due} is {filed}?", f"{days} days", str(due), str(filed)),
            step(
                "multiply", f"A return was filed {days} days late, and each day costs {fine} dollars. How many dollars "
                "must be paid?", f"{days * fine} dollars", f"{days} days", f"{fine} dollars",
            ),
        ),
    )  # fmt: skip


def _business_notice(rng: random.Random) -> Draft:
    day, weeks = business_day(any_day(rng), 1), rng.randrange(2, 9)
    later, holiday = day + timedelta(days=weeks * 7), business_day(day, rng.randrange(1, weeks * 5))
    length, given = weeks * 5, f"{day:%A}, {day}"
    return Draft(
        f"A notice of {length} business days was given on {given}, and that day is not counted. Business days are "
        f"Monday to Friday, except for the holiday on {holiday:%A}, {holiday}. Which date is the last day of the "
        f"notice? {_AS_DATE}",
        (
            step(
                "divide", f"A week has five business days. How many weeks are {length} business days?",
                f"{weeks} weeks", f"{length} business days",
            ),
            step(
                "date", f"Which date is {weeks} weeks after {day}? {_AS_DATE}", str(later), f"{weeks} weeks", str(day)
            ),
            step(
                "date", f"A period ends on {later:%A}, {later}. It is made longer by one business day (Monday to "
                f"Friday) because of a holiday. On which date does it end now? {_AS_DATE}",
                str(business_day(later, 1)), str(later), "one business day",
            ),
        ),
    )  # fmt: skip


def _good_conduct(rng: random.Random) -> Draft:
    shares = {3: "a third", 4: "a quarter", 5: "a fifth", 6: "a sixth", 8: "an eighth", 10: "a tenth"}
    parts, days = rng.choice(list(shares)), rng.randrange(2, 61)
    term, share = parts * days, shares[parts]
    return Draft(
        f"Under the prison rules {share} of a sentence is remitted for good conduct. How many days are served of a "
        f"sentence of {term} days if conduct is good throughout?",
        (
            step("divide", f"How many days are {share} of {term} days?", f"{days} days", f"{term} days"),
            step(
                "subtract", f"Of a sentence of {term} days, {days} days are remitted. How many days are served?",
                f"{term - days} days", f"{term} days", f"{days} days",
            ),
        ),
    )  # fmt: skip


def _sentence_with_plea(rng: random.Random) -> Draft | None:
    base, counts, each = rng.randrange(12, 73, 3), rng.randrange(2, 6), rng.choice((2, 3, 4, 6, 9))
    added = counts * each
    total, third = base + added, (base + added) // 3
    if total % 3:
        return None
    return Draft(
        f"A guideline sets {base} months for an offence and {each} months more for each aggravating circumstance. "
        f"After a plea of guilty the result is lowered by one third. How many months does an offender get who pleads "
        f"guilty with {counts} aggravating circumstances?",
        (
            step(
                "multiply", f"Each aggravating circumstance adds {each} months. How many months do {counts} "
                "aggravating circumstances add?", f"{added} months", f"{each} months",
                f"{counts} aggravating circumstances",
            ),
            step(
                "add", f"A sentence of {base} months is raised by {added} months. How many months is it then?",
                f"{total} months", f"{base} months", f"{added} months",
            ),
            step(
                "divide", f"How many months are one third of {total} months?", f"{third} months", f"{total} months"
            ),
            step(
                "subtract", f"A sentence of {total} months is lowered by {third} months. How many months remain?",
                f"{total - third} months", f"{total} months", f"{third} months",
            ),
        ),
    )  # fmt: skip


TEMPLATES = family(
    "law",
    (
        _appeal, _age, _limitation, _tolling, _fine_from_dates, _business_notice, _good_conduct, _sentence_with_plea,
    ),
)  # fmt: skip
"""Dates and terms."""
