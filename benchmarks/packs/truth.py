"""What is true of the problems' chains and atoms: problems flow in, a `Judge` flows out."""

import re
from collections.abc import Sequence

from dgrc.evaluation.truth.items import ChainTruth, Judge
from dgrc.method import meaning, screen
from dgrc.proving.natural.problem import Problem
from dgrc.records import Chain

_NUMBER = re.compile(r"\d[\d,.]*\d|\d")


class _Steps:
    """Answers by meaning; atoms by the numbers of the step that they ask about."""

    knows_steps = True

    def __init__(self, problems: Sequence[Problem]):
        self._problems = {problem.text: problem for problem in problems}

    def knows(self, text: str) -> bool:
        return text in self._problems

    def chain(self, text: str, chain: Chain) -> ChainTruth:
        problem = self._problems[text]
        said = chain.answer
        return ChainTruth(said is not None and meaning.same(said, problem.answer, question=text))

    def atom(self, question: str, asked_in: tuple[str, ...]) -> str | None:
        for text in asked_in:
            for step in self._problems[text].steps:
                if screen.atom_key(step.question) == screen.atom_key(question):
                    return step.answer
        return None

    def on_target(self, text: str, atom: str, one: Chain, other: Chain) -> bool | None:
        return None


def judge_of(problems: Sequence[Problem]) -> Judge:
    """The judge of computed truth for these problems."""
    return _Steps(problems)
