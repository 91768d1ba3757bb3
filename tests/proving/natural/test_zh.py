import math
import random
import re
from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from itertools import pairwise

import pytest

from dgrc.method.meaning import same
from dgrc.proving.natural.generate import make, problems
from dgrc.proving.natural.problem import LEVELS, Problem, Step, Template
from dgrc.proving.natural.templates import TEMPLATES
from dgrc.proving.natural.templates.chinese import clock, decimal, single, stands_in, template, weekday, years_later
from tests.proving.natural.second_zh import (
    SECOND,
    corresponding,
    dates,
    days_between,
    numbers,
    plain,
    workday,
    written,
)

CHINESE = {kind.name: kind for kind in TEMPLATES if kind.language == "zh"}
DRAWS, WANTED = 400, 200
QUANTITY = re.compile(r"\d[\d.]*(?:年\d+月\d+日|个工作日|个月|分钟|千克|毫克|毫升|万?元|克|片|日|天|年|滴)")
NAMES = re.compile("[甲乙丙丁戊己庚辛]")
SIZES = {"克": 1000, "年": 12, "万元": 10000}
"""How many of the unit of an answer are in one of these."""
every_template = pytest.mark.parametrize("name", CHINESE)


@cache
def drawn(name: str, seed: int = 0, count: int = DRAWS) -> tuple[Problem, ...]:
    rng = random.Random(seed)
    return tuple(make(CHINESE[name], rng) for _ in range(count))


def steps_of(name: str) -> dict[str, Step]:
    return {step.question: step for problem in drawn(name) for step in problem.steps}


@every_template
def test_the_answer_is_what_a_second_formula_makes_of_the_text(name: str) -> None:
    assert {p.text: p.answer for p in drawn(name)} == {p.text: SECOND[name](p.text) for p in drawn(name)}


@every_template
def test_every_step_follows_from_its_inputs(name: str) -> None:
    for step in steps_of(name).values():
        assert step.answer == follows(step), step


def follows(step: Step) -> str:
    """A step's answer from what its inputs say."""
    if step.kind in ("date", "days"):
        return by_calendar(step)
    if ":" in step.answer:
        hour, minute, more = map(int, re.findall(r"\d+", " ".join(step.inputs)))
        return f"{(hour * 60 + minute + more) // 60}:{(minute + more) % 60:02d}"
    unit = step.answer.lstrip("0123456789.")
    first, *rest = values = [value(quantity, unit) for quantity in step.inputs]
    worked = {"multiply": math.prod(values), "add": sum(values), "subtract": first - sum(rest), "convert": first}
    return plain(worked[step.kind] if step.kind != "divide" else first / rest[0]) + unit


def value(quantity: str, unit: str) -> Fraction:
    if share := re.fullmatch("万分之(.)", quantity):
        return Fraction("〇一二三四五六七八九".index(share.group(1)), 10000)
    (number,) = numbers(quantity)
    written_in = re.split(r"[\d.]+", quantity)[1]
    return number / 100 if written_in == "%" else number * (SIZES.get(written_in, 1) if written_in != unit else 1)


def by_calendar(step: Step) -> str:
    first, *more = (when for quantity in step.inputs for when in dates(quantity))
    if step.kind == "days":
        return f"{days_between(first, more[0])}天"
    if more:
        return written(workday(first, 1))
    (count,) = map(int, numbers("".join(step.inputs)))
    if step.inputs[1].endswith("年"):
        return written(corresponding(first, count))
    return written(workday(first, count) if "工作日" in step.inputs[1] else first + timedelta(days=count))


@every_template
def test_a_step_stands_by_itself_and_does_not_give_itself_away(name: str) -> None:
    for problem in drawn(name):
        assert not stands_in(problem.answer, problem.text)
        known = [problem.text]
        for step in problem.steps:
            assert step.inputs
            for quantity in step.inputs:
                assert quantity in step.question
                assert any(quantity in said for said in known), (quantity, problem.text)
            assert not stands_in(step.answer, step.question), step
            known.append(step.answer)
        assert problem.answer == problem.steps[-1].answer


@every_template
def test_every_question_asks_and_no_number_has_more_than_one_decimal(name: str) -> None:
    for problem in drawn(name):
        for text in (problem.text, *(step.question for step in problem.steps)):
            assert text.count("？") == 1
            assert text.endswith(("？", "）")), text
            assert (text.endswith("（写作“×年×月×日”）")) == ("哪一天" in text)
            assert not re.search(r"\d\.\d\d|\d{7}|[A-Za-z]", text)
            for when, said in re.findall(r"(\d+年\d+月\d+日)（(星期.)）", text):
                assert said == "星期" + "日一二三四五六"[dates(when)[0].isoweekday() % 7]


@every_template
def test_draws_depend_on_the_seed_alone_and_there_are_many(name: str) -> None:
    assert drawn(name) == drawn.__wrapped__(name)
    assert drawn(name) != drawn(name, seed=1)
    if not CHINESE[name].held_out:
        assert len({problem.text for problem in drawn(name, seed=2, count=1200)}) >= WANTED


