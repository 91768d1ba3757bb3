"""The stories of cases: an index flows in, what `case.tell_case` tells of one, or of those of a list, flows out."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from dgrc.config import MethodConfig
from dgrc.view import lists
from dgrc.view.case import marks, tell_case
from dgrc.view.index.words import words
from dgrc.view.query import MOST_ROWS, Chosen, View
from dgrc.view.store import Store

Told = dict[str, Any]
DAMAGED = (KeyError, TypeError, ValueError, AttributeError, IndexError)
BATCH = 1000


def listed(view: View, chosen: Chosen, most: int | None = None) -> Iterator[Told]:
    """The rows of a list, from page to page, `most` of them or all."""
    after, left = None, most
    while left is None or left > 0:
        rows = view.page(chosen, after, MOST_ROWS if left is None else min(left, MOST_ROWS))["rows"]
        yield from rows
        if not rows:
            return
        after, left = int(rows[-1]["id"]), None if left is None else left - len(rows)


def stories(store: Store, method: MethodConfig | None, rows: Iterable[Told], troubles: list[str]) -> Iterator[Told]:
    """The whole story of each row of the list of cases, with its `outcome` in a word and the `marks` of its chains; one
    that cannot be told is noted in `troubles`, and left out."""
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


def story(store: Store, method: MethodConfig | None, id_: int, troubles: list[str]) -> Told | None:
    """The story of one case; None if the run has none of this id, or it cannot be told."""
    row = {"id": id_, "outcome": lists.cases(store).outcome(id_)}
    return next(stories(store, method, [row], troubles), None)


def find(store: Store, said: str) -> int | None:
    """The id of the question that the user's file calls so, or else of the one that has this number."""
    questions = store.tables["questions"]
    named = np.ones(len(questions), bool)
    for word in dict.fromkeys(words(said)):
        named &= store.words("questions", word, False)
    numbers = np.flatnonzero(named).tolist()
    for start in range(0, len(numbers), BATCH):
        some = numbers[start : start + BATCH]
        for number, line in zip(some, store.lines("questions", some), strict=True):
            if line["source_id"] == said:
                return int(questions.ids[number])
    if said.removeprefix("-").isascii() and said.removeprefix("-").isdigit():
        there = any(store.tables[name].place(int(said)) is not None for name in ("questions", "cases"))
        return int(said) if there else None
    return None


def name_of(told: Told) -> str:
    """What a case is called: the id of the user's file, else ours."""
    return str((told["question"] or {}).get("source_id") or told["id"])
