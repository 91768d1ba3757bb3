"""Which rows a pass has written for good, as Ray Data notes it, and the journal's room that this frees.

A checkpoint has a Parquet file of ids for each block that is committed; the files of other blocks are called pending.
"""

import contextlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from dgrc.engines import journal


class Commits:
    """The rows that a pass has committed so far; `ids` is (rows,) int64, sorted."""

    def __init__(self, checkpoint: Path):
        self._checkpoint = checkpoint
        self._read: set[str] = set()
        self.ids = np.empty(0, np.int64)

    def look(self) -> np.ndarray:
        """Takes in what was committed since the last time; returns all ids."""
        files = [path for path in self._checkpoint.glob("*.parquet") if ".pending" not in path.name]
        if new := [path for path in files if path.name not in self._read]:
            # A stable sort merges what is sorted; `np.unique` would hash ten million ids for seconds.
            ids = np.sort(np.concatenate([self.ids, np.sort(ids_of(new))]), kind="stable")
            self.ids = np.delete(ids, np.flatnonzero(ids[1:] == ids[:-1]))
            self._read.update(path.name for path in new)
        return self.ids


def ids_of(files: Iterable[Path]) -> np.ndarray:
    """The ids in Parquet files, (rows,) int64. One is open at a time: their metadata together is large."""
    read = [pq.ParquetFile(path).read(["id"])["id"].to_numpy() for path in files]
    return np.concatenate([np.empty(0, np.int64), *read])


class Trimmer:
    """Deletes the segments of a journal that are full and whose rows are all committed.

    Without it the journal of a long pass would become as large as what the pass writes, and a worker that Ray starts
    anew would read all of it.
    """

    def __init__(self, folder: Path, commits: Commits):
        self._folder, self._commits = folder, commits
        self._owners: dict[Path, np.ndarray] = {}

    def trim(self) -> None:
        """Does it once; what storage refuses now is left for the next time."""
        with contextlib.suppress(OSError):
            for path in self._folder.glob("*.jsonl"):
                if path not in self._owners and (owners := journal.owners(path)) is not None:
                    self._owners[path] = owners
            if self._owners:
                self._delete(self._commits.look())

    def _delete(self, committed: np.ndarray) -> None:
        for path, owners in list(self._owners.items()):
            at = np.searchsorted(committed, owners)
            if at.max(initial=-1) < len(committed) and (committed[at] == owners).all():
                path.unlink(missing_ok=True)
                del self._owners[path]
