"""MedQA: `question`, `options` (a mapping from letters, or the Hub's list of `key` and `value`), `answer_idx`."""

from collections.abc import Iterator

from dgrc.questions.published.row import Numbered, Row, question


def read(rows: Numbered, path: str) -> Iterator[tuple[int, Row]]:
    """The questions of a file's rows, with their labels."""
    for number, row in rows:
        options = row["options"]
        if isinstance(options, list):
            options = {option["key"]: option["value"] for option in options}
        letters = sorted(options)
        label = letters.index(row["answer_idx"].strip())
        yield number, question(row["question"], [options[name] for name in letters], label, row.get("id"))
