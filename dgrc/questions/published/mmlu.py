"""MMLU: the authors' CSV without a header (question, four options, letter), or the Hub's `question`, `choices`,
`answer` (a number from 0)."""

from collections.abc import Iterator

from dgrc.questions.published.row import Numbered, Row, question


def read(rows: Numbered, path: str) -> Iterator[tuple[int, Row]]:
    """The questions of a file's rows, with their labels."""
    for number, row in rows:
        if "choices" in row:
            yield number, question(row["question"], row["choices"], int(row["answer"]), None)
        else:
            label = "ABCD".index(row["answer"].strip())
            yield number, question(row["question"], [row[name] for name in "ABCD"], label, None)
