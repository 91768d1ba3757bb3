"""Question files, local or on an object store, to raw rows: the parts of a question, found among a row's fields.

A row that cannot be used comes out too, with why; only a file that cannot be opened or parsed as a
whole raises. Rows carry their place (`file:line`, counted from 1), so that quarantine can name it.
"""

import glob
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dgrc.config import FieldMap, LimitsConfig
from dgrc.errors import QuestionFileError, StorageError
from dgrc.method.reading import MOST_OF_SETS
from dgrc.method.reading.choices import split_choices, unlettered
from dgrc.method.reading.options import MOST_CHOICES
from dgrc.method.replies import encodable
from dgrc.questions.formats import BROKEN, LIMITS, raw_rows
from dgrc.questions.several import several_of
from dgrc.storage.objectstore.files import is_remote, matching

SUFFIXES = (".jsonl", ".json", ".parquet", ".csv")
NAMED_COLUMNS = 20


@dataclass(frozen=True)
class RawRow:
    """One row as found: either `error` says why it cannot be used, or the other fields are filled.

    `whole_file` marks an error that is not of a row but of its file, `of_store` one that is not even the file's: the
    store that it lies on is away, and what it holds is as good as before.
    """

    place: str
    text: str = ""
    choices: tuple[str, ...] = ()
    label: str | None = None
    source_id: str = ""
    meta: str = "{}"
    error: str | None = None
    whole_file: bool = False
    of_store: bool = False
    several: bool = False


def find_files(patterns: tuple[str, ...], suffixes: tuple[str, ...] = SUFFIXES) -> list[str]:
    """All files that the patterns name, in order, each once.

    Raises:
        QuestionFileError: a pattern matches nothing, or a file has an unknown suffix or a name that is no text.
    """
    files: dict[str, None] = {}
    for pattern in patterns:
        found = matching(pattern) if is_remote(pattern) else _glob(pattern)
        if not found:
            raise QuestionFileError(
                f"No question file matches {pattern!r}. Give paths or globs of {', '.join(suffixes)} files."
            )
        for path in found:
            if Path(path).suffix not in suffixes:
                raise QuestionFileError(
                    f"The question file {path} has an unknown suffix; wanted is one of {', '.join(suffixes)}."
                )
            if path != encodable(path):
                raise QuestionFileError(f"The name of the question file {path!r} is not UTF-8. Rename it.")
            files[path] = None
    if not files:
        raise QuestionFileError("No question files are given. List them under `questions.files`.")
    return list(files)


def _glob(pattern: str) -> list[str]:
    return sorted(glob.glob(str(Path(pattern).expanduser()), recursive=True))


def read_rows(path: str, fields: FieldMap, limits: LimitsConfig = LIMITS) -> Iterator[RawRow]:
    """All rows of one file.

    Raises:
        QuestionFileError: the file as a whole cannot be read.
    """
    try:
        for number, row in raw_rows(path, limits):
            place = f"{path}:{number}"
            yield RawRow(place, error=encodable(row)) if isinstance(row, str) else pick(place, row, fields)
    except StorageError as e:
        raise QuestionFileError(f"A question file cannot be read: {e}") from e
    except BROKEN as e:
        raise QuestionFileError(
            f"The question file {path} cannot be read: {e}. Mend or remove it, then run again."
        ) from e


def pick(place: str, row: dict[str, Any], fields: FieldMap) -> RawRow:
    """One row's question, or why it has none."""
    if "conversations" in row:
        return _pick_conversation(place, row)
    text = row.get(fields.text)
    if fields.text not in row:
        return RawRow(place, error=f"no field {fields.text!r}; the row has {columns(row)}")
    if text is None:
        return RawRow(place, error=f"the field {fields.text!r} is null")
    if not isinstance(text, str):
        return RawRow(place, error=f"the field {fields.text!r} is a {type(text).__name__}, text is wanted")
    choices, problem = options_of(row, fields.choices)
    if problem:
        return RawRow(place, error=problem)
    stem, split = (text, tuple(choices)) if choices else split_choices(text)
    label = row.get(fields.label) if fields.label else None
    source_id = row.get(fields.source_id) if fields.source_id else None
    several, problem = several_of(row, fields.several)
    return RawRow(place, error=problem) if problem else _row(place, stem, split, label, source_id, several)


def options_of(row: dict[str, Any], names: str | tuple[str, ...] | None) -> tuple[list[str] | None, str | None]:
    """A row's options, None if it has none, or why they cannot be read: a list in one column, or a column each."""
    if not names:
        return None, None
    if isinstance(names, tuple):
        if not any(name in row for name in names):
            return None, f"none of the fields {', '.join(names)}; the row has {columns(row)}"
        choices: Any = [row.get(name) for name in names]
        while choices and choices[-1] in (None, ""):  # a row may have fewer than there are columns
            choices.pop()
    else:
        choices = row.get(names)
        if isinstance(choices, str):  # CSV has no lists; a JSON list in a cell is what people write
            cell = choices
            try:
                choices = json.loads(cell) if cell.strip() else None
            except (ValueError, RecursionError):  # RecursionError: thousands of open brackets
                return None, f"the field {names!r} is not a JSON list: {cell[:80]!r}"
    if choices is not None and not (isinstance(choices, list) and all(isinstance(c, str) for c in choices)):
        return None, f"the field {names!r} is not a list of texts"
    return choices, None


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


def columns(row: dict[str, Any]) -> str:
    """The names of a row's fields, as an error shows them."""
    names = [repr(name)[:80] for name in list(row)[:NAMED_COLUMNS]]
    return ", ".join(names) + (f" and {len(row) - NAMED_COLUMNS:,} more" if len(row) > NAMED_COLUMNS else "")


def label_text(label: Any) -> str | None:
    """A label as text; a list of letters or texts as one that names them all."""
    if isinstance(label, list | tuple) and all(isinstance(part, str) for part in label):
        return "; ".join(label) or None
    return None if label is None else str(label)


def _row(
    place: str, text: str, choices: tuple[str, ...], label: Any, source_id: Any, several: bool = False
) -> RawRow:
    if len(choices) > MOST_CHOICES:
        return RawRow(place, error=f"it has {len(choices):,} choices; letters tell {MOST_CHOICES} apart")
    raw = RawRow(
        place, text.strip(), unlettered(tuple(c.strip() for c in choices)), label_text(label),
        "" if source_id is None else str(source_id), several=several and bool(choices),
    )
    if raw.several and len(choices) > MOST_OF_SETS:
        problem = f"several of its {len(choices)} choices may be right; wanted are {MOST_OF_SETS} at most"
        return RawRow(place, error=problem)
    try:
        "".join([raw.text, *raw.choices, raw.label or "", raw.source_id]).encode()
    except UnicodeEncodeError:  # JSON escapes can smuggle it in; neither Arrow nor a tokenizer takes it
        return RawRow(place, error="it holds half of a character (a lone surrogate), which is no text")
    return raw
