"""MMLU: the authors' CSV without a header (question, four options, letter), or the Hub's `question`, `choices`,
`answer` (a number from 0)."""

from typing import Any

from dgrc.questions.options import missing, pairs
from dgrc.questions.published.row import Read, Row, Rows, each, question

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
        answer: Any = row.get("answer")
        label = None if missing(answer) else int(answer)
        return question(row["question"], pairs(row["choices"], "`choices`"), label, None)
    return question(row["question"], [row[name] for name in "ABCD"], row["answer"], None)
