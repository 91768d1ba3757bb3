"""MMLU: the authors' CSV without a header (question, four options, letter), or the Hub's `question`, `choices`,
`answer` (a number from 0)."""

from dgrc.questions.options import pairs
from dgrc.questions.published.row import Read, Row, Rows, each, place_of, question

NAMES = ["question", "A", "B", "C", "D", "answer"]
"""The columns of a table without a header."""


def is_header(values: list[str]) -> bool:
    """Whether a table's first row is one: people add it."""
    return {"question", "answer"} <= {value.strip().casefold() for value in values}


def read(rows: Rows, path: str) -> Read:
    """The questions of a file's rows, with their labels."""
    yield from each(rows, _one)


def _one(row: Row) -> Row:
    if "choices" in row:
        return question(row["question"], pairs(row["choices"], "`choices`"), place_of(row.get("answer")), None)
    named = {name.strip().casefold(): value for name, value in row.items()}  # of a header that people added
    return question(named["question"], [named[name] for name in "abcd"], named["answer"], None)
