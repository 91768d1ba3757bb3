"""Computed truth as a judge: problems with their steps flow in; what is true of chains and atoms flows out.

Answers are compared as the product compares them. Of a chain the text counts, its thoughts do not. An atom whose truth
is in doubt has none: an oracle that errs spoils every figure that stands on it.
"""

from collections.abc import Iterable
from fractions import Fraction

from dgrc.evaluation.score import is_right
from dgrc.evaluation.truth import dated, worked_out
from dgrc.evaluation.truth.asking import named
from dgrc.evaluation.truth.equations import equations
from dgrc.evaluation.truth.items import ChainTruth
from dgrc.evaluation.truth.steps import asked_whole, inputs_of, number_of, stated, step_of
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
            found.append(step.answer if step is not None else asked_whole(question, problem) or stated(question, problem))
        said = [answer for answer in found if answer is not None]
        if not said or not all(meaning.same(said[0], other, "auto", 0.0, question) for other in said[1:]):
            return None
        return said[-1]

    def on_target(self, text: str, atom: str, one: Chain, other: Chain) -> bool | None:
        """Whether the chains state different results for what the atom asks, or one of them states none."""
        problem = self._problems[text]
        step = step_of(atom, problem)
        answer = step.answer if step is not None else worked_out.answer(atom)
        if answer is None:
            return None
        inputs = {t.value for t in (inputs_of(step) if step is not None else named(atom)).tokens}
        return _result(one.text, inputs, answer) != _result(other.text, inputs, answer)


def _result(text: str, inputs: set[Fraction], answer: str) -> frozenset[Fraction]:
    """What a chain gives for these inputs, by its equations or by naming the right answer."""
    found = frozenset(e.result.value for e in equations(text) if {*e.inputs} == inputs)
    if found:
        return found
    number = number_of(answer)
    amounts = named(answer).amounts
    return frozenset({number}) if number is not None and amounts & named(text).amounts else frozenset()
