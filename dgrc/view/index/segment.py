"""One segment of a stream while it is made: parts flow in, rows of the index's tables flow out.

A segment has about `MOST_ROWS` rows or `MOST_BYTES` of text, so that what is held does not grow with the run.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable

import numpy as np

from dgrc.view.index.parts import Part
from dgrc.view.index.postings import Postings, packed
from dgrc.view.index.streams import Stream

MOST_ROWS, MOST_BYTES = 16_384, 72 << 20
"""Row numbers within a segment fit 16 bits."""
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

    def codes(self, facet: str, names: list[str]) -> list[int]:
        """The codes of rows' values."""
        known = {name: self._code(facet, name, MOST_ONE) for name in dict.fromkeys(names)}
        return [known[name] for name in names]

    def bits(self, facet: str, rows: list[frozenset[str]]) -> list[int]:
        """The bits of rows' values."""
        known = {names: self._bits(facet, names) for names in dict.fromkeys(rows)}
        return [known[names] for names in rows]

    def _bits(self, facet: str, names: Iterable[str]) -> int:
        return sum({1 << (code - 1) for name in sorted(names) if (code := self._code(facet, name, MOST_MANY))})

    def _code(self, facet: str, name: str, most: int) -> int:
        """The code of a value; new values get the next."""
        if not name:
            return 0
        found = self._codes.get((facet, name))
        if found is None:
            if self._most[facet] >= most and name != OTHERS:
                return self._code(facet, OTHERS, most + 1)
            self._most[facet] += 1
            found = self._codes[facet, name] = self._most[facet]
            self._db.execute("insert into names values(?, ?, ?, ?)", (self._stream.name, facet, found, name))
        return found


class Segment:
    """The segment of this number whose rows begin at `first`."""

    def __init__(self, db: sqlite3.Connection, stream: Stream, names: Names, number: int, first: int):
        self._db, self._stream, self._names = db, stream, names
        self._number, self._first = number, first
        self._columns: dict[str, list[int]] = {name: [] for name in ("id", *stream.one, *stream.many, *stream.numbers)}
        self._pairs: list[tuple[int, int]] = []
        self._words = _Words()
        self._usage: Counter[str] = Counter()
        self.rows, self.bytes = 0, 0

    @property
    def full(self) -> bool:
        return self.rows >= MOST_ROWS or self.bytes >= MOST_BYTES

    def add(self, part: Part) -> None:
        """Takes rows in."""
        name, first = self._stream.name, self._first + self.rows
        lines = ((name, at, line) for at, line in enumerate(part.lines, first))
        self._db.executemany("insert into lines values(?, ?, ?)", lines)
        if part.kept:
            self._db.execute("insert into details values(?, ?, ?, ?)", (name, first, len(part), part.kept))
        columns = self._columns
        columns["id"] += part.ids
        for facet, values in part.one.items():
            columns[facet] += self._names.codes(facet, values)
        for facet, sets in part.many.items():
            columns[facet] += self._names.bits(facet, sets)
        for column, numbers in part.numbers.items():
            columns[column] += numbers
        self._pairs += part.pairs
        self._usage.update(part.usage)
        if part.words is not None:
            self._words.add(part.words, self.rows)
        self.rows += len(part)
        self.bytes += part.size

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
        words = ((name, number, word, packed(of, self.rows)) for word, of in self._words.sorted())
        self._db.executemany("insert into words values(?, ?, ?, ?)", words)


class _Numbered(dict[str, int]):
    """Gives each word that is asked for the next number."""

    def __missing__(self, word: str) -> int:
        number = self[word] = len(self)
        return number


class _Words:
    """The postings of a segment's parts, and of them those of the whole segment."""

    def __init__(self) -> None:
        self._numbers = _Numbered()
        self._parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []

    def add(self, part: Postings, first: int) -> None:
        """Takes in a part's, whose rows begin at `first` of the segment."""
        numbers = np.fromiter(map(self._numbers.__getitem__, part.words), "u4", len(part.words))
        self._parts.append((numbers, part.counts, part.rows + np.uint16(first)))

    def sorted(self) -> Iterable[tuple[str, np.ndarray]]:
        """Each word with the numbers of its rows, the words in order."""
        counts = np.zeros(len(self._numbers), np.int64)
        for numbers, added, _ in self._parts:
            counts[numbers] += added
        ends = np.cumsum(counts)
        free = ends - counts
        whole = np.empty(counts.sum(), "u2")
        for numbers, added, rows in self._parts:  # the rows of each word go on where those of the last part ended
            starts = np.cumsum(added) - added
            whole[np.repeat(free[numbers] - starts, added) + np.arange(len(rows))] = rows
            free[numbers] += added
        for word, at in sorted(self._numbers.items()):
            yield word, whole[ends[at] - counts[at] : ends[at]]
