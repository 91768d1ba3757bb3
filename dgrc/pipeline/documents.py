"""Documents to passages: files of a corpus in, `passages` and refused documents out.

Ray Data reads and cuts the files side by side and in order; the driver drops passages that repeat or nearly repeat an
earlier one (MinHash over runs of words), because only one place can know what came first. It asks no engine, and is
simply done again if it was cut short.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import rensa

from dgrc.config import CorpusConfig, LimitsConfig
from dgrc.errors import QuestionFileError, StorageError
from dgrc.method import passages
from dgrc.method.replies import encodable
from dgrc.method.text import fold
from dgrc.pipeline.ingest import MOST_BLOCKS, Writer
from dgrc.pipeline.readers import columns, find_files
from dgrc.pipeline.rows import BROKEN, LIMITS, jsonl_rows, raw_rows, whole
from dgrc.pipeline.screening import BANDS, PERMUTATIONS
from dgrc.records import Passage, Quarantined, arrow_schema, hash64, to_row
from dgrc.storage.run_dir import RunDir, fresh_folder

SUFFIXES = (".jsonl", ".json", ".parquet", ".csv", ".txt", ".md", ".gz")
PLAIN = (".txt", ".md")
SHINGLE = 5
"""Words in a row that are compared."""
BATCH = 512
SCHEMA = pa.schema([*arrow_schema(Passage), ("refused", pa.string()), ("whole_file", pa.bool_())])


def cut(run: RunDir, corpus: CorpusConfig, say: Callable[[str], None]) -> dict[str, int]:
    """Writes the passages of a corpus; returns how many documents, passages, repeats and refusals there were.

    Raises:
        QuestionFileError: a file as a whole cannot be read, or there is no usable passage.
    """
    kept = Writer(fresh_folder(run.dataset("passages")), Passage)
    refused = Writer(fresh_folder(run.root / "corpus" / "quarantine"), Quarantined)
    counts: Counter[str] = Counter()
    repeats = Repeats(corpus.near_duplicate)
    documents: set[int] = set()
    for row in _cut_files(corpus):
        documents.add(hash64(row["source"]))
        if row["refused"] is not None:
            counts["refused"] += 1
            refused.add(Quarantined(row["source"], row["document"], "unreadable", row["refused"], row["text"][:1000]))
            continue
        if kind := repeats.find(row["id"], row["text"]):
            counts[kind] += 1
            continue
        counts["passages"] += 1
        kept.add(Passage(**{name: row[name] for name in Passage.__dataclass_fields__}))
        if counts["passages"] % 10_000 == 0:
            say(f"  passages {counts['passages']:,} of {len(documents):,} documents")
        if counts["passages"] == corpus.limit:
            break
    kept.close()
    refused.close()
    if not counts["passages"]:
        raise QuestionFileError(
            f"The corpus {', '.join(corpus.files)} has no passage of {corpus.least_words} words or more "
            f"({len(documents):,} documents, {counts['refused']:,} refused: see {run.root / 'corpus' / 'quarantine'}). "
            "Look at `corpus.text`, the column with the text."
        )
    return {"documents": len(documents), **counts}


class Repeats:
    """The passages so far, to be asked whether one repeats another; what is remembered is of a fixed size for each."""

    def __init__(self, threshold: float):
        self._threshold = threshold
        self._ids: set[int] = set()
        self._index = rensa.RMinHashLSH(threshold=threshold, num_perm=PERMUTATIONS, num_bands=BANDS)
        self._sketches: list[Any] = []

    def find(self, id_: int, text: str) -> str | None:
        """`repeated` or `near_duplicate`, or None for a passage that is new; that is remembered."""
        if id_ in self._ids:
            return "repeated"
        self._ids.add(id_)
        if self._threshold >= 1:
            return None
        sketch = rensa.RMinHash(num_perm=PERMUTATIONS, seed=0)
        sketch.update(_shingles(text))
        if any(sketch.jaccard(self._sketches[other]) >= self._threshold for other in self._index.query(sketch)):
            return "near_duplicate"
        self._index.insert(len(self._sketches), sketch)
        self._sketches.append(sketch)
        return None


def _shingles(text: str) -> list[str]:
    words = fold(text).casefold().split()
    return [" ".join(words[at : at + SHINGLE]) for at in range(max(1, len(words) - SHINGLE + 1))]


def _cut_files(corpus: CorpusConfig) -> Iterator[dict[str, Any]]:
    """Passages and refusals of all files in order, cut by Ray Data."""
    import ray

    files = find_files(corpus.files, SUFFIXES)
    dataset = ray.data.from_items([{"path": path} for path in files], override_num_blocks=min(len(files), MOST_BLOCKS))
    dataset.context.execution_options.preserve_order = True
    cut_up = dataset.map_batches(_cut_batch, fn_kwargs={"corpus": corpus}, batch_size=1, batch_format="pyarrow")
    for batch in cut_up.iter_batches(batch_size=4096, batch_format="pyarrow"):
        for row in batch.to_pylist():
            if row["whole_file"]:
                raise QuestionFileError(row["refused"])
            yield row


def _cut_batch(batch: pa.Table, corpus: CorpusConfig) -> Iterator[pa.Table]:
    for path in batch["path"].to_pylist():
        rows = _guarded(path, corpus)
        while part := list(itertools.islice(rows, BATCH)):
            yield pa.Table.from_pylist(part, schema=SCHEMA)


def _guarded(path: str, corpus: CorpusConfig) -> Iterator[dict[str, Any]]:
    """The passages of a file; that it cannot be read is a row too, because Ray Data logs a raised one's trace."""
    try:
        for source, document in documents(path, corpus.limits):
            yield from _of_document(source, document, corpus)
    except BROKEN as e:
        of_store = isinstance(e, StorageError)
        said = f"The corpus file {path} cannot be read: {e}{'' if of_store else '. Mend or remove it.'}"
        yield {**_refusal(path, "", said), "whole_file": True}


