"""Builds the index of a run's round, or adds to it what was committed since: Parquet files in, an SQLite file out.

    python -m dgrc.view.index.build RUN [ROUND]

A file is read part by part, and what was taken of it is noted with each segment that is committed, so whoever is killed
goes on there. Files that cannot be read (one that is being written has no end yet) are noted, and read when they have
changed.
"""

import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyarrow as pa
from filelock import FileLock, Timeout

from dgrc.errors import DgrcError, StoreAwayError
from dgrc.storage.objectstore.files import is_remote
from dgrc.storage.run_dir import RunDir
from dgrc.view.index.files import State, files_of
from dgrc.view.index.parts import UNREADABLE, Part
from dgrc.view.index.segment import Names, Segment
from dgrc.view.index.streams import STREAMS, Stream
from dgrc.view.index.tables import TABLES, connect, place_of
from dgrc.view.index.workers import WORTH, Read, Workers, read, useful

Said = Callable[[str, int], None]
"""Is told a stream and how many of its rows are in the index."""


def build(run: RunDir, file: Path | None = None, said: Said = lambda *_: None, wait: bool = False) -> bool:
    """Brings the index of a run's round up to date; False if another process does so at this moment.

    Args:
        run: The run in its round.
        file: The index; the one of the run by default.
        said: Is told how far it is.
        wait: Wait until that other process has ended, and add what it left.
    """
    file = file or place_of(run)
    try:
        with FileLock(file.with_suffix(".lock"), timeout=-1 if wait else 0):
            db = connect(file)
            try:
                with ExitStack() as stack:
                    readers = _Readers(stack)
                    for stream in STREAMS:
                        _Stream(db, stream, files_of(run, stream.name), said, readers).update()
            finally:
                db.close()
    except Timeout:
        return False
    return True


class _Readers:
    """Who reads files: processes of their own where there is much to read on several cores, else this one."""

    def __init__(self, stack: ExitStack):
        self._stack = stack
        self._workers: Workers | None = None
        self.alone = not useful()

    def read(self, stream: Stream, wanted: dict[str, int], size: int) -> Read:
        """Files of this size together, each from a row on."""
        if self.alone or size < WORTH or any(map(is_remote, wanted)):
            return read(stream, wanted)
        if self._workers is None:
            self._workers = self._stack.enter_context(Workers())
        return self._workers.read(stream, wanted)


class _Stream:
    """One stream of an index while it is brought up to date."""

    def __init__(self, db: sqlite3.Connection, stream: Stream, files: dict[str, State], said: Said, readers: _Readers):
        self._db, self._stream, self._files, self._said, self._readers = db, stream, files, said, readers

    def update(self) -> None:
        """Brings it up to date, in this process alone if one of the others was killed."""
        try:
            self._update()
        except EOFError:
            if self._readers.alone:
                raise
            self._readers.alone = True
            self._update()

    def _update(self) -> None:
        """Reads what is new; all of it if something that was read is gone or another now."""
        db, name = self._db, self._stream.name
        known = {
            path: (size, changed, rows, taken, trouble)
            for path, size, changed, rows, taken, trouble in db.execute(
                "select path, size, changed, rows, taken, trouble from files where stream=?", (name,)
            )
        }
        read = {path: at[:2] for path, at in known.items() if at[3]}
        if any(self._files.get(path) != at for path, at in read.items()):
            with _transaction(db):
                for table in TABLES:
                    db.execute(f"delete from {table} where stream=?", (name,))
            known = {}
        wanted = [
            path for path, at in self._files.items()
            if path not in known or known[path][:2] != at or _unfinished(*known[path][2:])
        ]  # fmt: skip
        gone = [path for path in known if path not in self._files]
        with _transaction(db):
            db.executemany("delete from files where stream=? and path=?", [(name, path) for path in gone])
        if wanted:
            self._take({path: known[path][3] if path in known else 0 for path in wanted})

    def _take(self, wanted: dict[str, int]) -> None:
        """Reads files from the row on that each is given with."""
        parts, more = self._parts(wanted), True
        while more:
            with _transaction(self._db):
                more = self._segment(parts)

    def _segment(self, parts: Iterator[Part]) -> bool:
        """Adds a segment of the next parts; False if there were no more. It ends where a part does, for what was
        taken of a file is noted by the part."""
        db, name = self._db, self._stream.name
        number, first = db.execute(
            "select coalesce(max(number) + 1, 0), coalesce(max(first + rows), 0) from segments where stream=?", (name,)
        ).fetchone()
        segment = Segment(db, self._stream, Names(db, self._stream), number, first)
        for part in parts:
            segment.add(part)
            if segment.full:
                break
        if segment.rows:
            segment.write()
            self._said(name, first + segment.rows)
        return segment.full

    def _parts(self, wanted: dict[str, int]) -> Iterator[Part]:
        """The rows of files from their places on; they are noted as taken before they are given."""
        note = "insert or replace into files values(?, ?, ?, ?, ?, ?, ?)"
        name = self._stream.name
        whole = sum(self._files[path][0] for path in wanted)
        for path, parts in self._readers.read(self._stream, wanted, whole):
            taken = wanted[path]
            size, changed = self._files[path]
            count = 0
            try:
                for part in parts:
                    if isinstance(part, int):
                        count = part
                        continue
                    taken += len(part)
                    self._db.execute(note, (name, path, size, changed, count, taken, None))
                    yield part
                self._db.execute(note, (name, path, size, changed, count, count, None))
            except StoreAwayError:  # it says nothing of the file, which is read when the store is back
                raise
            except UNREADABLE as e:
                words = f"{type(e).__name__}: {e}"[:500]
                self._db.execute(note, (name, path, size, changed, max(count, taken), taken, words))


def _unfinished(rows: int, taken: int, trouble: str | None) -> bool:
    return trouble is None and taken < rows


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("begin immediate")
    try:
        yield
    except BaseException:
        db.execute("rollback")
        raise
    db.execute("commit")


def main() -> None:
    """For a process of its own: what it says goes to standard output, a line each."""
    root, number = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1
    began, parent = time.monotonic(), os.getppid()
    pa.set_memory_pool(pa.system_memory_pool())  # Arrow's own keeps 50 MB for later

    def said(stream: str, rows: int) -> None:
        sys.stdout.write(f"{stream} {rows} {time.monotonic() - began:.1f}\n")
        sys.stdout.flush()
        if os.getppid() != parent:  # whoever wanted the index is gone; the next one goes on here
            sys.exit(1)

    try:
        build(RunDir(root, number), said=said)
    except DgrcError as e:
        sys.exit(str(e))


if __name__ == "__main__":
    main()
