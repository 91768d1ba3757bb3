"""One segment of a stream while it is made: entries flow in, rows of the index's tables flow out.

A segment has at most `MOST_ROWS` rows and about `MOST_BYTES` of text, so that what is held does not grow with the run.
"""

import json
import sqlite3
import zlib
from array import array
from collections import Counter

import numpy as np

from dgrc.view.index.streams import Entry, Stream
from dgrc.view.index.words import indexed

MOST_ROWS, MOST_BYTES = 16_384, 96 << 20
"""Row numbers within a segment fit 16 bits."""
COMPRESSION = 1
ONE, MANY, NUMBER, ID = "u2", "u4", "u4", "i8"
"""Kinds of columns: the code of a facet's value, a bit for each value, a number, an id."""
OTHERS, MOST_ONE, MOST_MANY = "others", 4000, 31
"""What a facet's value is called that comes after so many others."""


class Names:
    """The codes of a stream's facet values, from 1; 0 is none. Of facets with many values a row, a code is a bit."""

    def __init__(self, db: sqlite3.Connection, stream: Stream):
        self._db, self._stream = db, stream
        self._codes: dict[tuple[str, str], int] = {}
        self._most: Counter[str] = Counter()
        for facet, code, name in db.execute("select facet, code, name from names where stream=?", (stream.name,)):
            self._codes[facet, name] = code
            self._most[facet] = max(self._most[facet], code)

    def code(self, facet: str, name: str, most: int) -> int:
        """The code of a value; new values get the next."""
        if not name:
            return 0
        found = self._codes.get((facet, name))
        if found is None:
            if self._most[facet] >= most and name != OTHERS:
                return self.code(facet, OTHERS, most + 1)
            self._most[facet] += 1
            found = self._codes[facet, name] = self._most[facet]
            self._db.execute("insert into names values(?, ?, ?, ?)", (self._stream.name, facet, found, name))
        return found

    def bits(self, facet: str, names: set[str]) -> int:
        """The bits of values."""
        return sum({1 << (code - 1) for name in names if (code := self.code(facet, name, MOST_MANY))})


class Segment:
    """The segment of this number whose rows begin at `first`."""

    def __init__(self, db: sqlite3.Connection, stream: Stream, names: Names, number: int, first: int):
        self._db, self._stream, self._names = db, stream, names
        self._number, self._first = number, first
        self._columns: dict[str, list[int]] = {name: [] for name in ("id", *stream.one, *stream.many, *stream.numbers)}
        self._pairs: list[tuple[int, int]] = []
        self._words: dict[str, int] = {}
        self._of_word, self._of_row = array("I"), array("H")
        self._usage: Counter[str] = Counter()
        self.rows, self.bytes = 0, 0

    @property
    def full(self) -> bool:
        return self.rows >= MOST_ROWS or self.bytes >= MOST_BYTES

    def add(self, entry: Entry) -> None:
        """Takes a row in."""
        stream, at = self._stream, self._first + self.rows
        line, detail = (json.dumps(data, separators=(",", ":")) for data in (entry.line, entry.detail))
        self._db.execute("insert into lines values(?, ?, ?)", (stream.name, at, line))
        if entry.detail:
            packed = zlib.compress(detail.encode(), COMPRESSION)
            self._db.execute("insert into details values(?, ?, ?)", (stream.name, at, packed))
        columns = self._columns
        columns["id"].append(entry.id)
        for facet in stream.one:
            columns[facet].append(self._names.code(facet, entry.one.get(facet, ""), MOST_ONE))
        for facet in stream.many:
            columns[facet].append(self._names.bits(facet, entry.many.get(facet, set())))
        for name in stream.numbers:
            columns[name].append(min(entry.numbers.get(name, 0), 0xFFFFFFFF))
        self._pairs += [(entry.id, other) for other in entry.pairs]
        for spent in entry.usage:
            for what in ("calls", "prompt_tokens", "completion_tokens", "cached_tokens"):
                self._usage[f"{spent['role']}/{spent['step']}/{what}"] += spent[what]
        if stream.searched:
            numbered = self._words
            found = [numbered.setdefault(word, len(numbered)) for word in indexed(entry.texts)]
            self._of_word.extend(found)
            self._of_row.extend([self.rows] * len(found))
        self.rows += 1
        self.bytes += len(detail)

    def write(self) -> None:
        """Writes what was gathered; the caller commits."""
        name, number = self._stream.name, self._number
        sums = json.dumps(self._usage)
        self._db.execute("insert into segments values(?, ?, ?, ?, ?)", (name, number, self._first, self.rows, sums))
        kinds = {"id": ID, **dict.fromkeys(self._stream.one, ONE), **dict.fromkeys(self._stream.many, MANY)}
        arrays = {column: np.array(values, kinds.get(column, NUMBER)) for column, values in self._columns.items()}
        if self._stream.paired:
            arrays["pairs"] = np.array(self._pairs, ID)
        rows = ((name, number, column, values.tobytes()) for column, values in arrays.items())
        self._db.executemany("insert into columns values(?, ?, ?, ?)", rows)
        self._write_words()

    def _write_words(self) -> None:
        """Each word's rows, the words in order, as the table holds them."""
        if not self._words:
            return
        order = np.argsort(np.frombuffer(self._of_word, "u4"), kind="stable")
        rows = np.frombuffer(self._of_row, "u2")[order]
        ends = np.cumsum(np.bincount(np.frombuffer(self._of_word, "u4"), minlength=len(self._words)))
        starts = np.r_[0, ends[:-1]]
        packed = (
            (self._stream.name, self._number, word, rows[starts[at] : ends[at]].tobytes())
            for word, at in sorted(self._words.items())
        )
        self._db.executemany("insert into words values(?, ?, ?, ?)", packed)
