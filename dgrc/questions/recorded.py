"""Chains made elsewhere, or in an earlier round, and its verdicts: files or datasets in, found by question in a pass.

Two forms of rows are read. The authors' release: `id`, `conversations` and `model_predictions` with an `output`.
Our own: `id` (the id in the question file) and `chains`, a list of texts. Rows of one question add up.
"""

import itertools
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dgrc.config import FieldMap, LimitsConfig
from dgrc.errors import QuestionFileError, StorageError
from dgrc.method.replies import encodable
from dgrc.questions.columns import pick
from dgrc.questions.files.formats import BROKEN, LIMITS, raw_rows
from dgrc.questions.options import as_text, missing
from dgrc.records import Chain, Quarantined, Verdict, content_id
from dgrc.storage.arrow import arrow_schema, from_row, to_row
from dgrc.storage.atomic import fresh_folder
from dgrc.storage.lookup import ROWS_PER_FILE, Lookup, write_sorted

NO_CHAINS = "no `chains` and no `model_predictions.output`"
SUFFIXES = (".jsonl", ".json", ".parquet")
SCHEMA = pa.schema([("id", pa.int64()), ("chains", pa.list_(pa.struct(list(arrow_schema(Chain)))))])


class ChainStore:
    """Recorded chains by question id, memory-mapped."""

    def __init__(self, folder: str | Path):
        self._lookup = Lookup(folder)

    def get(self, question_id: int) -> tuple[Chain, ...] | None:
        """The chains of a question; None if none are recorded."""
        row = self._lookup.get(question_id)
        return None if row is None else tuple(from_row(Chain, chain) for chain in row["chains"])


def write_chains(rows: Iterable[tuple[int, Sequence[Chain]]], folder: Path) -> int:
    """Writes chains by question id, each id once, and returns how many questions have some."""
    fresh_folder(folder)
    waiting: list[dict[str, Any]] = []
    count = 0

    def flush() -> None:
        write_sorted(pa.Table.from_pylist(waiting, schema=SCHEMA), folder / f"part-{count // ROWS_PER_FILE:05d}.arrow")
        waiting.clear()

    for id_, chains in rows:
        waiting.append({"id": id_, "chains": [to_row(chain) for chain in chains]})
        count += 1
        if count % ROWS_PER_FILE == 0:
            flush()
    if waiting:
        flush()
    return count


class VerdictStore:
    """The verdicts of an earlier round by question id, memory-mapped."""

    def __init__(self, folder: str | Path):
        self._lookup = Lookup(folder)

    def get(self, question_id: int, chain: int) -> Verdict | None:
        """The verdict on a chain, if it had one that says yes or no."""
        row = self._lookup.get(question_id)
        for verdict in row["verdicts"] if row else ():
            if verdict["chain"] == chain and verdict["consistent"] is not None:
                return from_row(Verdict, verdict)
        return None

    def has(self, question_id: int) -> bool:
        """Whether the chains of a question were checked."""
        row = self._lookup.get(question_id)
        return row is not None and bool(row["verdicts"])


def write_verdicts(verdicts: Path, folder: Path) -> None:
    """Makes the verdicts of a round findable by question, a file for each of its own."""
    fresh_folder(folder)
    for number, path in enumerate(sorted(verdicts.glob("*.parquet"))):
        write_sorted(pq.read_table(path, columns=["id", "verdicts"]), folder / f"part-{number:05d}.arrow")


def teacher_chains(verdicts: Path) -> Iterator[tuple[int, Sequence[Chain]]]:
    """The teacher's chains of an earlier round, from its verdicts: those sampled anew are among them."""
    for batch in pq.ParquetDataset(verdicts).read(columns=["id", "teacher"]).to_batches(max_chunksize=4096):
        for row in batch.to_pylist():
            yield row["id"], [from_row(Chain, chain) for chain in row["teacher"]]


def read_chain_files(
    files: Sequence[str], by_source: Mapping[str, int], ids: Container[int], refuse: Callable[[Quarantined], None],
    limits: LimitsConfig = LIMITS,
) -> dict[int, list[Chain]]:
    """All chains of these files by question id.

    Args:
        files: JSONL, JSON or Parquet files.
        by_source: Question ids by the id in the question file.
        ids: All question ids of the run.
        refuse: Takes each row that cannot be used.
        limits: How long and deep a row may be.

    Raises:
        QuestionFileError: a file cannot be opened.
    """
    found: dict[int, list[Chain]] = defaultdict(list)
    for path in files:
        for number, row in _rows(path, limits):
            place = f"{path}:{number}"
            if isinstance(row, str):
                refuse(Quarantined(place, "", "unreadable", row, ""))
                continue
            source_id = "" if missing(row.get("id")) else encodable(as_text(row["id"]))
            texts = _texts(row)
            if texts is None:
                refuse(Quarantined(place, source_id, "unreadable", NO_CHAINS, ""))
                continue
            id_ = by_source.get(source_id, _by_content(row))
            if id_ is None or id_ not in ids:
                refuse(Quarantined(place, source_id, "no_such_question", "its question is not in this run", ""))
                continue
            found[id_] += [Chain(encodable(text), None, "stop", 0) for text in texts]
    return found


def first_problem(path: str, limits: LimitsConfig = LIMITS, rows: int = 1000) -> str | None:
    """Why none of the first rows of a file has chains; None if one has.

    Raises:
        QuestionFileError: the file cannot be opened.
    """
    problem = "it is empty"
    for _, row in itertools.islice(_rows(path, limits), rows):
        if not isinstance(row, str) and _texts(row) is not None:
            return None
        problem = row if isinstance(row, str) else NO_CHAINS
    return problem


def _rows(path: str, limits: LimitsConfig) -> Iterator[tuple[int, dict[str, Any] | str]]:
    try:
        yield from raw_rows(path, limits)
    except StorageError as e:
        raise QuestionFileError(f"A chain file cannot be read: {e}") from e
    except BROKEN as e:
        raise QuestionFileError(f"The chain file {path} cannot be read: {e}. Mend or remove it, then run again.") from e


def _texts(row: dict[str, Any]) -> list[str] | None:
    """The chains of a row, in either form; None if it has none that can be read."""
    predictions = row.get("model_predictions")
    said = row.get("chains", predictions.get("output") if isinstance(predictions, dict) else None)
    if isinstance(said, str):
        said = [said]
    return said if isinstance(said, list) and said and all(isinstance(text, str) for text in said) else None


def _by_content(row: dict[str, Any]) -> int | None:
    """The id of the question that a row's conversation asks, as `ingest` gives it."""
    raw = pick("", row, FieldMap())
    return content_id(raw.text, raw.choices) if "conversations" in row and raw.error is None else None
