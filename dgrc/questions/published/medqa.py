"""MedQA: `question`, `options` (a mapping from letters, or the Hub's list of `key` and `value`), `answer_idx`; without
that `answer`, the right option's text."""

from dgrc.questions.options import missing, pairs
from dgrc.questions.published.row import Read, Row, Rows, each, question


def read(rows: Rows, path: str) -> Read:
    """The questions of a file's rows, with their labels."""
    yield from each(rows, _one)


def _one(row: Row) -> Row:
    options, label = pairs(row["options"], "`options`"), row.get("answer_idx")
    if missing(label) or label == "":
        label = row.get("answer")
        texts = [text for _, text in options]
        label = texts.index(label) if label in texts and not missing(label) else label
    return question(row["question"], options, label, row.get("id"))
