"""CSV and TSV to rows: a dictionary each, or why a row has none.

CSV is read by RFC 4180. TSV is read as its writer meant it: few of them quote, so a quote sign at the start of a field
is text, unless the field is closed as a quoted one is. A quote that is never closed spoils no more than its own row.
"""

import collections
import csv
import io
import re
from collections.abc import Callable, Iterator
from typing import Any, TextIO

from dgrc.config import LimitsConfig
from dgrc.questions.files.packed import refuse_wide, unpacked

Values = list[str] | str
"""The values of a row, or why there are none."""
_INSIDE = re.compile(r'(?:[^"]+|"")*+')
"""Of a quoted field, as far as a quote sign that is not doubled."""
_IN_QUOTES = re.compile(r'"((?:[^"]+|"")*+)"')


def table_rows(
    path: str,
    limits: LimitsConfig,
    separator: str = ",",
    names: list[str] | None = None,
    header: Callable[[list[str]], bool] = lambda _: False,
) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Each row's first line and values by column, None where the row is too short.

    Args:
        path: The file.
        limits: How long a row may be.
        separator: A comma or a tab.
        names: The columns of a file without a header.
        header: Whether such a file's first row is a header nevertheless.
    """
    csv.field_size_limit(limits.row_bytes)
    has_header, width = names is None, [len(names)] if names else list[int]()
    with unpacked(path) as raw, io.TextIOWrapper(raw, "utf-8-sig", "surrogateescape", "") as f:
        refuse_wide(raw)
        feed = _Feed(f, limits.row_bytes)
        rows = _csv_values(feed, limits) if separator == "," else _tsv_values(feed, limits, width)
        for at, (number, values) in enumerate(rows):
            if at == 0 and not isinstance(values, str) and header(values):
                has_header, names = True, None
            if isinstance(values, str):
                if names is None:
                    raise ValueError(f"its header, line {number}, cannot be read: {values}")
                yield number, values
            elif names is None:
                if other := _other_separator(values, separator):
                    raise ValueError(other)
                names = _once(values)
                width[:] = [len(names)]
            elif len(values) > len(names):
                yield number, f"more values than {'the header has' if has_header else 'there are'} columns"
            else:
                yield number, dict(zip(names, [*values, *[None] * (len(names) - len(values))], strict=True))


def _other_separator(header: list[str], separator: str) -> str | None:
    """What is wrong with a header of one column that is several, put apart by another sign."""
    shown = {",": "a comma", "\t": "a tab", ";": "a semicolon", "|": "a bar"}
    for sign in (";", "\t", "|", ",") if len(header) == 1 else ():
        parts = [part.strip() for part in header[0].split(sign)]
        # A comma stands in sentences, too.
        if len(parts) > 1 and all(parts) and not (sign == "," and any(" " in part for part in parts)):
            return (
                f"its header {header[0][:200]!r} is one column, for its names are put apart by {shown[sign]}; wanted "
                f"is {shown[separator]} (.csv has commas, .tsv has tabs)"
            )
    return None


def _once(names: list[str]) -> list[str]:
    """The names of columns, each once: a second `note` is `note.1`, as pandas has it, so that neither is lost."""
    there, taken, counts = {*names}, set[str](), collections.Counter[str]()
    found = list[str]()
    for name in names:
        own = name
        while own in taken or (own != name and own in there):
            counts[name] += 1
            own = f"{name}.{counts[name]}"
        taken.add(own)
        found.append(own)
    return found


def too_long(limits: LimitsConfig) -> str:
    """Why a row is not read."""
    return f"it is longer than `limits.row_bytes` {limits.row_bytes:,}"


def _csv_values(feed: "_Feed", limits: LimitsConfig) -> Iterator[tuple[int, Values]]:
    """Rows of a table as values, or why there are none; empty lines are left out.

    A quote that is never closed spoils the row in which it was opened, and what follows is read again without it.
    """
    reader = csv.reader(feed)
    while True:
        number = feed.begin()
        try:
            values = next(reader)
        except StopIteration:
            return
        except _TooLong:
            yield number, too_long(limits)
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
            yield number, _checked(values)


def _tsv_values(feed: "_Feed", limits: LimitsConfig, width: list[int]) -> Iterator[tuple[int, Values]]:
    """The same of a table with tabs; `width` holds the number of columns once it is known."""
    while True:
        number = feed.begin()
        try:
            line = next(feed)
        except StopIteration:
            return
        except _TooLong:
            yield number, too_long(limits)
            feed.again()
            continue
        if line.rstrip("\r\n"):
            yield number, _checked(_tsv_row(feed, line, width))


def _tsv_row(feed: "_Feed", line: str, width: list[int]) -> list[str]:
    """A row's values. Fields that were closed as quoted may hold tabs and further lines, if as many values come of it
    as there are columns; else each line is a row and each tab parts two fields."""
    cells = [_unquoted(cell) for cell in line.rstrip("\r\n").split("\t")]
    if '"' not in line:
        return cells
    quoted = _quoted(feed, line)
    if quoted is not None and (not width or len(quoted) == width[0]):
        return quoted
    several_lines = feed.lines > 1
    feed.again()
    fits = bool(width) and len(cells) == width[0]
    return cells if quoted is None or several_lines or fits else quoted


def _unquoted(cell: str) -> str:
    closed = _IN_QUOTES.fullmatch(cell)
    return closed[1].replace('""', '"') if closed else cell


def _quoted(feed: "_Feed", line: str) -> list[str] | None:
    """A row's values where quoted fields are read as such; None if one that runs over lines is not closed."""
    values, at = list[str](), 0
    while True:
        closed = _closed(feed, line, at) if line[at : at + 1] == '"' else None
        if closed is not None:
            value, line, at = closed
        elif feed.lines > 1 and line[at : at + 1] == '"':
            return None
        else:
            end = line.find("\t", at)
            value, at = (line[at:].rstrip("\r\n"), len(line)) if end < 0 else (line[at:end], end)
        values.append(value)
        if line[at : at + 1] != "\t":
            return values
        at += 1


def _closed(feed: "_Feed", line: str, at: int) -> tuple[str, str, int] | None:
    """A quoted field's value, the line in which it is closed and the place behind it; None if it is not."""
    parts, at = list[str](), at + 1
    while True:
        inside = _INSIDE.match(line, at)
        assert inside is not None  # it may be empty
        parts.append(inside[0])
        if (end := inside.end()) < len(line):
            closes = line[end + 1 : end + 2] in ("", "\t", "\r", "\n")
            return ("".join(parts).replace('""', '"'), line, end + 1) if closes else None
        try:
            line, at = next(feed), 0
        except (StopIteration, _TooLong):
            return None


def _checked(values: list[str]) -> Values:
    try:
        "".join(values).encode()
    except UnicodeEncodeError:
        return "it is not UTF-8 text"
    return values


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

    @property
    def lines(self) -> int:
        """How many lines the row has so far."""
        return len(self._row)

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
