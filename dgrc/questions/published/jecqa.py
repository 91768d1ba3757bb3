"""JEC-QA: `statement`, `option_list` (texts by letters), `answer` (letters, of which the exam allows several), `id`.
The files are JSON Lines called `.json`. Those of the test set have no answers: `evaluation.benchmarks.answers` may
bring them."""

from dgrc.questions.options import pairs
from dgrc.questions.published.row import Read, Row, Rows, each, question


def read(rows: Rows, path: str) -> Read:
    """The questions of a file's rows, with their labels."""
    yield from each(rows, _one)


def _one(row: Row) -> Row:
    options = pairs(row["option_list"], "`option_list`")
    return question(row["statement"], options, row.get("answer"), row.get("id"), several=True)
