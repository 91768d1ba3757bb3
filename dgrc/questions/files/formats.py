"""Files to rows as they are in them: JSONL, JSON, Parquet, CSV and TSV, a dictionary each, or why a row has none.

What is wrong with one row is said of that row, and the next one is read; only what keeps a file from being read on is
raised. No line, cell or nesting is taken further than the limits say, so that no file can fill the memory or the stack.
All may be packed (`packed`).
"""

import codecs
import contextlib
import io
import json
import lzma
import zlib
from collections.abc import Iterator, Sequence
from typing import IO, Any

from dgrc.config import LimitsConfig
from dgrc.questions.files.packed import is_packed, refuse_wide, suffix_of, unpacked, whole
from dgrc.questions.files.tables import table_rows, too_long
from dgrc.storage.objectstore.files import open_bytes

Row = dict[str, Any]
Numbered = Iterator[tuple[int, Row | str]]
"""Where each row is (lines of text from 1, else rows from 1), and its fields or why it has none."""
LIMITS = LimitsConfig()
BROKEN = (OSError, ValueError, EOFError, RecursionError, MemoryError, zlib.error, lzma.LZMAError)
"""What reading a broken file raises. EOFError and the last two come of archives, RecursionError of open brackets."""
SUFFIXES = (".jsonl", ".json", ".parquet", ".csv", ".tsv")


def raw_rows(path: str, limits: LimitsConfig = LIMITS) -> Numbered:
    """All rows of a file.

    Raises one of `BROKEN` if the file cannot be read, or not any further.
    """
    suffix = suffix_of(path)
    if suffix in (".csv", ".tsv"):
        return table_rows(path, limits, "," if suffix == ".csv" else "\t")
    reader = {".jsonl": jsonl_rows, ".json": _json, ".parquet": parquet_rows}[suffix]
    return reader(path, limits)


def jsonl_rows(path: str, limits: LimitsConfig = LIMITS) -> Numbered:
    """Each line's number and object, or why it is none; blank lines are left out."""
    with unpacked(path) as f:
        refuse_wide(f)
        for number, line in enumerate(_lines(f, limits.row_bytes), 1):
            if number == 1 and line is not None:
                line = line.removeprefix(codecs.BOM_UTF8)
            if line is None:
                yield number, too_long(limits)
            elif line.strip():
                yield number, _object_in(line, limits)


def _lines(file: IO[bytes], most: int) -> Iterator[bytes | None]:
    """The lines of a file; None for one that is too long, of which no more than that is held."""
    while line := file.readline(most + 1):
        if len(line) > most and not line.endswith(b"\n"):
            while (rest := file.readline(1 << 20)) and not rest.endswith(b"\n"):
                pass
            yield None
        else:
            yield line


def _object_in(line: bytes, limits: LimitsConfig) -> Row | str:
    try:
        row = json.loads(line.decode("utf-8", "surrogatepass"))  # bytes with zeros it would take for UTF-16
    except UnicodeDecodeError:
        return "not valid JSON: it is not UTF-8 text"
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


def _json(path: str, limits: LimitsConfig) -> Numbered:
    """The rows of a list, of an object of objects by their ids, or of lines: people name all three `.json`."""
    if _has_lines(path, limits):
        yield from jsonl_rows(path, limits)
        return
    content = whole(path, limits)
    if not content.strip(codecs.BOM_UTF8 + b" \t\r\n"):
        return  # no rows, as in an empty file of any other form
    data = json.loads(content)
    if isinstance(data, dict) and data and all(isinstance(value, dict) for value in data.values()):
        # Whoever keeps rows by their ids may have left the id out of the row.
        data = [row if "id" in row else {"id": key, **row} for key, row in data.items()]
    if not isinstance(data, list):
        held = f" with {', '.join(repr(key)[:80] for key in list(data)[:5])}" if data and isinstance(data, dict) else ""
        raise ValueError(
            "wanted at its top is a list of objects, an object of objects by their ids, or an object a line; it holds "
            f"a {type(data).__name__}{held}"
        )
    for number, row in enumerate(data, 1):
        yield number, _checked(row, limits)


def _has_lines(path: str, limits: LimitsConfig) -> bool:
    """Whether a file is JSON Lines: its first line is an object that is no collection of others, or its second line
    begins with one too."""
    first, second = (*_heads(path, limits.row_bytes), b"", b"")[:2]
    if second:
        return second.startswith(b"{") and first != b"{"
    try:
        row = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(row, dict) and not all(isinstance(value, dict) for value in row.values())


def _heads(path: str, most: int) -> list[bytes]:
    """How the first two lines that are not blank begin, up to so many bytes; none of a file that holds no object."""
    heads: list[bytes] = []
    with unpacked(path) as f:
        while len(heads) < 2 and (line := f.readline(most + 1)):
            if head := line.strip(b"\xef\xbb\xbf \t\r\n"):
                heads.append(head)
            if heads and not heads[0].startswith(b"{"):
                return []
            while not line.endswith(b"\n") and (line := f.readline(1 << 20)):
                pass
    return heads


def parquet_rows(path: str, limits: LimitsConfig, wanted: Sequence[str] = (), at_once: int = 4096) -> Numbered:
    """Rows, so many in memory at once; with the columns that are wanted if the first of them is there, else all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with _seekable(path, limits) as opened, pq.ParquetFile(opened, pre_buffer=False) as file:
            there = file.schema_arrow.names
            columns = [name for name in wanted if name in there] if wanted and wanted[0] in there else None
            for batch in file.iter_batches(batch_size=at_once, columns=columns):
                for row in _of_batch(batch):
                    number += 1
                    yield number, row
    except pa.ArrowException as e:  # some of them are no ValueError and no OSError
        raise ValueError(f"{'after row ' + str(number) + ': ' if number else ''}{str(e).rstrip('.')}") from e


@contextlib.contextmanager
def _seekable(path: str, limits: LimitsConfig) -> Iterator[IO[bytes]]:
    """A file's bytes in any order, which those of a packed one have only in memory."""
    if is_packed(path):
        yield io.BytesIO(whole(path, limits))
    else:
        with open_bytes(path) as file:
            yield file


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
