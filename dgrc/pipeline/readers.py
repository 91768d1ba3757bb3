"""Question files to raw rows: JSONL, JSON, Parquet and CSV, one dictionary a row.

A row that cannot be read comes out too, with why; only a file that cannot be opened or parsed as a
whole raises. Rows carry their place (`file:line`, counted from 1), so that quarantine can name it.
"""

import csv
import glob
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dgrc.config import FieldMap
from dgrc.errors import QuestionFileError
from dgrc.method.sample import split_choices

SUFFIXES = (".jsonl", ".json", ".parquet", ".csv")
CSV_FIELD_LIMIT = 1 << 24  # Python's default of 131,072 characters is too short for legal documents


@dataclass(frozen=True)
class RawRow:
    """One row as found: either `error` says why it cannot be used, or the other fields are filled.

    `whole_file` marks an error that is not of a row but of its file.
    """

    place: str
    text: str = ""
    choices: tuple[str, ...] = ()
    label: str | None = None
    source_id: str = ""
    meta: str = "{}"
    error: str | None = None
    whole_file: bool = False


def find_files(patterns: tuple[str, ...], suffixes: tuple[str, ...] = SUFFIXES) -> list[str]:
    """All files that the patterns name, in order, each once.

    Raises:
        QuestionFileError: a pattern matches nothing, or a file has an unknown suffix.
    """
    files: dict[str, None] = {}
    for pattern in patterns:
        found = sorted(glob.glob(str(Path(pattern).expanduser()), recursive=True))
        if not found:
            raise QuestionFileError(
                f"No question file matches {pattern!r}. Give paths or globs of {', '.join(suffixes)} files."
            )
        for path in found:
            if Path(path).suffix not in suffixes:
                raise QuestionFileError(
                    f"The question file {path} has an unknown suffix; wanted is one of {', '.join(suffixes)}."
                )
            files[path] = None
    if not files:
        raise QuestionFileError("No question files are given. List them under `questions.files`.")
    return list(files)


def read_rows(path: str, fields: FieldMap) -> Iterator[RawRow]:
    """All rows of one file.

    Raises:
        QuestionFileError: the file as a whole cannot be read.
    """
    try:
        for number, row in raw_rows(path):
            place = f"{path}:{number}"
            yield RawRow(place, error=row) if isinstance(row, str) else _pick(place, row, fields)
    except (OSError, ValueError, RecursionError) as e:  # RecursionError: thousands of open brackets
        raise QuestionFileError(
            f"The question file {path} cannot be read: {e}. Mend or remove it, then run again."
        ) from e


def raw_rows(path: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Each row's number and fields as they are in the file, or why it has none."""
    reader = {".jsonl": jsonl_rows, ".json": _json, ".parquet": _parquet, ".csv": _csv}[Path(path).suffix]
    return reader(path)


def jsonl_rows(path: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Each line's number and object, or why it is none; blank lines are left out. A `.gz` is read as it is unpacked."""
    with gzip.open(path, "rb") if path.endswith(".gz") else open(path, "rb") as f:
        for number, line in enumerate(f, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as e:
                yield number, f"not valid JSON: {e}"
                continue
            yield number, row if isinstance(row, dict) else f"a JSON {type(row).__name__} where an object is wanted"


def _json(path: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    with open(path, "rb") as f:
        data = json.load(f)
    if not isinstance(data, list):
        raise ValueError(f"a list of objects is wanted at its top, it holds a {type(data).__name__}")
    for number, row in enumerate(data, 1):
        yield number, row if isinstance(row, dict) else f"a JSON {type(row).__name__} where an object is wanted"


def _parquet(path: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    import pyarrow.parquet as pq

    number = 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches():
            for row in batch.to_pylist():
                number += 1
                yield number, row


def _csv(path: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    csv.field_size_limit(CSV_FIELD_LIMIT)
    with open(path, newline="", encoding="utf-8-sig") as f:
        reader = csv.DictReader(f)
        try:
            for row in reader:
                yield reader.line_num, row if None not in row else "more values than the header has columns"
        except csv.Error as e:
            raise ValueError(f"line {reader.line_num}: {e}") from e


def _pick(place: str, row: dict[str, Any], fields: FieldMap) -> RawRow:
    if "conversations" in row:
        return _pick_conversation(place, row)
    text = row.get(fields.text)
    if fields.text not in row:
        return RawRow(place, error=f"no field {fields.text!r}; the row has {', '.join(map(repr, row))}")
    if text is None:
        return RawRow(place, error=f"the field {fields.text!r} is null")
    if not isinstance(text, str):
        return RawRow(place, error=f"the field {fields.text!r} is a {type(text).__name__}, text is wanted")
    choices = row.get(fields.choices) if fields.choices else None
    if isinstance(choices, str):  # CSV has no lists; a JSON list in a cell is what people write
        cell = choices
        try:
            choices = json.loads(cell) if cell.strip() else None
        except ValueError:
            return RawRow(place, error=f"the field {fields.choices!r} is not a JSON list: {cell[:80]!r}")
    if choices is not None and not (isinstance(choices, list) and all(isinstance(c, str) for c in choices)):
        return RawRow(place, error=f"the field {fields.choices!r} is not a list of texts")
    stem, split = (text, tuple(choices)) if choices else split_choices(text)
    label = row.get(fields.label) if fields.label else None
    source_id = row.get(fields.source_id) if fields.source_id else None
    return _row(place, stem, split, label, source_id)


def _pick_conversation(place: str, row: dict[str, Any]) -> RawRow:
    """The `id`/`conversations` form: the human turn asks, the gpt turn (if any) is the label."""
    try:
        turns = {turn["from"]: turn["value"] for turn in reversed(row["conversations"])}
        text = turns["human"]
    except (TypeError, KeyError):
        return RawRow(place, error="`conversations` has no turn with `from: human` and a `value`")
    if not isinstance(text, str):
        return RawRow(place, error=f"the human turn is a {type(text).__name__}, text is wanted")
    stem, choices = split_choices(text)
    return _row(place, stem, choices, turns.get("gpt"), row.get("id"))


def _row(place: str, text: str, choices: tuple[str, ...], label: Any, source_id: Any) -> RawRow:
    raw = RawRow(
        place, text.strip(), tuple(c.strip() for c in choices),
        None if label is None else str(label), "" if source_id is None else str(source_id),
    )
    try:
        "".join([raw.text, *raw.choices, raw.label or "", raw.source_id]).encode()
    except UnicodeEncodeError:  # JSON escapes can smuggle it in; neither Arrow nor a tokenizer takes it
        return RawRow(place, error="it holds half of a character (a lone surrogate), which is no text")
    return raw
