"""MedQA: `question`, `options` (a mapping from letters, or the Hub's list of `key` and `value`), `answer_idx`."""

from dgrc.questions.options import pairs
from dgrc.questions.published.row import Read, Row, Rows, each, question


def read(rows: Rows, path: str) -> Read:
    """The questions of a file's rows, with their labels."""
    yield from each(rows, _one)


def _one(row: Row) -> Row:
    return question(row["question"], pairs(row["options"], "`options`"), row.get("answer_idx"), row.get("id"))
