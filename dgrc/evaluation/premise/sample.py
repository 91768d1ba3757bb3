"""Which questions a premise is measured on, and what is true of them. Files with labels, or a file with the truth of
every step, flow in; a random sample of their questions flows out, each with its label or its problem.

All that can be wrong with them is said here, before any engine starts. What curation is given of the sample has no
labels (`unlabeled`), and which questions are in it does not depend on what the labels say.
"""

import contextlib
import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dgrc.config import Config
from dgrc.errors import EvaluationError, QuestionFileError
from dgrc.evaluation.benchmarks import load_held_out
from dgrc.evaluation.score import expected_answer
from dgrc.proving.natural.files import read_truth
from dgrc.proving.natural.problem import Problem
from dgrc.questions.columns import RawRow, find_files, read_rows
from dgrc.questions.published import rows_of_form
from dgrc.records import Question, content_id, hash64

GIVE = (
    "Name the label's column in `questions.fields.label`, list labeled files under `evaluation.files`, or give a file "
    "with the truth of every step (--truth)."
)


@dataclass(frozen=True)
class Sample:
    """The questions, of `there` whose truth is known, from which `files`; `notes` say what should be known of them."""

    questions: tuple[Question, ...]
    there: int
    files: tuple[str, ...]
    notes: tuple[str, ...]


def choose(config: Config, count: int, truth_file: Path | None) -> Sample:
    """A random sample of the questions whose truth is known: of `questions.files`, where some of them have labels or
    stand in the truth file, else of the held-out ones.

    Args:
        config: Names the question files; its `seed` draws the sample.
        count: How many are wanted; if there are fewer, all are taken and a note says so.
        truth_file: Problems with the truth of every step; None goes by labels.

    Raises:
        EvaluationError: the truth of no question is known, or the truth file cannot be used.
        QuestionFileError: a question file cannot be read.
    """
    named = (*config.questions.files, *config.evaluation.files)
    if any(name.startswith("proving:") for name in named):
        raise EvaluationError(
            "The questions of the proving world (`proving:`) have no file to take labels from. Their truth is measured "
            "by `python -m benchmarks.evidence`; name files of your own in `questions.files`."
        )
    if not named and not config.evaluation.benchmarks:
        raise EvaluationError(f"There are no question files to measure the premise on. {GIVE}")
    refused: dict[str, str] = {}
    keep = _labeled(config, refused) if truth_file is None else _standing_in(truths_of(truth_file), refused)
    for files, rows in ((config.questions.files, _rows), (_held_out_files(config), _held_out)):
        found, there = _draw(filter(keep, rows(config)) if files else (), count, config.seed)
        if found:
            return Sample(tuple(found), there, files, tuple(_notes(count, there, refused)))
    raise EvaluationError(_nothing(config, truth_file, refused))


def unlabeled(questions: Iterable[Question]) -> list[dict[str, Any]]:
    """Rows of a question file: what curation may know of them."""
    return [
        {"id": q.source_id, "question": q.text}
        | ({"choices": list(q.choices)} if q.choices else {})
        | ({"several": True} if q.several else {})
        for q in questions
    ]


def truths_of(file: Path) -> dict[str, Problem]:
    """The problems of a truth file by their texts, without regard to white space.

    Raises:
        EvaluationError: there is no such file, it has no problem, a row is none, or two rows with one text differ.
    """
    if not file.is_file():
        raise EvaluationError(f"There is no truth file {file}. Give the path of a JSONL file of problems (--truth).")
    found: dict[str, Problem] = {}
    for number, problem in enumerate(read_truth(file), 1):
        texts = (problem.text, problem.answer, *(said for s in problem.steps for said in (s.question, s.answer)))
        if not all(isinstance(text, str) and text.strip() for text in texts):
            raise EvaluationError(
                f"Problem {number} of {file} ({problem.id}) has a text or an answer that is empty or no text. Wanted "
                "are texts, such as `300 mg`, also where an answer is a number."
            )
        before = found.setdefault(key(problem.text), problem)
        if before.answer != problem.answer:
            raise EvaluationError(
                f"Problem {number} of {file} has the text of {before.id} and another answer ({problem.answer!r}, not "
                f"{before.answer!r}): one of them is wrong. Remove or mend it."
            )
    if not found:
        raise EvaluationError(f"The truth file {file} has no problem. Give one JSON object a line (--truth).")
    return found