def test_there_are_eight_to_train_on_and_three_held_out_in_each_domain() -> None:
    assert SECOND.keys() == CHINESE.keys()
    for domain in ("medicine", "law"):
        mine = [kind for kind in CHINESE.values() if kind.domain == domain]
        assert all(kind.name.startswith(f"{domain}/zh/") for kind in mine)
        assert Counter(kind.held_out for kind in mine) == {False: 8, True: 3}
        by_level = Counter(level_of(kind) for kind in mine if not kind.held_out)
        assert by_level[1] >= 3 and by_level[2] >= 3 and set(by_level) == set(LEVELS)
        assert len({level_of(kind) for kind in mine if kind.held_out}) == 3


def level_of(kind: Template) -> int:
    (level,) = {problem.level for problem in drawn(kind.name)}
    return level


def skeletons(text: str) -> set[str]:
    """A text's sentences without numbers and names; how to write the answer belongs to none of them."""
    bare = NAMES.sub("", re.sub(r"（.*?）|[\d.:]+|万分之.", "", text))
    return {part for part in re.split("[。？；，：]", bare) if len(part) > 4}


def test_held_out_templates_share_no_words_in_a_row_with_those_that_are_trained_on() -> None:
    seen: dict[bool, set[str]] = {False: set(), True: set()}
    for name, kind in CHINESE.items():
        for problem in drawn(name):
            seen[kind.held_out].update(skeletons(problem.text), *(skeletons(s.question) for s in problem.steps))
    assert seen[False] & seen[True] == set()
    assert min(map(len, seen.values())) > 20


def test_trained_templates_fill_a_split_and_share_no_numbers_with_the_held_out_ones() -> None:
    train, held = (
        {problem.text for problem in problems(split, 200, 5, languages=("zh",))} for split in ("train", "numbers")
    )
    assert len(train) == len(held) == 200
    assert not train & held


@every_template
def test_the_products_own_comparison_reads_the_answers(name: str) -> None:
    answers = sorted({step.answer for step in steps_of(name).values()})
    some = random.Random(0).sample(answers, min(len(answers), 25))
    for answer in some:
        # A space before 万 is left out: the comparison does not read `37 万元` as 37万元.
        assert same(answer, re.sub(r"(\d)([^\d.:/万])", r"\1 \2", answer)), answer
        assert same(answer, f"{answer}。")
    for one, two in pairwise(some):
        assert not same(one, two), (one, two)


@every_template
def test_no_quantity_of_the_text_is_the_answer_in_other_words(name: str) -> None:
    for problem in drawn(name)[:60]:
        said = QUANTITY.findall(problem.text)
        assert said and not any(same(problem.answer, quantity) for quantity in said), problem.text


def test_one_answer_in_two_spellings_is_one_answer() -> None:
    for one, two in (
        ("300 毫克", "300毫克"),
        ("0.3克", "300毫克"),
        ("2024年3月1日", "2024-03-01"),
        ("2024年3月1日", "2024 年 3 月 1 日"),
        ("1500元", "1,500元"),
        ("36个月", "3年"),
        ("50滴/分", "50 滴/分钟"),
        ("15天", "15日"),
    ):
        assert same(one, two) and same(two, one), (one, two)
    for one, two in (
        ("300毫克", "300克"),
        ("2024年3月1日", "2024-01-03"),
        ("5天", "5个工作日"),
        ("50滴/分", "50毫升/小时"),
        ("9:30", "21:30"),
    ):
        assert not same(one, two) and not same(two, one), (one, two)


def test_a_rate_is_read_with_its_unit_or_without_when_the_question_names_it() -> None:
    for name in ("medicine/zh/drip_rate", "medicine/zh/pump_rate"):
        problem = drawn(name)[0]
        bare = re.sub(r"[^\d]", "", problem.answer)
        assert same(problem.answer, bare, question=problem.text)
        assert not same(problem.answer, f"{bare}0", question=problem.text)


def test_years_days_clocks_and_decimals_are_written_as_they_are_read() -> None:
    assert years_later(date(2020, 2, 29), 3) == date(2023, 2, 28)
    assert years_later(date(2020, 2, 29), 4) == date(2024, 2, 29)
    assert (clock(545), clock(14 * 60 + 30)) == ("9:05", "14:30")
    assert [weekday(date(2024, 3, number)) for number in (1, 2, 3)] == ["星期五", "星期六", "星期日"]
    assert (decimal(Fraction(6)), decimal(Fraction(5, 2))) == ("6", "2.5")
    with pytest.raises(AssertionError, match="more than one decimal"):
        decimal(Fraction(1, 3))
    assert stands_in("30元", "共30元") and not stands_in("30元", "共130元、1.30元")


def test_a_template_that_always_gives_its_answer_away_is_a_mistake() -> None:
    told = template("law/zh/told", lambda rng: single("add", "共30元，是多少元？", "30元", "30元"))
    with pytest.raises(AssertionError, match="共30元"):
        told.draw(random.Random(0))


def test_leap_days_weekends_and_the_holiday_do_come_up() -> None:
    ends = [dates(p.answer)[0] for p in drawn("law/zh/limitation") if "年2月29日" in p.text]
    assert {(end.month, end.day) for end in ends} == {(2, 28), (2, 29)}
    moved = [[dates(step.answer)[0] for step in p.steps] for p in drawn("law/zh/business_days")]
    assert {(after - before).days for before, after in moved} == {1, 3}
