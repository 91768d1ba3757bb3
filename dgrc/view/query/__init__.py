"""Lists: what was chosen (facets, words, an order, a place) flows in; counts, rows and the neighbours of one flow out.

A `View` is one list of a run's round, of its cases or its atoms, made anew when the index has grown. Columns of other
streams are joined to it by id.
"""

import functools
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dgrc.view.index.words import terms
from dgrc.view.query.facets import Combinations, Facet
from dgrc.view.query.groups import Groups
from dgrc.view.query.ranking import Ranking
from dgrc.view.store import Mask, Store, Table

MOST_ROWS, KEPT_SEARCHES = 100, 16


@dataclass
class Chosen:
    """What a list is asked for: values by facet, words, an order, and which way round."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    words: str = ""
    order: str = ""


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
        self._ranked: dict[str, Ranking] = {}
        self._found: dict[str, Mask] = {}
        self._lock = threading.RLock()
        self._lasting = tuple(facets.values())
        self._base: Combinations | None = None
        self._groups: Groups | None = None

    def put(self, name: str, facet: Facet) -> None:
        """Adds a facet that changes while the rest stays, or takes its new column."""
        with self._lock:
            before = self.facets.get(name)
            if before is None or not np.array_equal(before.codes, facet.codes):
                self.facets[name], self._groups = facet, None

    def page(self, chosen: Chosen, after: int | None = None, limit: int = 50) -> dict[str, Any]:
        """Rows that follow the one with the id `after`, with the number of all and the counts of each facet.

        A value's count is of the rows that would be there were it chosen alone in its facet, so that another value can
        be chosen. An id that is not in the list (any more) begins at its place all the same.
        """
        groups, words = self._grouped(), self._words(chosen)
        sizes, masks = groups.sizes(words), groups.masks(chosen.values)
        allowed = groups.allowed(masks)
        ranking, listed = self._rank(chosen.order), groups.rows(allowed, words)
        begin = 0 if after is None else ranking.begin_after(self.table.place(after))
        numbers = ranking.following(begin, listed, min(limit, MOST_ROWS))
        before = begin if words is None and allowed.all() else ranking.count(begin, listed)
        lines = self._store.lines(self._stream, numbers)
        outcomes = self._outcomes(numbers)
        ids = self.table.ids[numbers].tolist()
        return {
            "total": int(sizes[allowed].sum()), "of": self.size, "from": before, "orders": self.orders,
            "order": chosen.order if chosen.order in self._by else self.orders[0],
            "rows": [
                {"id": str(id_), "outcome": outcome, **line}
                for id_, outcome, line in zip(ids, outcomes, lines, strict=True)
            ],
            "facets": groups.counts(masks, sizes) if after is None else None,
        }  # fmt: skip

    def around(self, chosen: Chosen, id_: int) -> dict[str, Any]:
        """The ids before and after one in the list, its place from 1, and how many there are."""
        groups, words = self._grouped(), self._words(chosen)
        allowed = groups.allowed(groups.masks(chosen.values))
        listed, total = groups.rows(allowed, words), int(groups.sizes(words)[allowed].sum())
        at = self.table.place(id_)
        if at is None or not listed(np.array([at]))[0]:
            return {"place": None, "total": total, "before": None, "after": None}
        ranking = self._rank(chosen.order)
        begin = ranking.begin_after(at)
        beside = (ranking.before(begin - 1, listed), next(iter(ranking.following(begin, listed, 1)), None))
        before, after = (None if number is None else str(self.table.ids[number]) for number in beside)
        return {"place": ranking.count(begin, listed), "total": total, "before": before, "after": after}

    def counts(self, facet: str) -> list[tuple[str, int]]:
        """The values of a facet with the number of all rows of the table that have them."""
        groups = self._grouped()
        return groups.facets[facet].counts(groups.all_sizes)

    def outcome(self, id_: int) -> str:
        """The verdict on a row, in a word; none where there is none."""
        at = self.table.place(id_)
        return "" if at is None else self._outcomes([at])[0]

    def _outcomes(self, numbers: list[int]) -> list[str]:
        """The verdict on each of these rows, in a word; none of lists that have no verdicts."""
        facet = self.facets.get("verdict")
        return [facet.names.get(int(facet.codes[at]), "") if facet else "" for at in numbers]

    def _words(self, chosen: Chosen) -> Mask | None:
        """The rows that have the words, None where there are none."""
        return self.search(chosen.words) if chosen.words.strip() else None

    def _grouped(self) -> Groups:
        """The combinations of the facets as they are now. What lasts is combined once."""
        with self._lock:
            if self._groups is None:
                if self._base is None:
                    columns = (self._mask, *(facet.codes for facet in self._lasting))
                    self._base = functools.reduce(Combinations.refined, columns, Combinations.of_rows(len(self.table)))
                late = (facet.codes for facet in self.facets.values() if not any(facet is one for one in self._lasting))
                combined = functools.reduce(Combinations.refined, late, self._base)
                self._groups = Groups(combined, dict(self.facets), self._mask)
            return self._groups

    def search(self, words: str) -> Mask:
        """The rows that have all these words; or whose question has this id, the user's or ours."""
        with self._lock:
            if (found := self._found.get(words)) is not None:
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
            self._found[words] = mask
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
            if named.any():
                mask |= named[self._asked] & (self._asked >= 0)
        return mask

    @functools.cached_property
    def _asked(self) -> np.ndarray:
        """(rows,) the number of each row's question, -1 where there is none."""
        return self._store.tables["questions"].places(self.table.ids).astype(np.int32)

    def _rank(self, order: str) -> Ranking:
        """All rows in an order; equal ones as they were read."""
        order = order if order in self._by else self.orders[0]
        with self._lock:
            if order not in self._ranked:
                self._ranked[order] = Ranking.by(self._by[order])
            return self._ranked[order]
