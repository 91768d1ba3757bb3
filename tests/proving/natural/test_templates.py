"""The English templates: every answer worked out again in another way, every step a question that stands alone."""

import random
import re
import subprocess
import sys
from collections import Counter
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache

import pytest

from dgrc.method.meaning import same
from dgrc.proving.natural.generate import make
from dgrc.proving.natural.problem import LEVELS, Problem, Template
from dgrc.proving.natural.templates import TEMPLATES
from dgrc.proving.natural.templates.english import decimal, months_later
from tests.proving.natural.readings import FORMULAS, NAMES, Answer, read, skeleton
from tests.proving.natural.steps import work_out

ENGLISH = [template for template in TEMPLATES if template.language == "en"]
TRAINED = [template for template in ENGLISH if not template.held_out]
DRAWS, LEAST_DISTINCT = 300, 200
KINDS = {"multiply", "divide", "add", "subtract", "convert", "look_up", "compare", "date", "days"}
EVERY = pytest.mark.parametrize("template", ENGLISH, ids=lambda template: template.name)


@cache
def drawn(template: Template) -> list[Problem]:
    rng = random.Random(f"test {template.name}")
    return [make(template, rng) for _ in range(DRAWS)]


def said(value: Answer) -> str:
    """An answer's first word: at most one decimal of a number."""
    if not isinstance(value, int | Fraction):
        return str(value)
    assert (Fraction(value) * 10).denominator == 1
    return f"{float(value):.1f}".removesuffix(".0")


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:[.:-]\d+)*", text))


def test_every_template_has_a_second_formula() -> None:
    assert {template.name for template in ENGLISH} == FORMULAS.keys()
    assert len({template.name for template in TEMPLATES}) == len(TEMPLATES)


@EVERY
def test_the_answer_follows_from_the_text_alone(template: Template) -> None:
    unit, formula = FORMULAS[template.name]
    for problem in drawn(template):
        value = formula(read(problem.text))
        words = {"boxes": "box"}.get(unit, unit) if value == 1 else unit
        assert problem.answer == f"{said(value)} {words}".strip(), problem.text


@EVERY
def test_every_step_follows_from_its_own_quantities(template: Template) -> None:
    for problem in drawn(template):
        for step in problem.steps:
            first = step.answer.split(" ")[0]
            # A middle step may have three decimals: 0.45 g, on the way to 450 mg.
            value = work_out(step)
            assert first == (decimal(value) if isinstance(value, Fraction) else said(value)), step


@EVERY
def test_every_step_is_a_question_of_its_own(template: Template) -> None:
    for problem in drawn(template):
        assert problem.answer == problem.steps[-1].answer
        known = numbers(problem.text)
        for step in problem.steps:
            assert step.kind in KINDS and step.inputs
            assert all(quantity in step.question for quantity in step.inputs), step
            assert all(numbers(quantity) <= known for quantity in step.inputs), step
            assert step.question[0].isupper() or step.question[0].isdigit()
            assert step.question.endswith(("?", "YYYY-MM-DD.", "clock.")) and "  " not in step.question
            known |= numbers(step.answer)


@EVERY
def test_no_question_holds_its_answer(template: Template) -> None:
    for problem in drawn(template):
        assert not numbers(problem.answer) & numbers(problem.text), problem
        for step in problem.steps:
            assert not numbers(step.answer) & numbers(step.question), step


@EVERY
def test_draws_are_many_and_of_one_level(template: Template) -> None:
    rng = random.Random(5)
    problems = {problem.text: problem for problem in (make(template, rng) for _ in range(1000))}
    assert len(problems) >= LEAST_DISTINCT
    assert len({problem.level for problem in problems.values()}) == 1
    assert len({problem.id for problem in problems.values()}) == len(problems)
    # Names decide nothing and are decided by the numbers: no two texts differ in names alone.
    assert len({NAMES.sub("", text) for text in problems}) == len(problems)
    assert len({skeleton(text) for text in problems}) == 1


