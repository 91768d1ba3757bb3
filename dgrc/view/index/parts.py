"""A piece of a dataset's file, read and worked through: a path in, `Part`s out, of which a segment is made.

A part is plain data and knows nothing of the index that it goes into, so that any process can make it.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dgrc.view.index.files import source_of
from dgrc.view.index.postings import Postings, postings
from dgrc.view.index.streams import Entry, Stream

PART_ROWS, PART_BYTES = 256, 256 << 10
"""A page that shows one row unpacks the part that it is in. A row that is larger is a part of its own."""
PACKED = "lz4"
"""Half again as large as by zstd, and a case is unpacked in half the time."""
BUFFER = 1 << 20
UNREADABLE = (OSError, pa.ArrowException, KeyError, TypeError, ValueError, AttributeError)
"""What a file may raise that is damaged, or of another form."""
USAGE = ("calls", "prompt_tokens", "completion_tokens", "cached_tokens")
_as_json = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(slots=True)
class Part:
    """Some rows of a stream, column by column: `one` and `many` are facets' values, `kept` what pages need, packed."""

    size: int
    """Bytes of the rows as they were read."""
    ids: list[int]
    lines: list[str]
    one: dict[str, list[str]]
    many: dict[str, list[frozenset[str]]]
    numbers: dict[str, list[int]]
    pairs: list[tuple[int, int]]
    usage: Counter[str]
    words: Postings | None
    kept: bytes

    def __len__(self) -> int:
        return len(self.ids)


def parts_of(stream: Stream, path: str, taken: int) -> Iterator[int | Part]:
    """How many rows a file has, and then those after the first `taken` ones."""
    with source_of(path) as source, pq.ParquetFile(source, buffer_size=BUFFER, pre_buffer=False) as file:
        yield file.metadata.num_rows
        there = set(file.schema_arrow.names)
        columns = [column for column in dict.fromkeys((*stream.columns, *stream.kept)) if column in there]
        for batch in file.iter_batches(batch_size=PART_ROWS, columns=columns, use_threads=False):
            left = batch.slice(taken)
            taken -= len(batch) - len(left)
            rows = max(1, len(batch) * PART_BYTES // max(batch.nbytes, 1))
            for first in range(0, len(left), rows):
                yield part_of(stream, left.slice(first, rows))


def part_of(stream: Stream, batch: pa.RecordBatch) -> Part:
    """These rows as a part."""
    there = [name for name in stream.columns if name in batch.schema.names]
    entries = [stream.entry(row) for row in batch.select(there).to_pylist()]
    usage: Counter[str] = Counter()
    for entry in entries:
        for spent in entry.usage:
            for what in USAGE:
                usage[f"{spent['role']}/{spent['step']}/{what}"] += spent[what]
    return Part(
        size=batch.nbytes,
        ids=[entry.id for entry in entries],
        lines=[_as_json(entry.line) for entry in entries],
        one={name: [entry.one.get(name, "") for entry in entries] for name in stream.one},
        many={name: [frozenset(entry.many.get(name, ())) for entry in entries] for name in stream.many},
        numbers={name: [min(entry.numbers.get(name, 0), 0xFFFF_FFFF) for entry in entries] for name in stream.numbers},
        pairs=[(entry.id, other) for entry in entries for other in entry.pairs],
        usage=usage,
        words=postings([entry.texts for entry in entries]) if stream.searched else None,
        kept=_packed(stream, batch, entries) if stream.kept else b"",
    )


def _packed(stream: Stream, batch: pa.RecordBatch, entries: list[Entry]) -> bytes:
    """What pages need of rows, as Arrow's own messages."""
    kept = batch.select([name for name in stream.kept if name in batch.schema.names])
    for name in {name for entry in entries for name in entry.spared} & {*kept.schema.names}:
        some = np.array([name not in entry.spared for entry in entries])
        at = pa.array(np.arange(len(batch)), mask=~some)
        kept = kept.set_column(kept.schema.get_field_index(name), kept.schema.field(name), kept[name].take(at))
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression=PACKED, use_threads=False)
    with pa.ipc.new_stream(sink, kept.schema, options=options) as writer:
        writer.write_batch(kept)
    return sink.getvalue().to_pybytes()


def unpacked(kept: bytes, at: int) -> dict[str, Any]:
    """What pages need of one of a part's rows."""
    with pa.ipc.open_stream(kept) as reader:
        row: dict[str, Any] = reader.read_next_batch().slice(at, 1).to_pylist()[0]
    return row
