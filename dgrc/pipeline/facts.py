"""Between `answer` and `verify`: the atoms that were kept become facts that can be found by what they are about.

An index is a folder of numbered shards: `facts.arrow` (id, question, answer) beside a BM25 index of the questions'
content words. Everything is memory-mapped, so that the workers of a machine share one copy and hold none.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import bm25s
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dgrc.method.screen import NEAR_DUPLICATE, content_words
from dgrc.method.verify import Fact
from dgrc.storage.lookup import ROWS_PER_FILE, SortedFile, write_sorted
from dgrc.storage.run_dir import fresh_folder

SCHEMA = pa.schema([("id", pa.int64()), ("question", pa.string()), ("answer", pa.string())])


def build_index(atoms: Path, output: Path, rows_per_shard: int = ROWS_PER_FILE) -> int:
    """Writes the index of an `atoms` dataset and returns how many facts it holds. Memory is that of one shard."""
    fresh_folder(output)
    count = 0
    for number, rows in enumerate(_kept(atoms, rows_per_shard)):
        folder = output / f"shard-{number:05d}"
        folder.mkdir()
        table = write_sorted(rows, folder / "facts.arrow")
        # A question of function words alone is found by none, but BM25 wants every document to have a word.
        index = bm25s.BM25()
        index.index([content_words(q) or [q] for q in table["question"].to_pylist()], show_progress=False)
        index.save(str(folder / "bm25"), show_progress=False)
        count += len(table)
    return count


class FactIndex:
    """Facts by id and by content, over all shards of an index."""

    def __init__(self, folder: str | Path):
        self._shards = [_Shard(path) for path in sorted(Path(folder).glob("shard-*"))]

    def get(self, ids: Sequence[int]) -> list[Fact]:
        """The facts with these ids, in this order; ids that were not kept as facts are left out."""
        return [fact for id_ in ids for shard in self._shards if (fact := shard.get(id_)) is not None]

    def search(self, words: Sequence[str], limit: int) -> list[Fact]:
        """At most `limit` facts that share the most telling words, best first."""
        found = [hit for shard in self._shards for hit in shard.search(words, limit)]
        return [fact for _, fact in sorted(found, key=lambda hit: (-hit[0], hit[1].id))[:limit]]


class _Shard:
    def __init__(self, folder: Path):
        self._facts = SortedFile(folder / "facts.arrow")
        self._bm25 = bm25s.BM25.load(str(folder / "bm25"), mmap=True, show_progress=False)

    def get(self, id_: int) -> Fact | None:
        row = self._facts.find(id_)
        return None if row is None else self._fact(row)

    def search(self, words: Sequence[str], limit: int) -> list[tuple[float, Fact]]:
        known = [word for word in dict.fromkeys(words) if word in self._bm25.vocab_dict]
        if not known:
            return []
        scores = self._bm25.get_scores(known)
        best = np.argpartition(-scores, min(limit, len(scores) - 1))[:limit]
        return [(float(scores[row]), self._fact(int(row))) for row in best if scores[row] > 0]

    def _fact(self, row: int) -> Fact:
        return Fact(**self._facts.row(row))


def _kept(atoms: Path, rows_per_shard: int) -> Iterator[pa.Table]:
    """The atoms that hold as facts, in tables of at most so many rows."""
    waiting: list[pa.Table] = []
    rows = 0
    for path in sorted(atoms.glob("*.parquet")):
        table = pq.read_table(path, columns=["id", "question", "answer", "kept", "dropped_because"])
        # What repeats a kept atom in other words is left out of the curriculum, but is no less a fact.
        same = pc.fill_null(pc.equal(table["dropped_because"], NEAR_DUPLICATE), False)
        table = table.filter(pc.or_(table["kept"], same)).select(["id", "question", "answer"]).cast(SCHEMA)
        while len(table):
            part = table.slice(0, rows_per_shard - rows)
            waiting.append(part)
            rows += len(part)
            table = table.slice(len(part))
            if rows == rows_per_shard:
                yield pa.concat_tables(waiting)
                waiting, rows = [], 0
    if rows:
        yield pa.concat_tables(waiting)
