"""What the steps are given, each by itself: chains of a problem written from its steps, right or with one step changed.

Problems with their truth, and chains that models sampled, flow in; pairs to diagnose, chains to verify and answered
steps to judge flow out. A bad step of the method so starves none of those that come after it.
"""

import dataclasses
import datetime
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from dgrc.evaluation.truth.items import Judge
from dgrc.method import meaning
from dgrc.proving.natural.problem import Problem, Step
from dgrc.records import Chain

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?")
_FACTORS = (Decimal(2), Decimal("0.5"), Decimal(10), Decimal("1.5"))
_SHIFTS = (-7, -1, 1, 30)
_WORDS = (("yes", "no"), ("Yes", "No"), ("是", "否"))


@dataclass(frozen=True)
class Pair:
    """Two chains of a problem that end differently; `made` where one or both were written from the steps."""

    problem: Problem
    one: Chain
    other: Chain
    made: bool


@dataclass(frozen=True)
class Checked:
    """A chain of a problem, whether it is right, and whether it was written from the steps."""

    problem: Problem
    chain: Chain
    right: bool
    made: bool


@dataclass(frozen=True)
class Judged:
    """A step's question with a rationale and an answer, right or not."""

    problem: Problem
    question: str
    rationale: str
    answer: str
    right: bool


def written(steps: Sequence[Step]) -> Chain:
    """A chain that says the steps one by one and ends with the last one's answer."""
    lines = [f"Step {number}. {step.question} {step.answer}." for number, step in enumerate(steps, 1)]
    answer = steps[-1].answer
    text = "\n".join([*lines, f"<answer>{answer}</answer>"])
    return Chain(text, answer, "stop", len(text.split()), "", "tag")


def changed(problem: Problem, rng: random.Random) -> tuple[Step, ...] | None:
    """The steps with the answer of one of them made wrong and carried through those that build on it, so that the
    chain ends in another answer than the right one; None if no step can be changed to that effect."""
    for start in rng.sample(range(len(problem.steps)), len(problem.steps)):
        steps = _changed_at(problem.steps, start, rng)
        if steps is not None and not meaning.same(steps[-1].answer, problem.answer, question=problem.text):
            return steps
    return None


def pairs(
    problems: Sequence[Problem], sampled: Sequence[tuple[str, Chain, Chain]], count: int, seed: int
) -> list[Pair]:
    """So many pairs, a problem each: first those of sampled chains (problem, one, other), then written ones, of which
    one chain is right and the other has a step changed."""
    by_id = {problem.id: problem for problem in problems}
    first = {id_: Pair(by_id[id_], one, other, made=False) for id_, one, other in sampled}
    found = list(first.values())[:count]
    for problem in problems:
        if len(found) >= count:
            break
        wrong = changed(problem, _rng(seed, "pair", problem))
        if problem.id not in first and wrong is not None:
            found.append(Pair(problem, written(problem.steps), written(wrong), made=True))
    return found


