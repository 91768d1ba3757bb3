"""Where each question was first: what the driver knows of a corpus as it is read, 32 bytes a question, 48 with labels.

A question is known by its content and by its id in the question file, each a 64-bit hash. Labels decide nothing: that a
repeat has another one is told in quarantine, for the label of one of the two is wrong. Hashes and places lie in
sorted arrays, which rows are looked up in some thousands at a time; only those of the rows under way are in a `dict`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from dgrc.questions.columns import RawRow
from dgrc.records import content_id, hash64

MOST_MERGED = 1 << 22
"""Keys of an array that is not merged with others any more: merging takes a few times what it merges."""
NUMBER_BITS = 40
"""Bits of a place that are the row's number in its file; the others are the file's."""


class Firsts:
    """Keys and the place of each, int64 both."""

    def __init__(self) -> None:
        self._arrays: list[np.ndarray] = []  # (2, keys) each, sorted by key

    def known(self, keys: Sequence[int]) -> dict[int, int]:
        """The places of those keys that were added."""
        wanted, found = np.array(keys, np.int64), dict[int, int]()
        for array in self._arrays:
            at = np.minimum(np.searchsorted(array[0], wanted), array.shape[1] - 1)
            there = np.flatnonzero(array[0, at] == wanted)
            found.update(zip(wanted[there].tolist(), array[1, at[there]].tolist(), strict=True))
        return found

    def add(self, places: Mapping[int, int]) -> None:
        """Takes in keys that are not known yet."""
        if not places:
            return
        self._arrays.append(_sorted(np.array([list(places), list(places.values())], np.int64)))
        while len(self._arrays) > 1 and self._arrays[-2].shape[1] <= min(2 * self._arrays[-1].shape[1], MOST_MERGED):
            self._arrays[-2:] = [_sorted(np.concatenate(self._arrays[-2:], axis=1))]


class Seen:
    """The questions that were kept so far.

    Args:
        files: All question files, in order.
    """

    def __init__(self, files: Sequence[str]):
        self._files = files
        self._number = {path: number for number, path in enumerate(files)}
        self._by_content, self._by_source, self._by_label = Firsts(), Firsts(), Firsts()
        # Around the rows under way.
        self._contents, self._sources, self._labels = dict[int, int](), dict[int, int](), dict[int, int]()

    def over(self, batches: Iterable[Sequence[RawRow]]) -> Iterator[tuple[RawRow, int]]:
        """Each row with its content's id; `repeated` and `keep` are to be asked of the one that came last."""
        for rows in batches:
            ids = [content_id(raw.text, raw.choices) for raw in rows]
            self._contents = self._by_content.known(ids)
            self._sources = self._by_source.known([hash64(raw.source_id) for raw in rows])
            self._labels = self._by_label.known([_labeled(raw, id_) for raw, id_ in zip(rows, ids, strict=True)])
            old = set(self._contents), set(self._sources), set(self._labels)
            yield from zip(rows, ids, strict=True)
            self._by_content.add({key: place for key, place in self._contents.items() if key not in old[0]})
            self._by_source.add({key: place for key, place in self._sources.items() if key not in old[1]})
            self._by_label.add({key: place for key, place in self._labels.items() if key not in old[2]})

    def repeated(self, raw: RawRow, id_: int) -> tuple[str, str] | None:
        """Reason and detail if a question like this was kept."""
        if (place := self._contents.get(id_)) is not None:
            other = raw.label is not None and _labeled(raw, id_) not in self._labels
            label = f", whose label is not {raw.label!r:.40}" if other else ""
            return "repeated", f"same text and choices as {self._said(place)}{label}"
        if raw.source_id and (place := self._sources.get(hash64(raw.source_id))) is not None:
            return "repeated_id", f"same id {raw.source_id!r} as {self._said(place)}"
        return None

    def keep(self, raw: RawRow, id_: int) -> None:
        """Takes a question in."""
        path, _, number = raw.place.rpartition(":")
        place = (self._number[path] << NUMBER_BITS) + int(number)
        self._contents[id_] = place
        if raw.label is not None:
            self._labels[_labeled(raw, id_)] = place
        if raw.source_id:
            self._sources[hash64(raw.source_id)] = place

    def _said(self, place: int) -> str:
        return f"{self._files[place >> NUMBER_BITS]}:{place & ((1 << NUMBER_BITS) - 1)}"


def _labeled(raw: RawRow, id_: int) -> int:
    """A question together with its label."""
    return hash64(str(id_), raw.label or "")


def _sorted(pairs: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(pairs[:, np.argsort(pairs[0], kind="stable")])
