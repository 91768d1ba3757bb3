"""CMB: `question`, `option` (texts by letters, some of them empty), `answer`, `question_type`, which says whether
several options may be right. The test set has its answers in a file of their own: `evaluation.benchmarks.answers`."""

from dgrc.questions.options import missing, pairs
from dgrc.questions.published.row import Read, Row, Rows, each, question
from dgrc.questions.several import KINDS


def read(rows: Rows, path: str) -> Read:
    """The questions of a file's rows, with their labels."""
    yield from each(rows, _one)


def _one(row: Row) -> Row:
    kind = row.get("question_type")
    several = not missing(kind) and any(word in str(kind) for word in KINDS)
    return question(row["question"], pairs(row["option"], "`option`"), row.get("answer"), row.get("id"), several)
