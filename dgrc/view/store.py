"""The columns of an index in memory: an index file in, `Table`s that can be filtered and joined out.

A million rows are some tens of megabytes of arrays, and counting them takes milliseconds. Texts stay in the file and
are read by the row.
"""

import json
import sqlite3
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dgrc.errors import RunDirError
from dgrc.storage.run_dir import RunDir
from dgrc.view.index.files import behind
from dgrc.view.index.parts import unpacked
from dgrc.view.index.postings import mark
from dgrc.view.index.segment import ID, MANY, NUMBER, ONE
from dgrc.view.index.streams import STREAMS, Stream
from dgrc.view.index.tables import connect

Mask = np.ndarray
"""(rows,) bool."""


@dataclass
class Table:
    """The rows of one stream: `columns` are (rows,) arrays by name, `names` the values of facets by code."""

    ids: np.ndarray
    columns: dict[str, np.ndarray]
    names: dict[str, dict[int, str]]
    segments: list[tuple[int, int, int]]
    """Number, first row and count of rows."""
    pairs: np.ndarray
    usage: Counter[str]
    _order: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self._order = np.argsort(self.ids, kind="stable").astype(np.int32)
        self._sorted = self.ids[self._order]

    def __len__(self) -> int:
        return len(self.ids)

    def places(self, ids: np.ndarray) -> np.ndarray:
        """(n,) numbers of the rows with these ids, -1 where there is none."""
        if not len(self):
            return np.full(len(ids), -1)
        at = np.minimum(np.searchsorted(self._sorted, ids), len(self) - 1)
        return np.where(self._sorted[at] == ids, self._order[at], -1)

    def place(self, id_: int) -> int | None:
        """The number of the row with an id."""
        if not -(1 << 63) <= id_ < 1 << 63:
            return None
        at = int(self.places(np.array([id_], ID))[0])
        return None if at < 0 else at

    def of(self, other: "Table", name: str) -> np.ndarray:
        """A column of another table for the rows of this one, by id; 0 where there is none."""
        found = other.places(self.ids)
        column = other.columns[name]
        return np.where(found >= 0, column[found], 0).astype(column.dtype) if len(other) else np.zeros(len(self), ONE)


class MadeAnewError(RunDirError):
    """Rows that were there are gone: a pass was done again, and its stream of the index emptied."""


class Store:
    """An index, read. Safe to be asked from several threads; `tables` are replaced whole when the index has grown."""

    def __init__(self, file: Path):
        self._db, self._lock = connect(file), threading.RLock()
        self._version = -1
        self.generation = 0
        self.tables: dict[str, Table] = {}
        self.refresh()

    def refresh(self) -> bool:
        """Takes in what was committed since; whether there was anything."""
        with self._lock:
            (version,) = self._db.execute("pragma data_version").fetchone()
            if version == self._version:
                return False
            self._db.execute("begin")  # one state of the file for all tables
            try:
                self.tables = {stream.name: _load(self._db, stream) for stream in STREAMS}
            finally:
                self._db.execute("rollback")
            self._version = version
            self.generation += 1
            return True

    def lines(self, stream: str, numbers: list[int]) -> list[dict[str, Any]]:
        """What a list shows of rows."""
        asked = "select line from lines where stream=? and number=?"
        with self._lock:
            found = [self._db.execute(asked, (stream, at)).fetchone() for at in numbers]
        return [json.loads(_there(row)[0]) for row in found]

    def detail(self, stream: str, number: int) -> dict[str, Any]:
        """All that is kept of a row."""
        asked = "select first, rows, kept from details where stream=? and first<=? order by first desc limit 1"
        with self._lock:
            found = self._db.execute(asked, (stream, number)).fetchone()
        first, rows, kept = _there(found)
        _there(number < first + rows)
        return unpacked(kept, number - first)

    def words(self, stream: str, word: str, beginning: bool) -> Mask:
        """The rows that have a word, or one that begins so."""
        table = self.tables[stream]
        mask = np.zeros(len(table), bool)
        where = "word>=? and word<?" if beginning else "word=?"
        bounds = (word, word + chr(0x10FFFF)) if beginning else (word,)
        sql = f"select rows from words where stream=? and segment=? and {where}"
        with self._lock:
            for number, first, rows in table.segments:
                for (kept,) in self._db.execute(sql, (stream, number, *bounds)):
                    mark(kept, mask[first : first + rows])
        return mask

    def files(self) -> list[tuple[str, str, str]]:
        """Files of the run that could not be read: stream, path and what was wrong."""
        with self._lock:
            asked = "select stream, path, trouble from files where trouble is not null order by path"
            return self._db.execute(asked).fetchall()

    def behind(self, run: RunDir) -> int:
        """How many files of the run the index lacks."""
        with self._lock:
            return behind(self._db, run)

    def close(self) -> None:
        with self._lock:
            self._db.close()


def _there(found: Any) -> Any:
    """What was found of a row.

    Raises:
        MadeAnewError: there was nothing.
    """
    if not found:
        raise MadeAnewError(
            "A pass of this run was done again, and its index is being made anew. Look again in a moment."
        )
    return found


def _load(db: sqlite3.Connection, stream: Stream) -> Table:
    asked = "select number, first, rows, sums from segments where stream=? order by number"
    segments = db.execute(asked, (stream.name,)).fetchall()
    usage: Counter[str] = Counter()
    for *_, sums in segments:
        usage.update(json.loads(sums))
    kinds = {
        **dict.fromkeys(stream.one, ONE),
        **dict.fromkeys(stream.many, MANY),
        **dict.fromkeys(stream.numbers, NUMBER),
    }
    names: dict[str, dict[int, str]] = {name: {} for name in (*stream.one, *stream.many)}
    for facet, code, name in db.execute("select facet, code, name from names where stream=?", (stream.name,)):
        names[facet][code] = name
    return Table(
        _column(db, stream.name, "id", ID),
        {name: _column(db, stream.name, name, kind) for name, kind in kinds.items()},
        names,
        [(number, first, rows) for number, first, rows, _ in segments],
        _column(db, stream.name, "pairs", ID).reshape(-1, 2),
        usage,
    )


def _column(db: sqlite3.Connection, stream: str, name: str, kind: str) -> np.ndarray:
    asked = "select data from columns where stream=? and name=? order by segment"
    parts = [np.frombuffer(data, kind) for (data,) in db.execute(asked, (stream, name))]
    return np.concatenate([np.empty(0, kind), *parts])
