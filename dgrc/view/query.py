"""Lists: what was chosen (facets, words, an order, a place) flows in; counts, rows and the neighbours of one flow out.

A `View` is one list of a run's round, of its cases or its atoms, made anew when the index has grown. Columns of other
streams are joined to it by id.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dgrc.view.index.segment import ONE
from dgrc.view.index.words import terms
from dgrc.view.store import Mask, Store, Table

MOST_ROWS, MOST_VALUES, KEPT_SEARCHES = 100, 40, 16


@dataclass
class Facet:
    """A column to filter by: `names` of its codes, or of its bits where a row has `many` values. Code 0 is none."""

    label: str
    codes: np.ndarray
    names: dict[int, str]
    many: bool = False

    def chosen(self, values: Sequence[str]) -> Mask:
        """The rows that have one of these values."""
        codes = [code for code, name in self.names.items() if name in values]
        if self.many:
            return (self.codes & np.uint32(sum(1 << (code - 1) for code in codes))) != 0
        return np.isin(self.codes, np.array(codes, ONE))

    def counts(self, mask: Mask) -> list[tuple[str, int]]:
        """The values of the rows of a mask with their numbers, most first."""
        codes = self.codes[mask]
        if self.many:
            found = {code: int(np.count_nonzero(codes & np.uint32(1 << (code - 1)))) for code in self.names}
        else:
            counted = np.bincount(codes, minlength=1)
            found = {code: int(counted[code]) if code < len(counted) else 0 for code in self.names}
        named = sorted(
            ((self.names[code], count) for code, count in found.items() if count), key=lambda at: (-at[1], at)
        )
        return named[:MOST_VALUES]


@dataclass
class Chosen:
    """What a list is asked for: values by facet, words, an order, and which way round."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    words: str = ""
    order: str = ""

    @property
    def key(self) -> tuple[Any, ...]:
        return (tuple(sorted((name, tuple(sorted(said))) for name, said in self.values.items() if said)), self.words)


