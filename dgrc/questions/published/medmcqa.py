"""MedMCQA: `question`, `opa` to `opd`, `cop`, `id`. `cop` is the number of the right option, counted from 1 in the
authors' JSON and from 0 in the Hub's Parquet: which of the two is told by the whole file."""

from collections.abc import Iterator

from dgrc.errors import EvaluationError
from dgrc.questions.published.row import Numbered, Row, question


def read(rows: Numbered, path: str) -> Iterator[tuple[int, Row]]:
    """The questions of a file's rows, with their labels."""
    answers = {int(row["cop"]) for _, row in rows}
    if min(answers) < 0:
        raise EvaluationError(f"The file {path} has rows whose `cop` is -1: MedMCQA's test set has no labels.")
    if 0 in answers and 4 in answers:
        raise EvaluationError(f"The file {path} counts `cop` from 0 and from 1; wanted is one of them for all rows.")
    if 0 not in answers and 4 not in answers:
        raise EvaluationError(
            f"In the file {path} `cop` is never 0 and never 4, so whether it counts from 0 or from 1 cannot be told. "
            "Give a file with more rows."
        )
    first = 0 if 0 in answers else 1
    for number, row in rows:
        options = [row[name] for name in ("opa", "opb", "opc", "opd")]
        yield number, question(row["question"], options, int(row["cop"]) - first, row.get("id"))
