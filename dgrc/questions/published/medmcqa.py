"""MedMCQA: `question`, `opa` to `opd`, `cop`, `id`. `cop` is the number of the right option, counted from 1 in the
authors' JSON and from 0 in the Hub's Parquet: which of the two is told by the whole file."""

from dgrc.questions.published.row import Read, Row, Rows, each, place_of, question

NAMES = ("opa", "opb", "opc", "opd")


def read(rows: Rows, path: str) -> Read:
    """The questions of a file's rows, with their labels."""
    counts = {cop for _, row in rows if not isinstance(row, str) and isinstance(cop := place_of(row.get("cop")), int)}
    first, why = _first(counts)

    def one(row: Row) -> Row:
        cop = place_of(row.get("cop"))
        label = cop - first if first is not None and isinstance(cop, int) and cop >= 0 else None
        made = question(row["question"], [row[name] for name in NAMES], label, row.get("id"))
        if isinstance(cop, str):
            made["unlabeled"] = f"its `cop` is {cop[:80]!r}; wanted is the number of an option"
        elif label is None and cop is not None:
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
