"""What a run made, item by item, each with its question and what is true of it.

A run and a `Judge` flow in; `Items` flow out. Nothing here feeds back into curation or training.
"""

from dataclasses import dataclass
from typing import Protocol

from dgrc.records import Chain
from dgrc.storage.run_dir import RunDir


@dataclass(frozen=True)
class ChainTruth:
    """Whether a chain's answer is right and, where steps have truth, how many of those that it states are wrong."""

    answer_right: bool
    stated: int | None = None
    wrong: int | None = None

    @property
    def right(self) -> bool:
        """Right in its answer and in every step that it states and that can be checked."""
        return self.answer_right and not self.wrong


class Judge(Protocol):
    """What knows the truth: labels know answers alone, computed truth knows steps too."""

    knows_steps: bool

    def knows(self, text: str) -> bool:
        """Whether the truth of this question is known at all."""

    def chain(self, text: str, chain: Chain) -> ChainTruth:
        """What is true of a chain of this question."""

    def atom(self, question: str, asked_in: tuple[str, ...]) -> str | None:
        """The right answer to an atomic question that was asked in these questions; None where it cannot be told."""

    def on_target(self, text: str, atom: str, one: Chain, other: Chain) -> bool | None:
        """Whether an atom asks about a step at which two chains part; None where it cannot be told."""


@dataclass(frozen=True)
class ChainItem:
    """A chain of a question. `read` says whether an answer was read, `stopped` whether it ended by itself."""

    question: int
    role: str
    read: bool
    stopped: bool
    truth: ChainTruth


@dataclass(frozen=True)
class AtomItem:
    """A distinct atom: `questions` asked it. `right` is None where its truth cannot be told, `answer` may be None."""

    questions: tuple[int, ...]
    text: str
    answer: str | None
    kept: bool
    right: bool | None
    truth: str | None


@dataclass(frozen=True)
class AskedItem:
    """An atom as one diagnosis asked it. `teacher_right` is whether the teacher's chain answers right."""

    question: int
    text: str
    on_target: bool | None
    teacher_right: bool


@dataclass(frozen=True)
class VerdictItem:
    """A verdict on a teacher's chain; `passed` is None where there was none, `reason` says why."""

    question: int
    passed: bool | None
    reason: str | None
    truth: ChainTruth


@dataclass(frozen=True)
class AgreeingItem:
    """A question on which both models agree, and whether what they agree on is wrong."""

    question: int
    wrong: bool


@dataclass(frozen=True)
class Items:
    """All of a run."""

    chains: tuple[ChainItem, ...]
    atoms: tuple[AtomItem, ...]
    asked: tuple[AskedItem, ...]
    verdicts: tuple[VerdictItem, ...]
    agreeing: tuple[AgreeingItem, ...]


def items_of(run: RunDir, judge: Judge) -> Items:
    """Everything that a curated run holds of questions whose truth is known."""
    raise NotImplementedError
