"""Computed truth as a judge: problems with their steps flow in; what is true of chains and atoms flows out.

Answers are compared as the product compares them. Of a chain the text counts, its thoughts do not. An atom whose truth
is in doubt has none: an oracle that errs spoils every figure that stands on it.
"""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from dgrc.evaluation.score import is_right
from dgrc.evaluation.truth import dated, worked_out
from dgrc.evaluation.truth.asking import Named, named
from dgrc.evaluation.truth.equations import equations
from dgrc.evaluation.truth.items import ChainTruth
from dgrc.evaluation.truth.signs import Token
from dgrc.evaluation.truth.steps import asked_whole, inputs_of, stated, step_of
from dgrc.method import meaning
from dgrc.proving.natural.problem import Problem
from dgrc.records import Chain


class Computed:
    """A `Judge` of problems whose every step has its truth.

    Args:
        problems: Any with a text, an answer, and steps of questions and answers.
        tolerance: Relative, between two numbers of answers.
    """

    knows_steps = True

    def __init__(self, problems: Iterable[Problem], tolerance: float = 0.0):
        self._problems = {problem.text: problem for problem in problems}
        self._tolerance = tolerance

    def knows(self, text: str) -> bool:
        """Whether it is one of the problems."""
        return text in self._problems

    def chain(self, text: str, chain: Chain) -> ChainTruth:
        """Whether the answer is right, and of the equations that the chain states how many are wrong."""
        problem = self._problems[text]
        right = is_right(chain.answer, problem.answer, (), "auto", self._tolerance, question=text)
        found = equations(chain.text)
        return ChainTruth(right, len(found), sum(not equation.right for equation in found))

    def atom(self, question: str, asked_in: tuple[str, ...]) -> str | None:
        """The right answer by the calendar, by arithmetic, by a step, or by what the problem states; None where none
        of them gives one, or two of them differ."""
        found = [dated.answer(question) or worked_out.answer(question)]
        for problem in (self._problems[text] for text in asked_in if text in self._problems):
            step = step_of(question, problem)
            said_so = step.answer if step is not None else asked_whole(question, problem)
            found.append(said_so or stated(question, problem))
        said = [answer for answer in found if answer is not None]
        if not said or not all(meaning.same(said[0], other, "auto", 0.0, question) for other in said[1:]):
            return None
        return said[-1]

    def on_target(self, text: str, atom: str, one: Chain, other: Chain) -> bool | None:
        """Whether the chains state different results for what the atom asks, or one of them states none."""
        problem = self._problems[text]
        step = step_of(atom, problem)
        answer = step.answer if step is not None else dated.answer(atom) or worked_out.answer(atom)
        if answer is None:
            return None
        inputs = inputs_of(step) if step is not None else named(atom)
        return _result(one.text, inputs, answer) != _result(other.text, inputs, answer)


def _result(text: str, inputs: Named, answer: str) -> frozenset[Fraction | date]:
    """What a chain gives for these inputs, by its equations or by naming the right answer."""
    wanted, numbers = named(answer), {token.value for token in inputs.tokens}
    stated = frozenset(
        equation.result.day or _amount(equation.result, wanted)
        for equation in equations(text)
        if {*equation.inputs} == numbers and (equation.result.day is not None) == bool(wanted.days)
    )
    if stated:
        return stated
    said = named(text)
    amounts = {_amount(token, wanted) for token in said.tokens if not wanted.unit.name or token.unit.name}
    right = {_amount(token, wanted) for token in wanted.tokens}
    return frozenset(wanted.days & said.days) | (frozenset(right) if right and right <= amounts else frozenset())


def _amount(token: Token, wanted: Named) -> Fraction:
    """In base units; a bare number is taken to be in the unit of the answer that is wanted."""
    own = token.unit.name and token.unit.base == wanted.unit.base
    return token.value * (token.unit if own else wanted.unit).factor
