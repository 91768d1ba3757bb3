"""The answer of a single step, worked out again from its kind and the quantities that went in."""

import math
from datetime import date, timedelta
from fractions import Fraction

from dgrc.proving.natural.problem import Step
from tests.proving.natural.readings import ORDINALS, Answer, birthdays, later, read, walk

FACTORS = {
    ("g", "mg"): Fraction(1000),
    ("mg", "g"): Fraction(1, 1000),
    ("L", "mL"): Fraction(1000),
    ("lb", "kg"): Fraction(10, 22),
    ("mcg per minute", "mcg per hour"): Fraction(60),
    ("mcg per hour", "mg per hour"): Fraction(1, 1000),
    ("drops per hour", "drops per minute"): Fraction(1, 60),
}


def work_out(step: Step) -> Answer:
    """What the step's answer must be, without its unit."""
    return RULES[step.kind](step)


def number(quantity: str) -> Fraction:
    """`15%` is 15/100."""
    if quantity == "one and a half times":
        return Fraction(3, 2)
    (found,) = read(quantity).n
    return found / 100 if quantity.endswith("%") else found


def unit(quantity: str) -> str:
    return quantity.partition(" ")[2]


def _divide(step: Step) -> Fraction | int:
    if len(step.inputs) == 2:
        quotient = number(step.inputs[0]) / number(step.inputs[1])
        whole = "not split" in step.question or "only whole" in step.question
        return math.ceil(quotient) if whole else quotient
    if "five business days" in step.question:
        return number(step.inputs[0]) / 5
    halved_years = 12 if step.question.startswith("How many months are half of") else 1
    return number(step.inputs[0]) * halved_years / read(step.question).share


def _subtract(step: Step) -> Fraction | int:
    if step.inputs[0].endswith("injection"):
        return ORDINALS[step.inputs[0].split()[1]] - 1
    return number(step.inputs[0]) - number(step.inputs[1])


def _convert(step: Step) -> Fraction:
    return number(step.inputs[0]) * FACTORS[unit(step.inputs[0]), unit(step.answer)]


def _compare(step: Step) -> Fraction:
    if "kidney" in step.question:
        usual, limit, clearance, days = map(number, step.inputs)
        return usual * days / (2 if clearance < limit else 1)
    dose, most, doses = map(number, step.inputs)
    return (most if dose > most else dose) * doses


def _date(step: Step) -> Answer:
    said = read(" ; ".join(step.inputs))
    if said.minutes:
        return f"{(said.minutes[0] // 60 + int(said.n[0])) % 24:02}:{said.minutes[0] % 60:02}"
    (day,) = said.days
    if "Sunday, it runs" in step.question:
        return walk(day, 1)
    if "one business day" in step.inputs:
        return walk(day, 1)
    count, what = int(said.n[0]), step.question
    spans = {"years": count * 12, "months": count}
    for word, months in spans.items():
        if f"{count} {word}" in step.inputs:
            return later(day, months)
    days = count * 7 if f"{count} weeks" in step.inputs else count
    if "days before" in what:
        return day - timedelta(days)
    return day + timedelta(days - 1 if "is the first of them" in what else days)


def _days(step: Step) -> int:
    first, last = (date.fromisoformat(day) for day in step.inputs)
    return birthdays(first, last) if "years old" in step.question else (last - first).days


RULES = {
    "multiply": lambda step: math.prod(map(number, step.inputs)),
    "look_up": lambda step: math.prod(map(number, step.inputs)),
    "divide": _divide,
    "add": lambda step: sum(map(number, step.inputs)),
    "subtract": _subtract,
    "convert": _convert,
    "compare": _compare,
    "date": _date,
    "days": _days,
}
