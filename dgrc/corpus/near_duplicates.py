"""Near-duplicates across a corpus of any size: items by shard in, for each dropped item its kept twin out.

Each shard of items (passages, or written questions) leaves sorted runs of keys on disk: 64-bit hashes, one of the
item's identity and one of each band of its MinHash, beside the item's number. Items that share a key are candidates.

    keys of shards --- by range of the hash ---> pairs that meet --- verified ---> matches --- by item ---> dropped

The hash's range is cut so that the keys of one part fit in a worker (`KEYS_AT_ONCE`). Parts read their slices of the
runs, so the shuffle is files alone. The driver then goes over the matches in the order of items, some thousands at a
time, and holds one byte an item: an item is dropped if it matches an earlier one that is kept, so that a chain of small
differences does not make one cluster of a whole corpus.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from dgrc.corpus.minhash import BANDS
from dgrc.corpus.sharded_tasks import spread

RUN_ITEMS = 1 << 15
"""Items whose keys are sorted together: 33 keys of 16 bytes each."""
KEYS_AT_ONCE, MOST_PARTS = 1 << 20, 512
"""Keys of a part of the shuffle, 16 bytes each, of which sorting takes about four times that; parts become larger, not
more, beyond so many, because the driver has all their matches open."""
HEADS = 8
"""The earliest of the items that share a key, with which each of the others is compared: of a clause that stands in
all documents not every pair is looked at."""
PAIRS_AT_ONCE, ITEMS_AT_ONCE = 1 << 14, 1 << 14
NUMBER, ROW = np.uint64(32), np.uint64(2**32 - 1)
"""An item's number is its shard's, shifted by so many bits, and its row in it, which are the others."""

Verify = Callable[[Sequence[Path], np.ndarray, np.ndarray], np.ndarray]
"""Folders of all shards and the numbers of pairs, (pairs,) each, to whether each is a near-duplicate, (pairs,)."""


class KeyWriter:
    """Writes the keys of one shard's items as sorted runs in its folder."""

    def __init__(self, folder: Path, shard: int):
        self._folder, self._shard = folder, shard
        self._waiting: list[tuple[np.ndarray, np.ndarray]] = []
        self._runs = self._items = 0
        self.rows = 0

    def add(self, keys: np.ndarray) -> None:
        """Takes in the keys, (items, keys of each), of the next items."""
        numbers = (np.uint64(self._shard) << NUMBER) + np.arange(self.rows, self.rows + len(keys), dtype=np.uint64)
        self._waiting.append((keys.ravel(), np.repeat(numbers, keys.shape[1])))
        self.rows += len(keys)
        self._items += len(keys)
        if self._items >= RUN_ITEMS:
            self.close()

    def close(self) -> None:
        """Writes what is left."""
        if not self._items:
            return
        keys, numbers = (np.concatenate(part) for part in zip(*self._waiting, strict=True))
        order = np.argsort(keys, kind="stable")  # numbers ascend already
        np.save(self._folder / f"keys-{self._runs:05d}.npy", np.stack([keys[order], numbers[order]]))
        self._waiting, self._items, self._runs = [], 0, self._runs + 1