def documents(path: str, limits: LimitsConfig = LIMITS) -> Iterator[tuple[str, dict[str, Any] | str]]:
    """Where each document of a file is, and its fields or why it has none; a text file is one document."""
    inner = Path(path).suffixes[-2] if path.endswith(".gz") and len(Path(path).suffixes) > 1 else Path(path).suffix
    if inner in PLAIN:
        yield path, {"text": whole(path, limits).decode("utf-8-sig")}
    elif path.endswith(".gz") and inner != ".jsonl":
        raise ValueError(f"of compressed files .jsonl.gz, .txt.gz and .md.gz are read, not {inner}.gz")
    else:
        for number, row in jsonl_rows(path, limits) if path.endswith(".gz") else raw_rows(path, limits):
            yield f"{path}:{number}", row


def _of_document(source: str, row: dict[str, Any] | str, corpus: CorpusConfig) -> Iterator[dict[str, Any]]:
    if isinstance(row, str):
        yield _refusal(source, "", row)
        return
    own = row.get(corpus.id) if corpus.id else None
    name = source if own is None else encodable(str(own))
    text = row.get(corpus.text if not source.endswith((*PLAIN, ".gz")) else "text")
    if not isinstance(text, str):
        found = "no such column" if text is None else f"a {type(text).__name__}"
        yield _refusal(source, name, f"the text is wanted in {corpus.text!r}: {found} in {columns(row)}")
        return
    title = row.get(corpus.title) if corpus.title else None
    for start, end in passages.split(text, corpus.passage_words, corpus.least_words):
        piece = encodable(text[start:end])
        named = encodable(title) if isinstance(title, str) else ""
        passage = Passage(hash64(piece), name, source, named, start, end, piece)
        yield {**to_row(passage), "refused": None, "whole_file": False}


def _refusal(source: str, name: str, why: str) -> dict[str, Any]:
    nowhere = to_row(Passage(0, name, source, "", 0, 0, ""))
    return {**nowhere, "refused": why, "whole_file": False}


def paths(corpus: CorpusConfig) -> Sequence[str]:
    """The files of a corpus."""
    return find_files(corpus.files, SUFFIXES)
