"""Facets of a list, and which values its rows have together: columns of codes in; choices as masks, and counts, out.

Rows that have the same values in all facets are one combination. A million rows have some hundreds of them, so what is
asked of the rows is asked of their combinations, and takes no longer the more rows there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dgrc.view.index.segment import ONE

MOST_VALUES = 40


@dataclass
class Facet:
    """A column to filter by: `names` of its codes, or of its bits where a row has `many` values. Code 0 is none."""

    label: str
    codes: np.ndarray
    names: dict[int, str]
    many: bool = False

    def chosen(self, values: Sequence[str]) -> np.ndarray:
        """(rows,) bool: which have one of these values."""
        codes = [code for code, name in self.names.items() if name in values]
        if self.many:
            return (self.codes & np.uint32(sum(1 << (code - 1) for code in codes))) != 0
        return np.isin(self.codes, np.array(codes, ONE))

    def counts(self, sizes: np.ndarray) -> list[tuple[str, int]]:
        """The values with the sum of the (rows,) `sizes` that have them, most first."""
        if self.many:
            found = {code: int(sizes[(self.codes & np.uint32(1 << (code - 1))) != 0].sum()) for code in self.names}
        else:
            counted = np.bincount(self.codes, weights=sizes, minlength=1 + max(self.names, default=0))
            found = {code: int(counted[code]) for code in self.names}
        named = sorted(
            ((self.names[code], count) for code, count in found.items() if count), key=lambda at: (-at[1], at)
        )
        return named[:MOST_VALUES]

    def of(self, rows: np.ndarray) -> "Facet":
        """The same of these rows alone."""
        return Facet(self.label, self.codes[rows], self.names, self.many)


@dataclass(frozen=True)
class Combinations:
    """`of` is the combination of each row, (rows,); `first` a row of each, (combinations,)."""

    of: np.ndarray
    first: np.ndarray

    @classmethod
    def of_rows(cls, rows: int) -> "Combinations":
        """All rows in one."""
        return cls(np.zeros(rows, np.int32), np.zeros(min(rows, 1), np.int64))

    def refined(self, column: np.ndarray) -> "Combinations":
        """By a column, too: rows that have another value than the first one of their combination leave it."""
        others = np.flatnonzero(column != column[self.first][self.of])
        if not len(others):
            return self
        keys = self.of[others].astype(np.int64) << 32 | column[others].astype(np.int64)
        _, at, new = np.unique(keys, return_index=True, return_inverse=True)
        of = self.of.copy()
        of[others] = len(self.first) + new
        return Combinations(of, np.concatenate([self.first, others[at]]))

    def sizes(self, rows: np.ndarray | None = None) -> np.ndarray:
        """(combinations,) how many rows each has; of a (rows,) mask, if there is one."""
        return np.bincount(self.of if rows is None else self.of[np.flatnonzero(rows)], minlength=len(self.first))