def to_verify(
    problems: Sequence[Problem], sampled: Sequence[tuple[str, Chain]], judge: Judge, count: int, seed: int
) -> list[Checked]:
    """At most so many chains, right and wrong ones in equal number: half of them written, half sampled, as far as there
    are sampled ones of either kind that have an answer."""
    by_id = {problem.id: problem for problem in problems}
    of_models: dict[bool, list[Checked]] = {True: [], False: []}
    for id_, chain in sampled:
        if chain.answer is not None:
            right = judge.chain(by_id[id_].text, chain).right
            of_models[right].append(Checked(by_id[id_], chain, right, made=False))
    each = count // 2
    found: list[Checked] = []
    for right in (True, False):
        of_kind = of_models[right][: each // 2]
        for problem in problems:
            if len(of_kind) >= each:
                break
            steps = problem.steps if right else changed(problem, _rng(seed, "verify", problem))
            if steps is not None:
                of_kind.append(Checked(problem, written(steps), right, made=True))
        found += of_kind
    return found


def to_judge(problems: Sequence[Problem], count: int, seed: int) -> list[Judged]:
    """At most so many answered steps, right ones and ones with another answer in turn."""
    found = []
    for number, problem in enumerate(problems[:count]):
        rng = _rng(seed, "judge", problem)
        step = rng.choice(problem.steps)
        answer = step.answer if number % 2 == 0 else _other(step.answer, rng)
        if answer is not None:
            rationale = f"Given are {', '.join(step.inputs)}. From these follows {answer}."
            found.append(Judged(problem, step.question, rationale, answer, right=number % 2 == 0))
    return found


def _changed_at(steps: Sequence[Step], start: int, rng: random.Random) -> tuple[Step, ...] | None:
    answer = _other(steps[start].answer, rng)
    if answer is None:
        return None
    swaps = {steps[start].answer: answer}
    done = [*steps[:start], dataclasses.replace(steps[start], answer=answer)]
    for step in steps[start + 1 :]:
        question, inputs = step.question, step.inputs
        touched = False
        for old, new in swaps.items():
            touched |= _swapped(question, old, new) != question
            question = _swapped(question, old, new)
            inputs = tuple(_swapped(given, old, new) for given in inputs)
        follows = _follows(step, inputs) if touched else step.answer
        if follows != step.answer:
            swaps[step.answer] = follows
        done.append(Step(step.kind, question, follows, inputs))
    return tuple(done)


def _swapped(text: str, old: str, new: str) -> str:
    """The text with another value wherever the old one stands by itself, and not inside a longer number or date."""
    return re.sub(rf"(?<![\w.,-]){re.escape(old)}(?![\w-]|[.,]\d)", lambda _: new, text)


def _follows(step: Step, inputs: Sequence[str]) -> str:
    """What a step gives for other inputs, as far as its kind says it: the same shift of dates, or its operation."""
    moved = [place for place, (old, new) in enumerate(zip(step.inputs, inputs, strict=True)) if old != new]
    if not moved:
        return step.answer
    place = moved[0]
    if _DATE.search(step.inputs[place]):
        return _shifted(step.answer, _day(inputs[place]) - _day(step.inputs[place]), later=place > 0)
    said, old, new = _number(step.answer), _number(step.inputs[place]), _number(inputs[place])
    if said is None or not old or not new or _DATE.search(step.answer):
        return step.answer
    first = place == 0
    match step.kind:
        case "add":
            return _with(step.answer, said + new - old)
        case "subtract":
            return _with(step.answer, max(said + (new - old if first else old - new), Decimal(0)))
        case "multiply" | "convert":
            return _with(step.answer, said * new / old)
        case "divide":
            return _with(step.answer, said * new / old if first else said * old / new)
    return step.answer


def _shifted(answer: str, by: datetime.timedelta, later: bool) -> str:
    """An answer that a date decides, for another date: the date itself, or the days from one date to a later one."""
    if there := _DATE.search(answer):
        return _DATE.sub((_day(there.group()) + by).isoformat(), answer, count=1)
    days = _number(answer)
    return answer if days is None else _with(answer, max(days + (by.days if later else -by.days), Decimal(0)))


def _other(answer: str, rng: random.Random) -> str | None:
    """Another answer of the same form; None for one that is neither a date, nor a number, nor yes or no."""
    if date := _DATE.search(answer):
        moved = _day(date.group()) + datetime.timedelta(days=rng.choice(_SHIFTS))
        return _DATE.sub(moved.isoformat(), answer, count=1)
    number = _number(answer)
    if number:
        return _with(answer, number * rng.choice(_FACTORS))
    for yes, no in _WORDS:
        if answer in (yes, no):
            return no if answer == yes else yes
    return None


def _day(text: str) -> datetime.date:
    found = _DATE.search(text)
    assert found is not None
    return datetime.date.fromisoformat(found.group())


def _number(text: str) -> Decimal | None:
    found = _NUMBER.search(text)
    return Decimal(found.group().replace(",", "")) if found else None


def _with(answer: str, number: Decimal) -> str:
    """The answer with another number, written as plainly: at most four digits behind the point, thousands as before."""
    rounded = number.quantize(Decimal("0.0001")).normalize()
    written_ = f"{rounded:,f}" if "," in answer else f"{rounded:f}"
    return _NUMBER.sub(written_, answer, count=1)


def _rng(seed: int, what: str, problem: Problem) -> random.Random:
    return random.Random(f"{seed}:{what}:{problem.id}")
