"""Held-out questions with their labels: the only place where labels are read.

Files are read by the same readers as the unlabeled questions, published benchmarks in their own forms. A row without a
label, or one that cannot be read, is an error here: a benchmark must not shrink unseen. Only exact repeats count once.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dgrc.config import BenchmarkConfig, EvaluationConfig
from dgrc.errors import EvaluationError
from dgrc.evaluation.score import expected_answer
from dgrc.method import meaning
from dgrc.questions.columns import RawRow, check_columns, find_files, read_rows
from dgrc.questions.published import HEADER_ALONE, published_rows, right_answers
from dgrc.records import Question, content_id

OWN = "held_out"
"""The task of the questions in `evaluation.files`."""


@dataclass
class HeldOut:
    """Held-out questions, each once, and the positions of those of each task by its name; `notes` say of files what is
    no error and must be known."""

    questions: list[Question] = field(default_factory=list)
    tasks: dict[str, list[int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, task: str, rows: Iterable[RawRow], limit: int | None) -> None:
        """Takes up the first distinct questions of a task."""
        places = {question.id: place for place, question in enumerate(self.questions)}
        found: dict[int, None] = {}
        for raw in rows:
            # A label that no answer meets must not come out after inference.
            expected = _expected(raw)
            id_ = content_id(raw.text, raw.choices)
            if id_ not in places:
                places[id_] = len(self.questions)
                own = raw.source_id, raw.text, raw.choices, raw.label, raw.place, raw.meta, raw.several
                self.questions.append(Question(id_, *own))
            else:
                _check_same(self.questions[places[id_]], raw, expected)
            found[places[id_]] = None
            if limit is not None and len(found) == limit:
                break
        self.tasks[task] = list(found)


def _expected(raw: RawRow) -> str:
    try:
        return expected_answer(raw.label, raw.choices, several=raw.several)
    except EvaluationError as e:
        raise EvaluationError(f"The evaluation row {raw.place} cannot be used. {e}") from e


def _check_same(first: Question, again: RawRow, expected: str) -> None:
    """Raises EvaluationError where a question is asked again with another right answer."""
    before = expected_answer(first.label, first.choices, several=first.several)
    alike = before == expected or (not first.choices and meaning.same(before, expected, question=first.text))
    if first.several != again.several or not alike:
        raise EvaluationError(
            f"The evaluation rows {first.source} and {again.place} ask one question and have two labels, "
            f"{(first.label or '')[:80]!r} and {(again.label or '')[:80]!r}: one of them is wrong. Remove or mend it."
        )


def load_held_out(config: EvaluationConfig) -> HeldOut:
    """All evaluation questions: those of `files` in their order, then each benchmark's, each cut to `limit`.

    Raises:
        EvaluationError: a row cannot be read, or has no label, or two benchmarks have one name.
        QuestionFileError: a file cannot be read, or no row has a column that a setting names.
    """
    held_out = HeldOut()
    if config.files:
        held_out.add(OWN, _labeled(config), config.limit)
    for benchmark in config.benchmarks:
        name = benchmark.name or benchmark.form
        if name in held_out.tasks:
            raise EvaluationError(f"Two benchmarks are called {name!r}. Give each of `evaluation.benchmarks` a `name`.")
        held_out.add(name, _published(name, benchmark, held_out.notes), config.limit)
    return held_out


def _published(name: str, benchmark: BenchmarkConfig, notes: list[str]) -> Iterator[RawRow]:
    """The rows of a benchmark's files. A table with a header alone is noted, unless there is nothing else."""
    files = find_files(benchmark.files)
    answers = right_answers(find_files(benchmark.answers)) if benchmark.answers else None
    asked = 0
    for path in files:
        for row in published_rows(benchmark.form, path, answers):
            if row.error == HEADER_ALONE:
                notes.append(f"{name}: nothing is asked from {path}: {HEADER_ALONE}")
                continue
            asked += 1
            yield row
    if not asked:
        raise EvaluationError(f"The benchmark {name!r} has no rows: of {', '.join(files)} each has a header alone.")


def _labeled(config: EvaluationConfig) -> Iterator[RawRow]:
    files, had = find_files(config.files), set[str]()
    for path in files:
        for raw in read_rows(path, config.fields):
            had.update(raw.has)
            if raw.error is not None or not raw.text or raw.label is None:
                check_columns(files, config.fields, had, "evaluation.fields")
                missing = raw.unlabeled or "the label is missing"
                problem = raw.error or (missing if raw.text else "the question is empty")
                raise EvaluationError(f"The evaluation row {raw.place} cannot be used: {problem}. Mend or remove it.")
            yield raw
    check_columns(files, config.fields, had, "evaluation.fields")
