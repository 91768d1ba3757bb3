"""Labels as a judge: a run's questions flow in, whether a chain answers as its label says flows out. Steps it knows
none.

Labels are read here after the fact; nothing flows back into curation.
"""

from collections.abc import Iterable
from typing import Self

import pyarrow.parquet as pq

from dgrc.errors import EvaluationError
from dgrc.evaluation.score import is_right
from dgrc.evaluation.truth.items import ChainTruth
from dgrc.records import Chain, Question
from dgrc.storage.arrow import from_row
from dgrc.storage.run_dir import RunDir


class Labels:
    """A `Judge` of labels alone.

    Args:
        questions: Those of the run. Who has no label is not known.
        form: `method.answers` of the run.
        tolerance: Its `method.number_tolerance`.
    """

    knows_steps = False

    def __init__(self, questions: Iterable[Question], form: str = "auto", tolerance: float = 0.0):
        self._form, self._tolerance = form, tolerance
        self._labelled: dict[str, Question] = {}
        doubtful: set[str] = set()
        for question in questions:
            if question.label is not None:
                before = self._labelled.setdefault(question.text, question)
                if (before.label, before.choices) != (question.label, question.choices):
                    doubtful.add(question.text)
        for text in doubtful:  # one text with two truths has none
            del self._labelled[text]

    @classmethod
    def of(cls, run: RunDir, form: str = "auto", tolerance: float = 0.0) -> Self:
        """Of the questions that a run took in.

        Raises:
            EvaluationError: the run has taken in none yet.
        """
        folder = run.dataset("questions")
        if not list(folder.glob("*.parquet")):
            raise EvaluationError(
                f"The run {run.root} has no questions yet, so it has no labels either: there are no Parquet files in "
                f"{folder}. Curate it first (`dgrc curate`)."
            )
        rows = pq.ParquetDataset(folder).read().to_pylist()
        return cls((from_row(Question, row) for row in rows), form, tolerance)

    def knows(self, text: str) -> bool:
        """Whether the question has a label, and but one."""
        return text in self._labelled

    def chain(self, text: str, chain: Chain) -> ChainTruth:
        """Whether the chain's answer is the label.

        Raises:
            EvaluationError: the label is unusable.
        """
        question = self._labelled[text]
        right = is_right(
            chain.answer, question.label, question.choices, self._form, self._tolerance, question.several, text
        )  # fmt: skip
        return ChainTruth(right)

    def atom(self, question: str, asked_in: tuple[str, ...]) -> str | None:
        """A label says nothing of atoms."""
        return None

    def on_target(self, text: str, atom: str, one: Chain, other: Chain) -> bool | None:
        """A label says nothing of steps."""
        return None
