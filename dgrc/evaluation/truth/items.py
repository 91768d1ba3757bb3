"""What a run made, item by item, each with its question and what is true of it.

A run and a `Judge` flow in; `Items` flow out. Nothing here feeds back into curation or training.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow.parquet as pq

from dgrc.errors import EvaluationError
from dgrc.method import meaning
from dgrc.method.compare import majority_answer
from dgrc.records import Chain
from dgrc.storage.arrow import from_row
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


_ROLES = ("teacher", "student", "auditor")
_CASE = ("id", "text", "status", *_ROLES, "diagnoses")
_ATOM = ("id", "question", "asked_by", "answer", "kept")
_VERDICT = ("id", "text", "teacher", "verdicts")
Row = dict[str, Any]


def items_of(run: RunDir, judge: Judge) -> Items:
    """Everything that a curated run holds of questions whose truth is known.

    Atoms are there once they are answered and verdicts once they are given; before that there are none.

    Raises:
        EvaluationError: the run has no cases.
    """
    cases = [_Case(row, judge) for row in _rows(run, "cases", _CASE) if judge.knows(row["text"])]
    if not cases and not list(run.dataset("cases").glob("*.parquet")):
        raise EvaluationError(
            f"The run {run.root} has no cases yet, so there is nothing to hold against the truth: there are no Parquet "
            f"files in {run.dataset('cases')}. Curate it first (`dgrc curate`)."
        )
    texts = {case.id: case.text for case in cases}
    atoms = (_atom_item(row, texts, judge) for row in _rows(run, "atoms", _ATOM))
    return Items(
        chains=tuple(item for case in cases for item in case.chain_items()),
        atoms=tuple(item for item in atoms if item is not None),
        asked=tuple(item for case in cases for item in case.asked_items()),
        verdicts=tuple(item for row in _rows(run, "verdicts", _VERDICT) for item in _verdict_items(row, judge)),
        agreeing=tuple(AgreeingItem(case.id, case.agreed_on_wrong()) for case in cases if case.status == "agreeing"),
    )


class _Case:
    """A row of cases with the truth of each of its chains."""

    def __init__(self, row: Row, judge: Judge):
        self.id: int = row["id"]
        self.text: str = row["text"]
        self.status: str = row["status"]
        self._diagnoses: list[Row] = row["diagnoses"]
        self._judge = judge
        self._chains = {role: _chains(row.get(role)) for role in _ROLES}
        self._truths = {
            role: [judge.chain(self.text, chain) for chain in chains] for role, chains in self._chains.items()
        }

    def chain_items(self) -> Iterator[ChainItem]:
        for role in _ROLES:
            for chain, truth in zip(self._chains[role], self._truths[role], strict=True):
                yield ChainItem(self.id, role, chain.answer is not None, chain.finish_reason == "stop", truth)

    def asked_items(self) -> Iterator[AskedItem]:
        for diagnosis in self._diagnoses:
            ours = self._chains["teacher"][diagnosis["teacher"]]
            theirs = self._chains[diagnosis.get("against") or "student"][diagnosis["other"]]
            right = self._truths["teacher"][diagnosis["teacher"]].answer_right
            for atom in diagnosis["atoms"]:
                yield AskedItem(self.id, atom, self._judge.on_target(self.text, atom, ours, theirs), right)

    def agreed_on_wrong(self) -> bool:
        """Whether the answer that most of the teacher's chains give is wrong."""
        chains = self._chains["teacher"]
        answers = [chain.answer for chain in chains]
        agreed = majority_answer(chains)
        return agreed is None or not self._truths["teacher"][answers.index(agreed)].answer_right


def _atom_item(row: Row, texts: dict[int, str], judge: Judge) -> AtomItem | None:
    """An atom with its truth; None if no question of known truth asked it."""
    asked_by = tuple(question for question in row["asked_by"] if question in texts)
    if not asked_by:
        return None
    question, answer = row["question"], row["answer"]
    truth = judge.atom(question, tuple(texts[id_] for id_ in asked_by))
    right = None if truth is None else answer is not None and meaning.same(answer, truth, question=question)
    return AtomItem(asked_by, question, answer, row["kept"], right, truth)


def _verdict_items(row: Row, judge: Judge) -> Iterator[VerdictItem]:
    if not judge.knows(row["text"]):
        return
    chains = _chains(row["teacher"])
    for verdict in row["verdicts"]:
        truth = judge.chain(row["text"], chains[verdict["chain"]])
        yield VerdictItem(row["id"], verdict["consistent"], verdict["reason"], truth)


def _chains(rows: Sequence[Row] | None) -> tuple[Chain, ...]:
    return tuple(from_row(Chain, row) for row in rows or ())


def _rows(run: RunDir, name: str, columns: Sequence[str]) -> list[Row]:
    """The rows of a dataset by their ids, with the columns that are needed; none where it is not there yet."""
    folder = run.dataset(name)
    if not list(folder.glob("*.parquet")):
        return []
    dataset = pq.ParquetDataset(folder)
    there = [column for column in columns if column in dataset.schema.names]  # `auditor` came later than the rest
    rows: list[Row] = dataset.read(columns=there).to_pylist()
    return sorted(rows, key=lambda row: int(row["id"]))
