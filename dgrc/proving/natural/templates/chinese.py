"""What the Chinese templates share: how steps, dates and clock times are written, and draws that give nothing away.

Numbers drawn by a template flow in; steps and templates whose texts do not state their own answers flow out.
"""

import calendar
import functools
import random
import re
from collections.abc import Callable
from datetime import date
from fractions import Fraction

from dgrc.proving.natural.problem import Draft, Step, Template

AS_DATE = "（写作“×年×月×日”）"
"""How a date is to be answered, without a date in it that could be copied."""
_REDRAWS = 1000
_WEEKDAYS = "一二三四五六日"


def template(name: str, draw: Callable[[random.Random], Draft], held_out: bool = False) -> Template:
    """A Chinese template whose draws never show an answer in the question that asks for it."""
    return Template(name, name.partition("/")[0], "zh", held_out, functools.partial(_hidden, draw))


def step(kind: str, question: str, answer: str, *inputs: str) -> Step:
    """A step with its inputs written one behind the other."""
    return Step(kind, question, answer, inputs)


def single(kind: str, text: str, answer: str, *inputs: str) -> Draft:
    """A problem of one step: the step's question is the problem itself."""
    return Draft(text, (Step(kind, text, answer, inputs),))


def decimal(value: Fraction) -> str:
    """A whole number, or one decimal; more would be a template's mistake."""
    assert (value * 10).denominator == 1, f"{value} needs more than one decimal"
    return str(value) if value.denominator == 1 else str(float(value))


def day(when: date) -> str:
    """`2024年3月1日`."""
    return f"{when.year}年{when.month}月{when.day}日"


def weekday(when: date) -> str:
    """`星期一` to `星期日`."""
    return f"星期{_WEEKDAYS[when.weekday()]}"


def years_later(when: date, years: int) -> date:
    """The same day of a later year; for 29 February, where that year has none, 28 February."""
    year = when.year + years
    return date(year, when.month, min(when.day, calendar.monthrange(year, when.month)[1]))


def clock(minutes: int) -> str:
    """Minutes since midnight as a clock of 24 hours shows them: `9:05`, `14:30`."""
    return f"{minutes // 60}:{minutes % 60:02d}"


def stands_in(answer: str, text: str) -> bool:
    """Whether a text states an answer; `30元` does not stand in `130元`."""
    return re.search(rf"(?<![\d.]){re.escape(answer)}(?!\d)", text) is not None


def _hidden(draw: Callable[[random.Random], Draft], rng: random.Random) -> Draft:
    for _ in range(_REDRAWS):
        draft = draw(rng)
        questions = [(one.answer, one.question) for one in draft.steps]
        if not any(stands_in(*pair) for pair in (*questions, (draft.steps[-1].answer, draft.text))):
            return draft
    raise AssertionError(f"{_REDRAWS} draws of {draw.__name__} in a row state their answers, as in {draft.text!r}")
