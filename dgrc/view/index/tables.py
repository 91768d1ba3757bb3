"""The index of one round of a run: an SQLite file, its tables, and where it lies.

Each dataset of the run is a *stream* of rows, numbered from 0 in the order they were read. Streams come in segments:
a segment's columns are arrays, one a name, and its words are lists of rows, one a word. What a row's page needs is
packed with that of the rows beside it. All of it is appended in
order, so that building stays as fast as it begins, and nothing of it is changed later; where a pass was done again,
its stream is emptied and read anew.
"""

import hashlib
import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from dgrc.errors import RunDirError
from dgrc.storage.run_dir import RunDir

VERSION = 5
"""Of these tables and of what is kept in them; another one's index is made anew."""
FOLDER, FILE = "view", "index.sqlite"
SCHEMA = """
create table if not exists files(stream text, path text, size int, changed int, rows int, taken int, trouble text,
  primary key(stream, path)) without rowid;
create table if not exists segments(stream text, number int, first int, rows int, sums text,
  primary key(stream, number)) without rowid;
create table if not exists columns(stream text, segment int, name text, data blob, primary key(stream, segment, name));
create table if not exists names(stream text, facet text, code int, name text, primary key(stream, facet, code))
  without rowid;
create table if not exists words(stream text, segment int, word text, rows blob, primary key(stream, segment, word))
  without rowid;
create table if not exists lines(stream text, number int, line text, primary key(stream, number));
create table if not exists details(stream text, first int, rows int, kept blob, primary key(stream, first));
"""
TABLES = ("files", "segments", "columns", "names", "words", "lines", "details")


def place_of(run: RunDir) -> Path:
    """The file of the index of a run's round: beside the round's own state if that can be written, else in the user's
    cache. What `dgrc verify-run` checks lies elsewhere."""
    beside = run.state(FOLDER)
    with suppress(OSError):
        beside.mkdir(parents=True, exist_ok=True)
        if os.access(beside, os.W_OK):
            return beside / FILE
    named = hashlib.blake2b(str(run.root).encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "dgrc" / FOLDER
    away = cache / f"{run.root.name}-{named}" / f"round-{run.number}"
    try:
        away.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise RunDirError(
            f"The index of {run.root} can be written neither beside it ({beside}) nor in the cache ({away}): {e}. Give "
            "a folder that can be written by XDG_CACHE_HOME."
        ) from e
    return away / FILE


def connect(file: Path) -> sqlite3.Connection:
    """A connection to an index of this version; one of another, or a broken one, is deleted and begun anew."""
    try:
        return _open(file)
    except sqlite3.DatabaseError as e:
        if isinstance(e, sqlite3.OperationalError) and "locked" in str(e):
            raise
        forget(file)
        return _open(file)


def forget(file: Path) -> None:
    """Deletes an index."""
    for end in ("", "-wal", "-shm"):
        file.with_name(file.name + end).unlink(missing_ok=True)


def _open(file: Path) -> sqlite3.Connection:
    db = sqlite3.connect(file, timeout=30, isolation_level=None, check_same_thread=False)
    try:
        # A reader must not wait while the index is added to; it can be made again, so it need not survive a power cut.
        db.execute("pragma journal_mode=wal")
        db.execute("pragma synchronous=off")
        db.execute("pragma cache_size=-16000")
        (version,) = db.execute("pragma user_version").fetchone()
        if version not in (0, VERSION):
            raise sqlite3.DatabaseError(f"version {version}")
        if version == 0:
            db.executescript(SCHEMA)
            db.execute(f"pragma user_version={VERSION}")
    except sqlite3.Error:
        db.close()
        raise
    return db
