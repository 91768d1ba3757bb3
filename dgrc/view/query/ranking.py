"""An order of a list: a column in; the rows that follow or come before a place, out.

A page needs few rows, so rows are looked through from its place on until there are enough.
"""

from dataclasses import dataclass

import numpy as np

from dgrc.view.query.groups import Listed

STEP, LARGEST_STEP = 1 << 12, 1 << 18


@dataclass(frozen=True)
class Ranking:
    """`rows` are all rows in the order, (rows,); `places` where each stands in it, (rows,)."""

    rows: np.ndarray
    places: np.ndarray

    @classmethod
    def by(cls, column: np.ndarray) -> "Ranking":
        """The largest first; equal ones as they were read."""
        rows = np.argsort(-column.astype(np.int64), kind="stable").astype(np.int32)
        places = np.empty_like(rows)
        places[rows] = np.arange(len(rows), dtype=np.int32)
        return cls(rows, places)

    def begin_after(self, row: int | None) -> int:
        """The place that follows a row; the first for none."""
        return 0 if row is None else int(self.places[row]) + 1

    def count(self, place: int, listed: Listed) -> int:
        """How many rows of the list stand before a place."""
        return int(np.count_nonzero(listed(self.rows[:place])))

    def following(self, place: int, listed: Listed, limit: int) -> list[int]:
        """The first rows of the list from a place on."""
        found: list[int] = []
        step = STEP
        while place < len(self.rows) and len(found) < limit:
            part = self.rows[place : place + step]
            found += part[listed(part)][: limit - len(found)].tolist()
            place, step = place + step, min(2 * step, LARGEST_STEP)
        return found

    def before(self, place: int, listed: Listed) -> int | None:
        """The last row of the list before a place."""
        step = STEP
        while place > 0:
            part = self.rows[max(0, place - step) : place]
            if len(found := part[listed(part)]):
                return int(found[-1])
            place, step = place - step, min(2 * step, LARGEST_STEP)
        return None
