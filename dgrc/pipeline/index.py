"""Between `answer` and `verify`: the atoms that hold become facts that can be found by what they are about.

An index is a folder of numbered shards: `facts.arrow` (id, question, answer) beside a Tantivy index of the questions'
content words, ranked by BM25. Everything is memory-mapped: the workers of a machine share one copy and hold none.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import tantivy

from dgrc.method.screen import NEAR_DUPLICATE, content_words
from dgrc.method.verify import Fact
from dgrc.storage.atomic import fresh_folder
from dgrc.storage.lookup import ROWS_PER_FILE, SortedFile, write_sorted

SCHEMA = pa.schema([("id", pa.int64()), ("question", pa.string()), ("answer", pa.string())])
WRITER_BYTES = 1 << 28
POSTINGS = 1_000_000
"""How many mentions of its words a search may go through: the rarest words first, which weigh the most. The words that
stand in every other fact would take nearly all of the time (docs/log.md, 2026-11-25)."""


def build_index(atoms: Path, output: Path, rows_per_shard: int = ROWS_PER_FILE) -> int:
    """Writes the index of an `atoms` dataset and returns how many facts it holds. Memory is that of one shard."""
    fresh_folder(output)
    count = 0
    for number, rows in enumerate(_facts(atoms, rows_per_shard)):
        folder = output / f"shard-{number:05d}"
        (folder / "words").mkdir(parents=True)
        table = write_sorted(rows, folder / "facts.arrow")
        # One thread: then the same facts give the same index.
        writer = tantivy.Index(_schema(), path=str(folder / "words")).writer(WRITER_BYTES, num_threads=1)
        for row, question in enumerate(table["question"].to_pylist()):
            writer.add_document(tantivy.Document(row=row, words=" ".join(content_words(question))))
        writer.commit()
        writer.wait_merging_threads()
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
        chosen = self._rarest(words)
        found = [hit for shard in self._shards for hit in shard.search(chosen, limit)]
        return [fact for _, fact in sorted(found, key=lambda hit: (-hit[0], hit[1].id))[:limit]]

    def _rarest(self, words: Sequence[str]) -> list[str]:
        """The words to search for, those of fewest facts first, within the bound; one at least."""
        counts = {word: sum(shard.count(word) for shard in self._shards) for word in dict.fromkeys(words)}
        chosen: list[str] = []
        total = 0
        for count, word in sorted((count, word) for word, count in counts.items() if count):
            total += count
            if chosen and total > POSTINGS:
                break
            chosen.append(word)
        return chosen


class _Shard:
    def __init__(self, folder: Path):
        self._facts = SortedFile(folder / "facts.arrow")
        self._schema = _schema()
        self._searcher = tantivy.Index.open(str(folder / "words")).searcher()

    def get(self, id_: int) -> Fact | None:
        row = self._facts.find(id_)
        return None if row is None else self._fact(row)

    def count(self, word: str) -> int:
        """How many facts hold a word."""
        return int(self._searcher.doc_freq("words", word))

    def search(self, words: Sequence[str], limit: int) -> list[tuple[float, Fact]]:
        """The best facts with their scores, for words that some shard knows."""
        terms = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "words", word, "freq")) for word in words
        ]
        if not terms:
            return []
        hits = self._searcher.search(tantivy.Query.boolean_query(terms), limit, count=False).hits
        rows = self._searcher.fast_field_values("row", [address for _, address in hits])
        return [(score, self._fact(row)) for (score, _), row in zip(hits, rows, strict=True)]

    def _fact(self, row: int) -> Fact:
        return Fact(**self._facts.row(row))


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("row", fast=True)
    builder.add_text_field("words", tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def _facts(atoms: Path, rows_per_shard: int) -> Iterator[pa.Table]:
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
