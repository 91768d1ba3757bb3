"""What the English templates share: their making, counts with units, decimals, dates and days of business.

Functions that draw problems flow in; templates that draw only fair problems flow out. A problem is fair if the answer
of no step, nor of the whole, stands among the numbers of its own question, where it could be copied from.
"""

import calendar
import random
import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from fractions import Fraction

from dgrc.proving.natural.problem import Draft, Step, Template

Draw = Callable[[random.Random], Draft | None]
"""Draws once; None where the numbers do not fit each other."""

MEDICINES = ("Velanol", "Torvane", "Brimidol", "Castrivan", "Meloxane", "Pernavil", "Sufetrin", "Oradexin")
"""Invented, so that no problem reads as advice."""
PERSONS = ("Ms Alder", "Mr Birch", "Ms Cole", "Mr Dunn", "Ms Evans", "Mr Frost", "Ms Grant", "Mr Hale")

_NUMBER = re.compile(r"\d+(?:[-.:]\d+)*")


def family(domain: str, draws: Sequence[Draw], held_out: bool = False) -> tuple[Template, ...]:
    """The English templates of these functions, named after them."""
    return tuple(
        Template(f"{domain}/en/{draw.__name__.strip('_')}", domain, "en", held_out, _fairly(draw)) for draw in draws
    )


def _fairly(draw: Draw) -> Callable[[random.Random], Draft]:
    """Draws until the numbers fit and the problem is fair."""

    def fair(rng: random.Random) -> Draft:
        while True:
            draft = draw(rng)
            if not draft:
                continue
            asked = [(draft.text, draft.steps[-1].answer), *((step.question, step.answer) for step in draft.steps)]
            if not any(set(_NUMBER.findall(answer)) & set(_NUMBER.findall(text)) for text, answer in asked):
                return draft

    return fair


def step(kind: str, question: str, answer: str, *inputs: str) -> Step:
    """A step, with its inputs behind it."""
    return Step(kind, question, answer, inputs)


def one_of(names: Sequence[str], *numbers: int) -> str:
    """A name that the numbers decide, so that the same numbers never stand in two texts."""
    return names[sum(numbers) % len(names)]


def many(number: int, thing: str) -> str:
    """`1 tablet`, `3 tablets`; `2 drops per minute` of `drop per minute`."""
    first, *rest = thing.split(" ", 1)
    plural = first + ("es" if first.endswith("x") else "s")
    return " ".join([str(number), first if number == 1 else plural, *rest])


def decimal(value: Fraction) -> str:
    """A number that ends within three decimals, without zeros at its end."""
    thousandths = value * 1000
    assert thousandths.denominator == 1
    whole, rest = divmod(thousandths.numerator, 1000)
    return f"{whole}.{rest:03d}".rstrip("0") if rest else str(whole)


def any_day(rng: random.Random) -> date:
    """A day of 2015 to 2024; every fifth is near the end of a February, where leap years tell."""
    if rng.randrange(5):
        return date(2015, 1, 1) + timedelta(days=rng.randrange(3650))
    return date(rng.randrange(2015, 2025), 2, 18) + timedelta(days=rng.randrange(14))


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or the last of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def business_day(day: date, number: int) -> date:
    """The business day (Monday to Friday) that is so many after `day`."""
    while number:
        day += timedelta(days=1)
        number -= day.weekday() < 5
    return day


def clock(minutes: int) -> str:
    """Minutes since midnight as HH:MM."""
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"
