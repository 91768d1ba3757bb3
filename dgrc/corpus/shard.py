"""One shard of a corpus to passages: files in; passages, their places, sketches and keys out, in one folder.

What the folder holds: `passages.parquet`; `places.arrow` and `sketches.bin`, into which the work of other shards looks
by row; `keys-*.npy` for the shuffle; `contaminated.parquet`, `refused.parquet` and `counts.json`. Written in passing, a
few thousand passages at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dgrc.config import CorpusConfig
from dgrc.corpus import passages
from dgrc.corpus.documents import documents, text_of
from dgrc.corpus.minhash import band_keys, sketches
from dgrc.corpus.near_duplicates import KeyWriter
from dgrc.corpus.sharded_tasks import committed
from dgrc.errors import QuestionFileError, StorageError
from dgrc.method.replies import encodable
from dgrc.questions.decontamination import Contamination
from dgrc.questions.files.formats import BROKEN, Row
from dgrc.questions.options import as_text, missing
from dgrc.questions.shingles import Hashes, runs, weighed_hashes
from dgrc.records import Quarantined, Removed, hash64
from dgrc.records.corpus import Passage
from dgrc.storage.arrow import arrow_schema, to_row
from dgrc.storage.atomic import write_json

SHINGLE = 5
"""Words in a row that are compared."""
BATCH_CHARACTERS = 1 << 18
"""Of the passages whose words are hashed together."""
GROUP_ROWS = 2048
SCHEMA = arrow_schema(Passage)
PLACES = pa.schema([SCHEMA.field(name) for name in ("id", "document", "source", "start", "end")])


def cut_shard(
    number: int, files: Sequence[str], folder: str, limit: int | None, shared: tuple[CorpusConfig, Contamination | None]
) -> dict[str, Any]:
    """Cuts the documents of some files; at most so many passages, if there is a limit."""
    corpus, check = shared
    with committed(Path(folder)) as half:
        shard = Shard(half, number, corpus, check, limit)
        for path in files:
            try:
                for source, row in documents(path, corpus):
                    if shard.full:
                        break
                    shard.add(source, row)
            except StorageError as e:
                raise QuestionFileError(f"A corpus file cannot be read: {e}") from e
            except BROKEN as e:
                raise QuestionFileError(f"The corpus file {path} cannot be read: {e}. Mend or remove it.") from e
        return shard.close()


@dataclass
class Columns:
    """The next passages, by column."""

    columns: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in SCHEMA.names})
    characters: int = 0

    def add(self, document: str, source: str, title: str, start: int, end: int, text: str) -> None:
        """Takes a passage in."""
        values = {"id": hash64(text), "document": document, "source": source, "start": start, "end": end,
                  "title": title, "text": text}  # fmt: skip
        for name, value in values.items():
            self.columns[name].append(value)
        self.characters += end - start


class Shard:
    """Writes one shard's passages, their places, sketches and keys, and what is not among them."""

    def __init__(self, folder: Path, number: int, corpus: CorpusConfig, check: Contamination | None, limit: int | None):
        self._folder, self._corpus, self._check, self._limit = folder, corpus, check, limit
        self._passages = pq.ParquetWriter(folder / "passages.parquet", SCHEMA, compression="zstd")
        self._places = pa.ipc.new_file(folder / "places.arrow", PLACES)
        self._sketches = open(folder / "sketches.bin", "wb")  # noqa: SIM115 closed in `close`
        self._keys = KeyWriter(folder, number)
        self._removed: list[Removed] = []
        self._refused: list[Quarantined] = []
        self._batch, self._group = Columns(), list[pa.Table]()
        self._documents = 0

    @property
    def full(self) -> bool:
        """Whether there is no room for another document."""
        return self._limit is not None and self._keys.rows + len(self._batch.columns["id"]) >= self._limit

    def add(self, source: str, row: Row | str) -> None:
        """Takes a document in."""
        self._documents += 1
        own = row.get(self._corpus.id) if self._corpus.id and not isinstance(row, str) else None
        own = None if missing(own) or own == "" else own
        name = source if own is None else encodable(as_text(own))
        text, problem = text_of(row, self._corpus)
        if problem:
            self._refused.append(Quarantined(source, name if own is not None else "", "unreadable", problem, ""))
            return
        title = row.get(self._corpus.title) if self._corpus.title and not isinstance(row, str) else None
        spans = passages.split(text, self._corpus.passage_words, self._corpus.least_words)
        for start, end in spans:
            piece = text[start:end]
            if not piece.isascii():
                piece = encodable(piece)
            self._batch.add(name, source, encodable(title) if isinstance(title, str) else "", start, end, piece)
            if self._batch.characters >= BATCH_CHARACTERS:
                self._flush()

    def close(self) -> dict[str, int]:
        """Writes what is left; returns what there was."""
        self._flush()
        self._write_group()
        self._keys.close()
        self._passages.close()
        self._places.close()
        self._sketches.close()
        write_rows(self._folder / "contaminated.parquet", Removed, self._removed)
        write_rows(self._folder / "refused.parquet", Quarantined, self._refused)
        counts = {
            "documents": self._documents, "rows": self._keys.rows, "contaminated": len(self._removed),
            "refused": len(self._refused),
        }  # fmt: skip
        write_json(self._folder / "counts.json", counts)
        return counts

    def _flush(self) -> None:
        columns, self._batch = self._batch.columns, Columns()
        if not columns["id"]:
            return
        hashes = weighed_hashes(columns["text"])
        table = pa.table(columns, schema=SCHEMA)
        clean = self._decontaminated(table, hashes)
        if self._limit is not None:
            clean = clean[: self._limit - self._keys.rows]
        keys = table["id"].to_numpy().view(np.uint64).reshape(-1, 1)
        if self._corpus.near_duplicate < 1:
            sketch = sketches(*runs(*hashes[:2], SHINGLE, hashes[2]))[clean]
            self._sketches.write(sketch.tobytes())
            keys = np.concatenate([keys[clean], band_keys(sketch)], axis=1)
        else:
            keys = keys[clean]
        self._keys.add(keys)
        self._group.append(table if len(clean) == len(table) else table.take(clean))
        if sum(map(len, self._group)) >= GROUP_ROWS:
            self._write_group()

    def _decontaminated(self, table: pa.Table, hashes: Hashes) -> np.ndarray:
        """Rows of a batch that share nothing with an evaluation question; the others are noted."""
        found = self._check.find_all(*hashes) if self._check is not None else [None] * len(table)
        for row, place in enumerate(found):
            if place is not None:
                of = {name: table[name][row].as_py() for name in PLACES.names}
                self._removed.append(Removed(**of, text="", reason="contaminated", twin=place))
        return np.array([row for row, place in enumerate(found) if place is None], np.int64)

    def _write_group(self) -> None:
        if self._group:
            table, self._group = pa.concat_tables(self._group).combine_chunks(), []
            self._passages.write_table(table, row_group_size=GROUP_ROWS)
            self._places.write_table(table.select(PLACES.names))


def write_rows(path: Path, record: type[Any], rows: Sequence[Any]) -> None:
    """Writes records to a Parquet file."""
    pq.write_table(pa.Table.from_pylist([to_row(row) for row in rows], schema=arrow_schema(record)), path)
