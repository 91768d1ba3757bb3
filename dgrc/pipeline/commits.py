"""Which rows a pass has written for good, as Ray Data notes it, and the journal's room that this frees.

A checkpoint has a Parquet file of ids for each block that is committed; the files of other blocks are called pending.
"""

import contextlib
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow.parquet as pq

from dgrc.engines import journal

LOOK_EVERY_S = 10.0
"""So often the driver looks for segments that may go."""


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


class Trimming:
    """While entered, deletes the segments of a journal that are full and whose rows are all committed.

    Without it the journal of a long pass would become as large as what the pass writes, and a worker that Ray starts
    anew would read all of it.
    """

    def __init__(self, folder: Path, commits: Commits):
        self._folder, self._commits = folder, commits
        self._owners: dict[Path, np.ndarray] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, daemon=True)

    def __enter__(self) -> "Trimming":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _loop(self) -> None:
        while not self._stop.wait(LOOK_EVERY_S):
            with contextlib.suppress(OSError):  # storage that is away: next time
                self.trim()

    def trim(self) -> None:
        """Does it once.

        Raises:
            OSError: storage refuses.
        """
        for path in self._folder.glob("*.jsonl"):
            if path not in self._owners and (owners := journal.owners(path)) is not None:
                self._owners[path] = owners
        if not self._owners:
            return
        committed = self._commits.look()
        for path, owners in list(self._owners.items()):
            at = np.searchsorted(committed, owners)
            if at.max(initial=-1) < len(committed) and (committed[at] == owners).all():
                path.unlink(missing_ok=True)
                del self._owners[path]
