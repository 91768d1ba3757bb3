"""What is chosen of a list, by combinations: choices and words in; which rows are listed, and counts of facets, out."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from dgrc.view.query.facets import Combinations, Facet
from dgrc.view.store import Mask

Listed = Callable[[np.ndarray], np.ndarray]
"""Numbers of rows, (n,), to (n,) bool: which are in the list."""


class Groups:
    """A list's combinations with the facets of each; those of rows outside of `mask` are in no list."""

    def __init__(self, combined: Combinations, facets: Mapping[str, Facet], mask: Mask):
        self._of, self._combined = combined.of, combined
        self.facets = {name: facet.of(combined.first) for name, facet in facets.items()}
        self.all_sizes = combined.sizes()
        self._inside = mask[combined.first]

    def masks(self, values: Mapping[str, Sequence[str]]) -> dict[str, np.ndarray]:
        """A (combinations,) mask for each facet that is chosen of."""
        return {name: self.facets[name].chosen(said) for name, said in values.items() if said}

    def allowed(self, masks: Mapping[str, np.ndarray], but: str = "") -> np.ndarray:
        """(combinations,) bool: which all masks let through, but one if it is named."""
        mask = self._inside.copy()
        for name, one in masks.items():
            if name != but:
                mask &= one
        return mask

    def sizes(self, words: Mask | None) -> np.ndarray:
        """(combinations,) how many rows each has that have the words."""
        if words is None:
            return self.all_sizes
        if 2 * np.count_nonzero(words) > len(words):  # those without them are fewer
            return self.all_sizes - self._combined.sizes(~words)
        return self._combined.sizes(words)

    def rows(self, allowed: np.ndarray, words: Mask | None) -> Listed:
        """Whether rows are in the list of these combinations and words."""
        if words is None:
            return lambda numbers: allowed[self._of[numbers]]
        return lambda numbers: allowed[self._of[numbers]] & words[numbers]

    def counts(self, masks: Mapping[str, np.ndarray], sizes: np.ndarray) -> list[dict[str, Any]]:
        """Each facet with its values and their numbers."""
        whole = np.where(self.allowed(masks), sizes, 0)
        told = []
        for name, facet in self.facets.items():
            some = np.where(self.allowed(masks, but=name), sizes, 0) if name in masks else whole
            told.append({"name": name, "label": facet.label, "values": facet.counts(some)})
        return told
