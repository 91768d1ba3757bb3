"""MedMCQA: `question`, `opa` to `opd`, `cop`, `id`. `cop` is the number of the right option, counted from 1 in the
authors' JSON and from 0 in the Hub's Parquet: which of the two is told by the whole file."""

from typing import Any

from dgrc.questions.options import missing
from dgrc.questions.published.row import Read, Row, Rows, each, question

NAMES = ("opa", "opb", "opc", "opd")


def read(rows: Rows, path: str) -> Read:
    """The questions of a file's rows, with their labels."""
    counts = {int(row["cop"]) for _, row in rows if not isinstance(row, str) and _is_count(row.get("cop"))}
    first, why = _first(counts)

    def one(row: Row) -> Row:
        cop: Any = row.get("cop")
        label = int(cop) - first if first is not None and _is_count(cop) and int(cop) >= 0 else None
        made = question(row["question"], [row[name] for name in NAMES], label, row.get("id"))
        if label is None and _is_count(cop):
            made["unlabeled"] = why or "its `cop` is -1: MedMCQA's test set has no labels"
        return made

    yield from each(rows, one)


def _first(counts: set[int]) -> tuple[int | None, str | None]:
    """From which number a file counts, or why that cannot be told."""
    labels = {count for count in counts if count >= 0}
    if not labels:
        return None, None
    if {0, 4} <= labels:
        return None, "its file counts `cop` from 0 and from 1; wanted is one of them for all rows"
    if not {0, 4} & labels:
        return None, (
            "in its file `cop` is never 0 and never 4, so whether it counts from 0 or from 1 cannot be told. Give a "
            "file with more rows"
        )
    return 0 if 0 in labels else 1, None


def _is_count(value: object) -> bool:
    if missing(value) or isinstance(value, bool):
        return False
    return isinstance(value, int | float) or (isinstance(value, str) and value.strip().lstrip("-").isdigit())