def key(text: str) -> str:
    """A text without regard to white space, by which questions and problems are matched."""
    return " ".join(text.split())


def _labeled(config: Config, refused: dict[str, str]) -> Callable[[Question], bool]:
    """Whether a question has a label that can be used; those that cannot go to `refused`, by their places."""

    def usable(question: Question) -> bool:
        if question.label is None:
            return False
        try:
            expected_answer(question.label, question.choices, config.method.answers, question.several)
        except EvaluationError as e:
            refused[question.source] = str(e)
            return False
        return True

    return usable


def _standing_in(truths: dict[str, Problem], refused: dict[str, str]) -> Callable[[Question], bool]:
    """Whether a question stands in the truth file; those that do and have options go to `refused`, for a problem's
    answer is no letter."""

    def usable(question: Question) -> bool:
        there = key(question.text) in truths
        if there and question.choices:
            refused[question.source] = "it has options, and the answer of a problem is none of their letters"
        return there and not question.choices

    return usable


def _rows(config: Config) -> Iterator[Question]:
    """The questions that curation would read, as far as rows can be read at all."""
    asked, settings = set[int](), config.questions
    for path in find_files(settings.files):
        for raw in _rows_of(path, config):
            id_ = content_id(raw.text, raw.choices)
            if raw.error is not None or not raw.text or id_ in asked:
                continue
            if settings.limit is not None and len(asked) >= settings.limit:
                return
            asked.add(id_)
            yield Question(id_, raw.source_id, raw.text, raw.choices, raw.label, raw.place, raw.meta, raw.several)


def _rows_of(path: str, config: Config) -> Iterator[RawRow]:
    settings = config.questions
    passed_over = (QuestionFileError,) if settings.broken_files == "quarantine" else ()
    with contextlib.suppress(*passed_over):
        if settings.form is not None:
            yield from rows_of_form(settings.form, path, settings.limits)
        else:
            yield from read_rows(path, settings.fields, settings.limits)


def _held_out(config: Config) -> Iterator[Question]:
    return iter(load_held_out(config.evaluation).questions)


def _held_out_files(config: Config) -> tuple[str, ...]:
    return (*config.evaluation.files, *(name for each in config.evaluation.benchmarks for name in each.files))


def _draw(questions: Iterable[Question], count: int, seed: int) -> tuple[list[Question], int]:
    """The questions with the smallest hashes, and how many there are: a sample by seed and content alone, whatever the
    order of the files, so that a larger one holds the smaller one."""
    seen = itertools.count()
    drawn = heapq.nsmallest(
        count,
        ((hash64("premise", str(seed), str(q.id)), next(seen), q) for q in questions),
    )
    return [question for _, _, question in drawn], next(seen)


def _notes(count: int, there: int, refused: dict[str, str]) -> Iterator[str]:
    if there < count:
        yield f"{count:,} questions were asked for (--questions), but the truth of {there:,} is known: all are taken"
    if refused:
        place, why = next(iter(refused.items()))
        yield f"{len(refused):,} questions are left out, for what is true of them cannot be used; {place}: {why}"


def _nothing(config: Config, truth_file: Path | None, refused: dict[str, str]) -> str:
    """Why there is no question to measure on."""
    files = [*config.questions.files, *_held_out_files(config)]
    where = f"{', '.join(files[:5])}{' and others' if len(files) > 5 else ''}"
    if refused:
        place, why = next(iter(refused.items()))
        return f"None of the {len(refused):,} questions in {where} whose truth is known can be used. {place}: {why}"
    if truth_file is not None:
        return (
            f"The truth file {truth_file} has the text of no question in {where}. Name the question files that belong "
            "to it in `questions.files`, or give the truth file of these questions (--truth)."
        )
    column = config.questions.fields.label
    looked = "" if config.questions.form else f" (column {column!r})" if column else " (no column is named)"
    return (
        f"No question in {where} has a label{looked}, and no truth file was given, so there is nothing to hold chains "
        f"against. {GIVE}"
    )
