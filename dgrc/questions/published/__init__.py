"""Published benchmarks as they lie on disk: their own columns in, questions with labels out. One form a file.

docs/evaluation.md says whose files are read; each form's file says which columns.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from dgrc.errors import EvaluationError, StorageError
from dgrc.method.reading.choices import unlettered
from dgrc.method.reading.options import MOST_CHOICES
from dgrc.questions.columns import RawRow
from dgrc.questions.formats import BROKEN, csv_rows, raw_rows
from dgrc.questions.published import casehold, legalbench, medmcqa, medqa, mmlu
from dgrc.questions.published.row import Numbered, Row

SUFFIXES = (".jsonl", ".json", ".parquet", ".csv", ".tsv")
FORMS: dict[str, Callable[[Numbered, str], Iterator[tuple[int, Row]]]] = {
    "medmcqa": medmcqa.read, "medqa": medqa.read, "mmlu": mmlu.read, "casehold": casehold.read,
    "legalbench": legalbench.read,
}  # fmt: skip


def published_rows(form: str, path: str) -> list[RawRow]:
    """All rows of one file of a benchmark.

    Raises:
        EvaluationError: the file is not of this form, or a row of it cannot be used.
    """
    try:
        rows = list(_numbered(form, path))
        if not rows:
            raise EvaluationError(f"The benchmark file {path} has no rows.")
        return [_checked(f"{path}:{number}", raw) for number, raw in FORMS[form](rows, path)]
    except (KeyError, TypeError, IndexError) as e:
        raise EvaluationError(
            f"The file {path} is not of the form `{form}`: {type(e).__name__} {e}. It has the columns "
            f"{', '.join(map(repr, rows[0][1]))}; docs/evaluation.md says what is wanted."
        ) from e
    except EvaluationError:
        raise
    except StorageError as e:
        raise EvaluationError(f"A benchmark file cannot be read: {e}") from e
    except BROKEN as e:
        raise EvaluationError(f"The benchmark file {path} cannot be read: {e}.") from e


def _numbered(form: str, path: str) -> Iterator[tuple[int, Row]]:
    suffix = Path(path).suffix
    if suffix == ".tsv" or (suffix == ".csv" and form == "mmlu"):
        rows = _table(path, "\t" if suffix == ".tsv" else ",", header=form != "mmlu")
    else:
        rows = raw_rows(path)
    for number, row in rows:
        if isinstance(row, str):
            raise EvaluationError(f"The benchmark row {path}:{number} cannot be used: {row}.")
        yield number, row


def _table(path: str, separator: str, header: bool) -> Iterator[tuple[int, Row | str]]:
    """A table as its authors wrote it; without a header the columns of MMLU are meant."""
    names = None if header else ["question", "A", "B", "C", "D", "answer"]
    for number, row in csv_rows(path, separator=separator, names=names):
        if not isinstance(row, str) and None in row.values():
            yield number, "fewer values than the header has columns"
        else:
            yield number, row


def _checked(place: str, row: Row) -> RawRow:
    if not isinstance(row["text"], str) or not row["text"].strip():
        raise EvaluationError(f"The benchmark row {place} cannot be used: it has no question.")
    if len(row["choices"]) > MOST_CHOICES:
        raise EvaluationError(f"The benchmark row {place} cannot be used: letters tell {MOST_CHOICES} options apart.")
    source_id = "" if row["source_id"] is None else str(row["source_id"])
    choices = unlettered(tuple(" ".join(choice.split()) for choice in row["choices"]))
    return RawRow(place, row["text"].strip(), choices, row["label"], source_id)
