"""Cases as a list for a terminal: rows of a list flow in, renderables flow out, the questions whole."""

from collections.abc import Iterator
from typing import Any

from rich.padding import Padding

from dgrc.report.said import Said
from dgrc.view.show.story import in_words
from dgrc.view.store import Store

LONGEST = 1_000
"""Characters of a question that a list shows."""


def told_rows(store: Store, rows: Iterator[dict[str, Any]]) -> Iterator[Any]:
    """A head and the question of each row."""
    for row in rows:
        id_ = int(row["id"])
        question, case = (_detail(store, stream, id_) for stream in ("questions", "cases"))
        head = Said(f"{question.get('source_id') or row['id']}", style="bold")
        outcome = f", {in_words(row['outcome'])}" if row["outcome"] else ""
        head.append(f"  {row['status']}{outcome}", "none")
        for role in ("teacher", "student"):
            answers = " ".join("–" if chain["answer"] is None else chain["answer"] for chain in case.get(role) or ())
            head.append(f"  {role} {answers or '–'}", "dim")
        yield Padding(head, (0, 0, 0, 2))
        text = " ".join(case.get("text", row["text"]).split())
        more = f" … and {len(text) - LONGEST:,} more characters" if len(text) > LONGEST else ""
        yield Padding(Said(text[:LONGEST] + more), (0, 0, 0, 4))


def _detail(store: Store, stream: str, id_: int) -> dict[str, Any]:
    at = store.tables[stream].place(id_)
    return {} if at is None else store.detail(stream, at)