def drop_repeats(
    folders: Sequence[Path], rows: Sequence[int], work: Path, verify: Verify, keys_an_item: int = BANDS + 1
) -> Iterator[np.ndarray]:
    """For each shard in turn the items to drop: their rows in it and their kept twins' numbers, (2, dropped) uint64.

    Args:
        folders: The shards, each with its runs of keys.
        rows: Items of each.
        work: Where matches are kept; what is there of a broken-off life is used.
        verify: Whether candidates are near-duplicates; it goes to other machines.
        keys_an_item: Keys of each item.
    """
    parts = min(MOST_PARTS, max(1, -(-sum(rows) * keys_an_item // KEYS_AT_ONCE)))
    work.mkdir(parents=True, exist_ok=True)
    files = [work / f"matches-{part:05d}-of-{parts:05d}.npy" for part in range(parts)]
    todo = [(part, parts, str(file)) for part, file in enumerate(files) if not file.is_file()]
    for _ in spread(match_part, todo, (tuple(folders), verify)):
        pass
    matches = [np.load(file, mmap_mode="r") for file in files]
    kept = [np.ones(count, np.bool_) for count in rows]
    for shard, count in enumerate(rows):
        found = [_decide(matches, kept, shard, first) for first in range(0, count, ITEMS_AT_ONCE)]
        yield np.concatenate([np.empty((2, 0), np.uint64), *found], axis=1)


def match_part(part: int, parts: int, output: str, shared: tuple[Sequence[Path], Verify]) -> dict[str, Any]:
    """Writes the verified pairs of one range of the hash, sorted, (2, pairs): the later item's number, the earlier's.
    """
    folders, verify = shared
    keys, numbers = _slice(folders, part, parts)
    matches = [np.empty((2, 0), np.uint64), *_matches(folders, keys, numbers, verify)]
    found = _distinct(np.concatenate(matches, axis=1))
    half = f"{output}.{os.getpid()}.half"
    with open(half, "wb") as file:
        np.save(file, found)
    os.replace(half, output)
    return {"pairs": found.shape[1]}


def _slice(folders: Sequence[Path], part: int, parts: int) -> tuple[np.ndarray, np.ndarray]:
    """Keys in one of equal ranges of the hash and their items' numbers, by key and then by number."""
    low, high = (np.uint64(min((edge << 64) // parts, (1 << 64) - 1)) for edge in (part, part + 1))
    found = []
    for folder in folders:
        for path in sorted(folder.glob("keys-*.npy")):
            run = np.load(path, mmap_mode="r")
            last = run.shape[1] if part + 1 == parts else np.searchsorted(run[0], high)
            found.append(np.array(run[:, np.searchsorted(run[0], low) : last]))
    keys, numbers = np.concatenate([np.empty((2, 0), np.uint64), *found], axis=1)
    order = np.argsort(keys, kind="stable")  # runs are in the order of numbers
    return keys[order], numbers[order]


def _matches(
    folders: Sequence[Path], keys: np.ndarray, numbers: np.ndarray, verify: Verify
) -> Iterator[np.ndarray]:
    """Verified pairs of items that share a key: each item with the first few that have it."""
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.empty(0, np.int64)
    sizes = np.diff(np.append(first, len(keys)))
    begins, place = np.repeat(first, sizes), np.arange(len(keys))
    place -= begins
    for head in range(HEADS):
        later = np.flatnonzero(place > head)
        if not len(later):
            return
        pairs = np.stack([numbers[later], numbers[begins[later] + head]])
        pairs = _distinct(pairs[:, pairs[0] != pairs[1]])  # an item of few words can have the same key twice
        for at in range(0, pairs.shape[1], PAIRS_AT_ONCE):
            some = pairs[:, at : at + PAIRS_AT_ONCE]
            yield some[:, verify(folders, some[1], some[0])]


def _decide(matches: Sequence[np.ndarray], kept: Sequence[np.ndarray], shard: int, first: int) -> np.ndarray:
    """Drops some of a shard's items, those from row `first` on, by the matches with what comes before them."""
    low = (shard << int(NUMBER)) + first
    some = [part[:, slice(*np.searchsorted(part[0], np.array([low, low + ITEMS_AT_ONCE], np.uint64)))]
            for part in matches]  # fmt: skip
    pairs = _distinct(np.concatenate(some, axis=1))
    dropped: list[tuple[int, int]] = []
    own = kept[shard]
    others, rows = (pairs[1] >> NUMBER).tolist(), (pairs & ROW).tolist()
    for row, other, other_row, earlier in zip(rows[0], others, rows[1], pairs[1].tolist(), strict=True):
        if own[row] and kept[other][other_row]:
            own[row] = False
            dropped.append((row, earlier))
    return np.array(dropped, np.uint64).reshape(-1, 2).T


def look_up(folders: Sequence[Path], name: str, schema: pa.Schema, numbers: np.ndarray) -> pa.Table:
    """The rows that items of any shards have in an Arrow file of each, in the order of the numbers given."""
    shards = numbers >> NUMBER
    order = np.argsort(shards, kind="stable")
    found = [schema.empty_table()]
    for shard in np.unique(shards):
        with pa.memory_map(str(folders[int(shard)] / name)) as file:
            mine = (numbers[order[shards[order] == shard]] & ROW).astype(np.int64)
            found.append(pa.ipc.open_file(file).read_all().select(schema.names).take(mine))
    return pa.concat_tables(found).take(np.argsort(order))


def _distinct(pairs: np.ndarray) -> np.ndarray:
    """Pairs in order, each once, (2, pairs)."""
    pairs = pairs[:, np.lexsort((pairs[1], pairs[0]))]
    return pairs[:, np.concatenate([[True], (pairs[:, 1:] != pairs[:, :-1]).any(axis=0)])[: pairs.shape[1]]]
