"""CMExam: CSV with `Question`, `Options` (one cell, a line `A ...` each), `Answer` (letters). Its files do not say
which questions have several right options, and some have: so each may."""

from dgrc.questions.options import pairs
from dgrc.questions.published.row import Read, Row, Rows, each, question


def read(rows: Rows, path: str) -> Read:
    """The questions of a file's rows, with their labels."""
    yield from each(rows, _one)


def _one(row: Row) -> Row:
    named = {str(name).casefold(): value for name, value in row.items()}
    options = pairs(named["options"], "`Options`")
    return question(named["question"], options, named.get("answer"), named.get("id"), several=True)
