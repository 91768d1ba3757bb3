"""Files to rows as they are in them: JSONL, JSON, Parquet and CSV, a dictionary each, or why a row has none.

What is wrong with one row is said of that row, and the next one is read; only what keeps a file from being read on is
raised. No line, cell or nesting is taken further than the limits say, so that no file can fill the memory or the stack.
"""

import collections
import contextlib
import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from dgrc.config import LimitsConfig
from dgrc.storage.objectstore.files import open_bytes

Row = dict[str, Any]
Numbered = Iterator[tuple[int, Row | str]]
"""Where each row is (lines of text from 1, else rows from 1), and its fields or why it has none."""
LIMITS = LimitsConfig()
BROKEN = (OSError, ValueError, EOFError, RecursionError, MemoryError, zlib.error)
"""What reading a broken file raises. EOFError and zlib.error come of archives, RecursionError of open brackets."""


def raw_rows(path: str, limits: LimitsConfig = LIMITS) -> Numbered:
    """All rows of a file.

    Raises one of `BROKEN` if the file cannot be read, or not any further.
    """
    reader = {".jsonl": jsonl_rows, ".json": _json, ".parquet": parquet_rows, ".csv": csv_rows}[Path(path).suffix]
    return reader(path, limits)


@contextlib.contextmanager
def unpacked(path: str) -> Iterator[BinaryIO | gzip.GzipFile]:
    """A file's bytes to read, a `.gz` or `.zst` as it is unpacked."""
    with open_bytes(path) as file:
        if path.endswith(".gz"):
            with gzip.open(file) as inner:
                yield inner
        elif path.endswith(".zst"):
            import pyarrow as pa

            with io.BufferedReader(pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd"), 1 << 20) as inner:
                yield inner
        else:
            yield file


def jsonl_rows(path: str, limits: LimitsConfig = LIMITS) -> Numbered:
    """Each line's number and object, or why it is none; blank lines are left out."""
    with unpacked(path) as f:
        for number, line in enumerate(_lines(f, limits.row_bytes), 1):
            if line is None:
                yield number, _too_long(limits)
            elif line.strip():
                yield number, _object_in(line, limits)


def _lines(file: BinaryIO | gzip.GzipFile, most: int) -> Iterator[bytes | None]:
    """The lines of a file; None for one that is too long, of which no more than that is held."""
    while line := file.readline(most + 1):
        if len(line) > most and not line.endswith(b"\n"):
            while (rest := file.readline(1 << 20)) and not rest.endswith(b"\n"):
                pass
            yield None
        else:
            yield line


def _too_long(limits: LimitsConfig) -> str:
    return f"it is longer than `limits.row_bytes` {limits.row_bytes:,}"


def _object_in(line: bytes, limits: LimitsConfig) -> Row | str:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as e:
        return f"not valid JSON: {e}"
    brackets = line.count(b"[") + line.count(b"{")  # nothing is nested deeper than it has brackets
    return _checked(row, limits) if brackets > limits.json_depth else _is_object(row)


def _checked(row: Any, limits: LimitsConfig) -> Row | str:
    if _deeper(row, limits):
        return f"it is nested deeper than `limits.json_depth` {limits.json_depth}"
    return _is_object(row)


def _is_object(row: Any) -> Row | str:
    return row if isinstance(row, dict) else f"a JSON {type(row).__name__} where an object is wanted"


def _deeper(value: Any, limits: LimitsConfig) -> bool:
    left = [(value, 1)]
    while left:
        value, depth = left.pop()
        if isinstance(value, dict | list):
            if depth > limits.json_depth:
                return True
            left += [(inner, depth + 1) for inner in (value.values() if isinstance(value, dict) else value)]
    return False


def whole(path: str, limits: LimitsConfig) -> bytes:
    """The content of a file that must be in memory at once, a `.gz` unpacked; ValueError if it is too large."""
    with unpacked(path) as f:
        data = f.read(limits.file_bytes + 1)
    if len(data) > limits.file_bytes:
        raise ValueError(
            f"it is read into memory whole, and is larger than `limits.file_bytes` {limits.file_bytes:,}; JSONL and "
            "Parquet are read bit by bit"
        )
    return data


def _json(path: str, limits: LimitsConfig) -> Numbered:
    data = json.loads(whole(path, limits))
    if not isinstance(data, list):
        raise ValueError(f"a list of objects is wanted at its top, it holds a {type(data).__name__}")
    for number, row in enumerate(data, 1):
        yield number, _checked(row, limits)


def parquet_rows(path: str, limits: LimitsConfig, wanted: Sequence[str] = (), at_once: int = 4096) -> Numbered:
    """Rows, so many in memory at once; with the columns that are wanted if the first of them is there, else all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with open_bytes(path) as opened, pq.ParquetFile(opened, pre_buffer=False) as file:
            there = file.schema_arrow.names
            columns = [name for name in wanted if name in there] if wanted and wanted[0] in there else None
            for batch in file.iter_batches(batch_size=at_once, columns=columns):
                for row in _of_batch(batch):
                    number += 1
                    yield number, row
    except pa.ArrowException as e:  # some of them are no ValueError and no OSError
        raise ValueError(f"{'after row ' + str(number) + ': ' if number else ''}{e}") from e


def _of_batch(batch: Any) -> Iterator[Row | str]:
    """Rows of a batch. Arrow checks neither text nor times until they become Python's, and then of all rows at once."""
    import pyarrow as pa

    # Text that is no UTF-8, times out of Python's range, time zones that nobody knows, types without a form in Python.
    unreadable = (ValueError, OverflowError, TypeError, KeyError, NotImplementedError, pa.ArrowException)
    try:
        yield from batch.to_pylist()
    except unreadable:
        for at in range(batch.num_rows):
            row: Row = {}
            refused = None
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                try:
                    row[name] = column[at].as_py()
                except unreadable as e:
                    refused = f"its column {name!r} cannot be read: {e}"
            yield refused or row


def csv_rows(
    path: str, limits: LimitsConfig = LIMITS, separator: str = ",", names: list[str] | None = None
) -> Numbered:
    """Each row's first line and values by column, None where the row is too short; `names` stand for a header.

    A quote that is never closed spoils the row in which it was opened, and what follows is read again without it.
    """
    csv.field_size_limit(limits.row_bytes)
    with io.TextIOWrapper(open_bytes(path), newline="", encoding="utf-8-sig", errors="surrogateescape") as f:
        feed = _Feed(f, limits.row_bytes)
        for number, values in _csv_values(feed, separator, limits):
            if isinstance(values, str):
                if names is None:
                    raise ValueError(f"its header, line {number}, cannot be read: {values}")
                yield number, values
            elif names is None:
                names = values
                "".join(names).encode()  # UnicodeEncodeError is a ValueError
            elif len(values) > len(names):
                yield number, "more values than the header has columns"
            else:
                yield number, dict(zip(names, [*values, *[None] * (len(names) - len(values))], strict=True))


def _csv_values(feed: "_Feed", separator: str, limits: LimitsConfig) -> Iterator[tuple[int, list[str] | str]]:
    """Rows of a table as values, or why there are none; empty lines are left out."""
    reader = csv.reader(feed, delimiter=separator)
    while True:
        number = feed.begin()
        try:
            values = next(reader)
        except StopIteration:
            return
        except _TooLong:
            yield number, _too_long(limits)
            feed.again()
            continue
        except csv.Error as e:
            yield number, f"not valid CSV: {e}"
            feed.again()
            continue
        if feed.ended:  # within a row: the reader asked for another line to end it with
            yield number, "a quote is opened in it and never closed"
            feed.again()
        elif values:
            yield number, values if _is_text(values) else "it is not UTF-8 text"


def _is_text(values: list[str]) -> bool:
    try:
        "".join(values).encode()
    except UnicodeEncodeError:
        return False
    return True


class _TooLong(Exception):
    """A line or row is longer than may be."""


class _Feed:
    """The lines of a file for a `csv.reader`, which can be taken back up to where a row began."""

    def __init__(self, file: TextIO, most: int):
        self._file, self._most = file, most
        self._row: list[str | None] = []
        self._waiting: collections.deque[str | None] = collections.deque()
        self._next, self._size = 1, 0
        self.ended = False

    def begin(self) -> int:
        """The number of the next line, with which a row begins."""
        self._next += len(self._row)
        self._row, self._size, self.ended = [], 0, False
        return self._next

    def again(self) -> None:
        """Takes back all lines of the row but its first."""
        self._waiting.extendleft(reversed(self._row[1:]))
        self._row = self._row[:1]

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        line = self._waiting.popleft() if self._waiting else self._read()
        if line == "":
            self.ended = bool(self._row)
            raise StopIteration
        self._row.append(line)
        self._size += len(line or "")
        if line is None or self._size > self._most:
            raise _TooLong
        return line

    def _read(self) -> str | None:
        """The next line of the file, "" at its end, None for one that is too long by itself."""
        line = self._file.readline(self._most + 1)
        if len(line) <= self._most or line.endswith(("\n", "\r")):
            return line
        while (rest := self._file.readline(1 << 20)) and not rest.endswith(("\n", "\r")):
            pass
        return None
