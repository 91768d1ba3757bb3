"""The cases of a report: an index flows in, the stories of those that tell most flow out, in the order of the pages."""

from collections.abc import Iterator
from typing import Any

from dgrc.config import MethodConfig
from dgrc.view import lists
from dgrc.view.case import marks, tell_case
from dgrc.view.query import MOST_ROWS, Chosen, View
from dgrc.view.store import Store

Told = dict[str, Any]
DAMAGED = (KeyError, TypeError, ValueError, AttributeError, IndexError)


def listed(view: View, chosen: Chosen, most: int | None = None) -> Iterator[Told]:
    """The rows of a list, from page to page, `most` of them or all."""
    after, left = None, most
    while left is None or left > 0:
        rows = view.page(chosen, after, MOST_ROWS if left is None else min(left, MOST_ROWS))["rows"]
        yield from rows
        if not rows:
            return
        after, left = int(rows[-1]["id"]), None if left is None else left - len(rows)


def stories(store: Store, method: MethodConfig | None, rows: Iterator[Told], troubles: list[str]) -> Iterator[Told]:
    """The whole story of each row of the list of cases; one that cannot be told is noted, and left out."""
    for row in rows:
        try:
            told = tell_case(store, int(row["id"]), method)
            if told is not None:
                yield {**told, "outcome": row["outcome"], "marks": marks(told)}
        except DAMAGED as e:
            troubles.append(f"The case {row['id']} cannot be told ({type(e).__name__}: {e})")


def most_telling(store: Store, method: MethodConfig | None, most: int, troubles: list[str]) -> Iterator[Told]:
    """The stories of the cases that tell most."""
    return stories(store, method, listed(lists.cases(store), Chosen(order="telling"), most), troubles)
