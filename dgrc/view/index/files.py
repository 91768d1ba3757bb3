"""The Parquet files of a run that an index is made of: a run in, paths with sizes and times out. Nothing is opened."""

import sqlite3
from pathlib import Path

from dgrc.storage.run_dir import RunDir
from dgrc.view.index.streams import STREAMS

State = tuple[int, int]
"""Size of a file and time of its change."""


def files_of(run: RunDir, stream: str) -> dict[str, State]:
    """The files of a stream, with size and time of change. Until atoms are screened, the answers stand for them."""
    folder = run.curriculum() / "cot" if stream == "cot" else run.dataset(stream)
    found = _files(folder)
    return _files(run.dataset("answers")) if stream == "atoms" and not found else found


def _files(folder: Path) -> dict[str, State]:
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
