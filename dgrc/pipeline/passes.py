"""THE TABLE: every pass over the corpus, what it reads and writes, and which engines it asks.

Each row of a dataset is a record of `dgrc.records`; a pass turns each row it reads into one row it
writes, with its result or its error, so nothing is lost or doubled. `graph` makes a Ray Dataset of a
line of this table; `curate` runs the lines in order.
"""

import dataclasses
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from dgrc.config import Config
from dgrc.pipeline import counters
from dgrc.pipeline.steps import answer, gather, verify, write
from dgrc.pipeline.steps.toolbox import Toolbox
from dgrc.records import Atom, AtomQuestion, Case, Question, VerifiedCase
from dgrc.records.corpus import Passage, WrittenPassage


@dataclass(frozen=True)
class Pass:
    """One line of the table.

    Attributes:
        name: What it is called in logs, state and `dgrc show`.
        reads: Dataset it reads, and the record type of its rows.
        columns: Columns it reads; others (a label, say) never reach the step.
        writes: Dataset it writes, and the record type of its rows.
        roles: Engines it asks, by the configuration.
        step: `(Toolbox, record) -> record`, the work on one row.
        method: The functions of `dgrc.method` that the step strings together.
        counters: Names what its report is to count in a written row.
        counted: Columns that `counters` looks at, of nested ones only the parts; texts are not read again for it.
        settings: Settings of the method that decide its rows, beside all that is upstream; another value redoes it.
    """

    name: str
    reads: tuple[str, type[Any]]
    columns: tuple[str, ...]
    writes: tuple[str, type[Any]]
    roles: Callable[[Config], tuple[str, ...]]
    step: Callable[[Toolbox, Any], Awaitable[Any]]
    method: tuple[str, ...]
    counters: Callable[[dict[str, Any]], Iterable[str]]
    counted: tuple[str, ...]
    settings: tuple[str, ...]

    def written_columns(self) -> tuple[str, ...]:
        """Names of the columns it writes."""
        return tuple(f.name for f in dataclasses.fields(self.writes[1]))


GATHER = Pass(
    name="gather",
    reads=("questions", Question),
    columns=("id", "text", "choices", "several"),
    writes=("cases", Case),
    roles=lambda config: ("teacher", "student", *(("auditor",) if config.method.audit_share else ())),
    step=gather.gather,
    method=("sample", "reading", "compare", "meaning", "quantities", "grade", "audit", "diagnose"),
    counters=counters.of_case,
    counted=(
        *(f"{r}.list.element.{part}" for r in counters.ROLES for part in ("answer", "finish_reason", "read_by")),
        "diagnoses.list.element.error", "diagnoses.list.element.refused.list.element.reason", "error",
    ),
    settings=(
        "prompts", "teacher_chains", "student_chains", "teacher_sampling", "student_sampling", "diagnose_sampling",
        "answers", "number_tolerance", "grader", "judge_sampling", "pairs", "max_pairs", "audit_share",
        "auditor_chains", "ask_unread", "thoughts",
    ),
)
ANSWER = Pass(
    name="answer",
    reads=("atom_questions", AtomQuestion),
    columns=("id", "question", "variants", "asked_by"),
    writes=("answers", Atom),
    roles=lambda config: ("teacher", *(("student",) if config.method.ifd else ())),
    step=answer.answer,
    method=("answer", "meaning", "quantities", "screen", "judge"),
    counters=counters.of_atom,
    counted=("answers", "judge", "error"),
    settings=(
        "near_duplicate", "shared_answers", "answers_per_atom", "answer_sampling", "min_agreement", "ifd", "judge",
        "judge_sampling",
    ),
)
VERIFY = Pass(
    name="verify",
    reads=("cases", Case),
    columns=("id", "text", "choices", "status", "teacher", "student", "diagnoses", "error", "auditor", "several"),
    writes=("verdicts", VerifiedCase),
    roles=verify.roles,
    step=verify.verify,
    method=("extract", "verify", "meaning", "quantities", "audit"),
    counters=counters.of_verdicts,
    counted=(*(f"verdicts.list.element.{part}" for part in ("consistent", "facts", "reason")), "audit"),
    settings=("verify_sampling", "number_tolerance", "corpus_facts", "fact_coverage", "agreeing", "resample"),
)

WRITE = Pass(
    name="write",
    reads=("passages", Passage),
    columns=("id", "document", "source", "title", "start", "end", "text"),
    writes=("written", WrittenPassage),
    roles=lambda config: ("teacher",),
    step=write.write,
    method=("write",),
    counters=counters.of_written,
    counted=("questions.list.element.dropped_because",),
    settings=("prompts",),
)
"""Not of a run's rounds: `dgrc questions` runs it over a corpus, before there are questions."""

PASSES: tuple[Pass, ...] = (GATHER, ANSWER, VERIFY)
"""Between them run `ingest` (files to questions), `collect` (cases to distinct atoms), `screen.screen_corpus` (answers
to atoms, across the corpus), `index.build_index` (atoms to a searchable index) and `assemble` (atoms and verdicts to
curricula), which ask no engine."""
