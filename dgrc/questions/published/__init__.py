"""Published questions as they lie on disk: their own columns in, questions with labels out. One form a file.

docs/evaluation.md says whose files are read; each form's file says which columns. A row that cannot be used comes out
too, with why: among the questions of a run it is quarantined, in an evaluation it is an error.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from dgrc.config import LimitsConfig
from dgrc.errors import EvaluationError, QuestionFileError, StorageError
from dgrc.questions.columns import RawRow, made
from dgrc.questions.files.formats import BROKEN, LIMITS, raw_rows
from dgrc.questions.files.packed import suffix_of
from dgrc.questions.files.tables import table_rows
from dgrc.questions.options import Unusable, as_text, missing
from dgrc.questions.published import (
    bar_exam,
    casehold,
    cmb,
    cmexam,
    jecqa,
    lawbench,
    legalbench,
    medmcqa,
    medqa,
    mmlu,
    pubmedqa,
)
from dgrc.questions.published.row import Row
from dgrc.storage.objectstore.files import size

FORMS: dict[str, Callable[[Any, str], Iterator[tuple[int, Row | str]]]] = {
    "medmcqa": medmcqa.read, "medqa": medqa.read, "mmlu": mmlu.read, "pubmedqa": pubmedqa.read, "cmb": cmb.read,
    "cmexam": cmexam.read, "casehold": casehold.read, "case_hold": casehold.read, "legalbench": legalbench.read,
    "jecqa": jecqa.read, "lawbench": lawbench.read, "bar_exam": bar_exam.read,
}  # fmt: skip
HEADER_ALONE = "it has a header and no rows"
"""LegalBench gives out such a file for a task without solved examples (`rule_qa`)."""
SHORT = "fewer values than the header has columns"


def published_rows(
    form: str, path: str, answers: Mapping[str, Any] | None = None, labels: bool = True
) -> list[RawRow]:
    """All rows of one file of a benchmark; of a table with a header alone one, whose error says so (`HEADER_ALONE`).

    Args:
        form: Which form it is in.
        path: The file.
        answers: Right answers by id, where they are apart from the questions.
        labels: Whether each must have a label.

    Raises:
        EvaluationError: the file is not of this form, or a row of it cannot be used.
    """
    try:
        rows = list(rows_of_form(form, path, LIMITS, answers))
    except QuestionFileError as e:
        raise EvaluationError(str(e)) from e
    if not rows and suffix_of(path) in (".csv", ".tsv") and form != "mmlu" and size(path) > 0:
        return [RawRow(path, error=HEADER_ALONE)]
    if not rows:
        raise EvaluationError(f"The benchmark file {path} has no rows.")
    for raw in rows:
        problem = raw.error or (not raw.text and "it has no question") or None
        if labels and problem is None and raw.label is None:
            problem = raw.unlabeled or "it has no label"
        if problem is not None:
            raise EvaluationError(
                f"The benchmark row {raw.place} cannot be used: {problem}. It is read in the form `{form}`; "
                "docs/evaluation.md says what is wanted."
            )
    return rows


def rows_of_form(
    form: str, path: str, limits: LimitsConfig = LIMITS, answers: Mapping[str, Any] | None = None
) -> Iterator[RawRow]:
    """All rows of one file in a published form.

    Raises:
        QuestionFileError: the file as a whole cannot be read, or is not of this form.
    """
    rows = FileRows(form, path, limits, answers)
    try:
        yield from read_form(form, rows.at_once() if form == "legalbench" else rows, path)
        for number, refused in rows.refused:
            yield RawRow(f"{path}:{number}", error=refused)
    except StorageError as e:
        raise QuestionFileError(f"A file of the form `{form}` cannot be read: {e}") from e
    except EvaluationError as e:
        raise QuestionFileError(str(e)) from e
    except BROKEN as e:
        raise QuestionFileError(f"The file {path} of the form `{form}` cannot be read: {e}. Mend or remove it.") from e
    except (KeyError, TypeError, IndexError) as e:
        raise QuestionFileError(
            f"The file {path} is not of the form `{form}`: {type(e).__name__} {e}. docs/evaluation.md says what is "
            "wanted."
        ) from e


def read_form(form: str, rows: Any, path: str) -> Iterator[RawRow]:
    """What a form makes of rows with their numbers."""
    return (_raw(f"{path}:{number}", row) for number, row in FORMS[form](rows, path))


class FileRows:
    """The rows of a file, each time it is gone through: some forms must look at all before they can read one.

    `refused` are those that a form which takes them all `at_once` does not see.
    """

    def __init__(self, form: str, path: str, limits: LimitsConfig, answers: Mapping[str, Any] | None):
        self._form, self._path, self._limits, self._answers = form, path, limits, answers
        self.refused: list[tuple[int, str]] = []

    def __iter__(self) -> Iterator[tuple[int, Row | str]]:
        is_table = suffix_of(self._path) in (".csv", ".tsv")
        for number, row in self._found():
            if is_table and not isinstance(row, str) and None in row.values():
                yield number, SHORT
            elif self._answers is not None and not isinstance(row, str):
                yield number, {**row, "answer": self._answers.get(as_text(row.get("id")))}
            else:
                yield number, row

    def at_once(self) -> list[tuple[int, Row]]:
        """All rows that can be read."""
        found = list(self)
        self.refused = [(number, row) for number, row in found if isinstance(row, str)]
        return [(number, row) for number, row in found if not isinstance(row, str)]

    def _found(self) -> Iterator[tuple[int, Row | str]]:
        suffix = suffix_of(self._path)
        if self._form == "mmlu" and suffix in (".csv", ".tsv"):  # its authors' files have no header
            separator = "," if suffix == ".csv" else "\t"
            return table_rows(self._path, self._limits, separator, mmlu.NAMES, mmlu.is_header)
        return raw_rows(self._path, self._limits)


def right_answers(files: Iterable[str]) -> dict[str, Any]:
    """The answers in files that have these apart from the questions, by id.

    Raises:
        EvaluationError: a row has no `id` or no `answer`, or two have one id.
    """
    found: dict[str, Any] = {}
    for path in files:
        try:
            for number, row in raw_rows(path):
                if isinstance(row, str) or missing(row.get("id")) or "answer" not in row:
                    why = row if isinstance(row, str) else "it has no `id` or no `answer`"
                    raise EvaluationError(f"The row {path}:{number} of right answers cannot be used: {why}.")
                if found.setdefault(as_text(row["id"]), row["answer"]) != row["answer"]:
                    raise EvaluationError(f"The row {path}:{number} has another answer for the id {row['id']!r}.")
        except BROKEN as e:
            raise EvaluationError(f"The file of right answers {path} cannot be read: {e}.") from e
    return found


def _raw(place: str, row: Row | str) -> RawRow:
    if isinstance(row, str):
        return RawRow(place, error=row)
    try:
        if not isinstance(row["text"], str) or not row["text"].strip():
            raise Unusable("it has no question")
        choices = [" ".join(choice.split()) for choice in row["choices"]]
        raw = made(
            place, row["text"], choices, row["label"], row.get("unlabeled"), row["source_id"], row.get("several", False)
        )
    except Unusable as e:
        return RawRow(place, error=str(e))
    return dataclasses.replace(raw, meta=row.get("meta", "{}"))