class View:
    """One list: the rows of a table (of a mask, if it has not all), its facets, and its orders, each a column of which
    the largest come first."""

    def __init__(
        self, store: Store, stream: str, facets: dict[str, Facet], orders: dict[str, np.ndarray],
        mask: Mask | None = None,
    ):  # fmt: skip
        self._store, self._stream, self.facets = store, stream, facets
        self.table: Table = store.tables[stream]
        self._mask = np.ones(len(self.table), bool) if mask is None else mask
        self.size = int(np.count_nonzero(self._mask))
        self._by = orders
        self.orders = tuple(orders)
        self._ranked: dict[str, np.ndarray] = {}
        self._found: dict[tuple[Any, ...], Mask] = {}
        self._lock = threading.Lock()

    def page(self, chosen: Chosen, after: int | None = None, limit: int = 50) -> dict[str, Any]:
        """Rows that follow the one with the id `after`, with the number of all and the counts of each facet.

        A value's count is of the rows that would be there were it chosen alone in its facet, so that another value can
        be chosen. An id that is not in the list (any more) begins at its place all the same.
        """
        masks = self._masks(chosen)
        mask = self._all(masks)
        ordered = self._ordered(chosen.order, mask)
        begin = 0 if after is None else self._following(chosen.order, mask, after)
        numbers = ordered[begin : begin + min(limit, MOST_ROWS)].tolist()
        lines = self._store.lines(self._stream, numbers)
        outcomes = self._outcomes(numbers)
        ids = self.table.ids[numbers].tolist()
        return {
            "total": len(ordered), "of": self.size, "from": begin, "orders": self.orders,
            "order": chosen.order if chosen.order in self._by else self.orders[0],
            "rows": [
                {"id": str(id_), "outcome": outcome, **line}
                for id_, outcome, line in zip(ids, outcomes, lines, strict=True)
            ],
            "facets": self._counts(masks) if after is None else None,
        }  # fmt: skip

    def around(self, chosen: Chosen, id_: int) -> dict[str, Any]:
        """The ids before and after one in the list, its place from 1, and how many there are."""
        mask = self._all(self._masks(chosen))
        ordered = self._ordered(chosen.order, mask)
        at = self.table.place(id_)
        place = self._following(chosen.order, mask, id_) - 1
        if at is None or not mask[at]:
            return {"place": None, "total": len(ordered), "before": None, "after": None}
        ids = [str(self.table.ids[n]) if n is not None else None for n in _neighbours(ordered, place)]
        return {"place": place + 1, "total": len(ordered), "before": ids[0], "after": ids[1]}

    def outcome(self, id_: int) -> str:
        """The verdict on a row, in a word; none where there is none."""
        at = self.table.place(id_)
        return "" if at is None else self._outcomes([at])[0]

    def _outcomes(self, numbers: list[int]) -> list[str]:
        """The verdict on each of these rows, in a word; none of lists that have no verdicts."""
        facet = self.facets.get("verdict")
        return [facet.names.get(int(facet.codes[at]), "") if facet else "" for at in numbers]

    def _masks(self, chosen: Chosen) -> dict[str, Mask]:
        """A mask for each facet that is chosen of, and `` for the words."""
        masks = {name: self.facets[name].chosen(said) for name, said in chosen.values.items() if said}
        if chosen.words.strip():
            masks[""] = self.search(chosen.words)
        return masks

    def _all(self, masks: Mapping[str, Mask]) -> Mask:
        mask = self._mask.copy()
        for one in masks.values():
            mask &= one
        return mask

    def _counts(self, masks: Mapping[str, Mask]) -> list[dict[str, Any]]:
        whole = self._all(masks)
        told = []
        for name, facet in self.facets.items():
            mask = self._all({other: one for other, one in masks.items() if other != name}) if name in masks else whole
            told.append({"name": name, "label": facet.label, "values": facet.counts(mask)})
        return told

    def search(self, words: str) -> Mask:
        """The rows that have all these words; or whose question has this id, the user's or ours."""
        with self._lock:
            if (found := self._found.get((words,))) is not None:
                return found
        mask = np.ones(len(self.table), bool)
        wanted = terms(words)
        for word, beginning in wanted:
            mask &= self._store.words(self._stream, word, beginning)
        if not wanted:
            mask[:] = False
        mask |= self._by_id(words.strip(), wanted)
        with self._lock:
            if len(self._found) >= KEPT_SEARCHES:
                self._found.clear()
            self._found[words,] = mask
        return mask

    def _by_id(self, said: str, wanted: Sequence[tuple[str, bool]]) -> Mask:
        mask = np.zeros(len(self.table), bool)
        if said.removeprefix("-").isascii() and said.removeprefix("-").isdigit():
            at = self.table.place(int(said))
            if at is not None:
                mask[at] = True
        questions = self._store.tables["questions"]
        if self._stream == "cases" and len(questions) and wanted:
            named = np.ones(len(questions), bool)
            for word, _ in wanted:
                named &= self._store.words("questions", word, False)
            places = self.table.places(questions.ids[named])
            mask[places[places >= 0]] = True
        return mask

    def _ordered(self, order: str, mask: Mask) -> np.ndarray:
        """The numbers of the rows of a mask, in an order."""
        ranked = self._rank(order)
        return ranked[mask[ranked]]

    def _following(self, order: str, mask: Mask, id_: int) -> int:
        """How many rows of the list come no later than a row."""
        at = self.table.place(id_)
        if at is None:
            return 0
        ranked = self._rank(order)
        place = int(np.flatnonzero(ranked == at)[0])
        return int(np.count_nonzero(mask[ranked[: place + 1]]))

    def _rank(self, order: str) -> np.ndarray:
        """All rows in an order; equal ones as they were read."""
        order = order if order in self._by else self.orders[0]
        with self._lock:
            if order not in self._ranked:
                self._ranked[order] = np.argsort(-self._by[order].astype(np.int64), kind="stable").astype(np.int32)
            return self._ranked[order]


def _neighbours(ordered: np.ndarray, place: int) -> tuple[int | None, int | None]:
    before = int(ordered[place - 1]) if place > 0 else None
    after = int(ordered[place + 1]) if place + 1 < len(ordered) else None
    return before, after