def test_there_are_enough_templates_of_every_level() -> None:
    levels = {template: drawn(template)[0].level for template in ENGLISH}
    for domain in ("medicine", "law"):
        trained = Counter(levels[t] for t in TRAINED if t.domain == domain)
        held_out = Counter(levels[t] for t in ENGLISH if t.domain == domain and t.held_out)
        assert all(trained[level] >= least for level, least in zip(LEVELS, (5, 5, 4, 3), strict=True))
        assert set(held_out) == set(LEVELS) and held_out.total() >= 5


def test_no_held_out_template_is_worded_as_one_that_is_trained_on() -> None:
    texts = {template: {skeleton(problem.text) for problem in drawn(template)} for template in ENGLISH}
    trained = set[str]().union(*(texts[template] for template in TRAINED))
    for template in ENGLISH:
        if template.held_out:
            assert not texts[template] & trained, template.name
    assert sum(map(len, texts.values())) == len(set[str]().union(*texts.values()))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("highest_dose", {True, False}),  # is a dose cut or not
        ("weak_kidneys", {True, False}),
        ("limitation", {True, False}),  # does the period begin on a leap day or not
    ],
)
def test_both_sides_of_a_rule_are_drawn(name: str, wanted: set[bool]) -> None:
    (template,) = (template for template in ENGLISH if template.name.endswith(f"/{name}"))
    rng, seen = random.Random(0), set()
    for _ in range(1000):
        r = read(make(template, rng).text)
        if name == "highest_dose":
            seen.add(r.n[0] * r.n[2] > r.n[1])
        elif name == "weak_kidneys":
            seen.add(r.n[4] < r.n[2])
        else:
            seen.add((r.days[0].month, r.days[0].day) == (2, 29))
    assert seen == wanted


def test_a_leap_day_ends_its_years_on_february_28() -> None:
    assert months_later(date(2020, 2, 29), 12) == date(2021, 2, 28)
    assert months_later(date(2020, 2, 29), 48) == date(2024, 2, 29)
    assert months_later(date(2023, 10, 31), 4) == date(2024, 2, 29)
    assert months_later(date(2023, 12, 15), 12) == date(2024, 12, 15)


OTHER_SPELLINGS = {
    "mg": ("{n}mg", "{n} milligrams", "{thousandth:f} g"),
    "mcg": ("{n} micrograms", "{n}mcg"),
    "mL": ("{n}mL", "{n} ml", "{n} milliliters"),
    "mL per hour": ("{n} mL/h", "{n} ml/hr"),
    "dollars": ("${n}", "{n:,} dollars"),
    "drops per minute": ("{n} drops/min",),
    "months": ("{n} month",),
}


@EVERY
def test_answers_are_read_back_as_themselves(template: Template) -> None:
    for problem in drawn(template)[:25]:
        first, _, unit = problem.answer.partition(" ")
        assert same(problem.answer, problem.answer, question=problem.text)
        assert same(problem.answer, f"{problem.answer}.", question=problem.text)
        if re.fullmatch(r"\d{4}-.*", first):
            day = date.fromisoformat(first)
            assert same(first, f"{day:%B} {day.day}, {day.year}", question=problem.text)
            assert not same(first, str(date.fromordinal(day.toordinal() + 1)), question=problem.text)
        elif ":" not in first:
            value = float(first) if "." in first else int(first)
            for spelling in OTHER_SPELLINGS.get(unit, ()):
                other = spelling.format(n=value, thousandth=Decimal(first) / 1000)
                assert same(problem.answer, other, question=problem.text), (problem.answer, other)
            assert not same(problem.answer, f"{value + 1} {unit}", question=problem.text)


DRAW = """
import random
from dgrc.proving.natural.generate import make
from dgrc.proving.natural.templates import TEMPLATES
print([make(t, random.Random("x")) for t in TEMPLATES])
"""


def test_a_seed_draws_the_same_in_every_process() -> None:
    outputs = [
        subprocess.run([sys.executable, "-c", DRAW], capture_output=True, check=True, env={"PYTHONHASHSEED": seed})
        for seed in ("1", "2")
    ]
    assert outputs[0].stdout == outputs[1].stdout and len(outputs[0].stdout) > 10_000
    template = ENGLISH[0]
    assert len({make(template, random.Random(seed)).text for seed in range(20)}) > 10
