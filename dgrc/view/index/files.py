"""The Parquet files of a run that an index is made of: a run in, paths with sizes and times out. Nothing is opened."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dgrc.storage.objectstore.files import is_remote, open_bytes
from dgrc.storage.objectstore.runs import origin_of
from dgrc.storage.run_dir import RunDir
from dgrc.view.index.streams import STREAMS

State = tuple[int, int]
"""Size of a file and time of its change."""


def files_of(run: RunDir, stream: str) -> dict[str, State]:
    """The files of a stream, with size and time of change. Until atoms are screened, the answers stand for them."""
    folder = run.curriculum() / "cot" if stream == "cot" else run.dataset(stream)
    found = _files(run, folder)
    return _files(run, run.dataset("answers")) if stream == "atoms" and not found else found


@contextmanager
def source_of(path: str) -> Iterator[Any]:
    """A file of `files_of` as Parquet's reader takes it: a path of this machine, or an open file on a store."""
    if not is_remote(path):
        yield path
        return
    with open_bytes(path) as file:
        yield file


def _files(run: RunDir, folder: Path) -> dict[str, State]:
    if (origin := origin_of(run)) is not None:
        there = origin.files_in(folder.relative_to(run.root).as_posix())
        return {url: state for url, state in there.items() if url.endswith(".parquet")}
    found = {}
    for path in sorted(folder.glob("*.parquet")):
        try:
            stat = path.stat()
        except OSError:  # it was replaced at this moment
            continue
        found[str(path)] = (stat.st_size, stat.st_mtime_ns)
    return found


def behind(db: sqlite3.Connection, run: RunDir) -> int:
    """How many files of the run are not in its index as they are now."""
    known: dict[str, dict[str, State]] = {stream.name: {} for stream in STREAMS}
    for stream, path, size, changed, rows, taken, trouble in db.execute("select * from files"):
        if trouble is not None or taken == rows:
            known.get(stream, {})[path] = (size, changed)
    return sum(len(files_of(run, name).items() ^ files.items()) for name, files in known.items())
