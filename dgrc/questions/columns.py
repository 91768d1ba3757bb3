"""Question files, local or on an object store, to raw rows: the parts of a question, found among a row's fields.

A row that cannot be used comes out too, with why; only a file that cannot be opened or parsed as a
whole raises. Rows carry their place (`file:line`, counted from 1), so that quarantine can name it.
"""

import contextlib
import functools
import glob
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dgrc.config import FieldMap, LimitsConfig
from dgrc.errors import QuestionFileError, StorageError
from dgrc.method.reading import MOST_OF_SETS
from dgrc.method.reading.choices import split_choices, unlettered
from dgrc.method.replies import encodable
from dgrc.questions.files.formats import BROKEN, LIMITS, SUFFIXES, raw_rows
from dgrc.questions.files.packed import PACKED, suffix_of
from dgrc.questions.names import form_of, unmapped, without_contexts
from dgrc.questions.options import Choices, Unusable, as_text, choices_of, columns, missing
from dgrc.questions.several import several_of
from dgrc.questions.turns import SHOWN, SYSTEM, TOOLS, read_turns, turns_in
from dgrc.storage.objectstore.files import is_remote, matching

NO_FIELD = "no field"
"""How the reason begins of a row that lacks the column of the question."""


@dataclass(frozen=True)
class RawRow:
    """One row as found: either `error` says why it cannot be used, or the other fields are filled.

    `whole_file` marks an error that is not of a row but of its file, `of_store` one that is not even the file's: the
    store that it lies on is away, and what it holds is as good as before. `unlabeled` says why a label that is there
    is not taken: curation reads no labels, so it costs no question. `has` are the columns that a user named and that
    are there.
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
    unlabeled: str | None = None
    has: tuple[str, ...] = ()


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
                f"No question file matches {pattern!r}. Give paths or globs of {', '.join(suffixes)} files, packed as "
                f"{', '.join(PACKED)} or not."
            )
        for path in found:
            if not is_remote(path) and os.path.isdir(path):
                inside = str(Path(path) / f"*{suffixes[0]}")
                raise QuestionFileError(
                    f"{path or '.'!r} is a folder, files are wanted. Name the files in it, {inside!r} say."
                )
            if suffix_of(path) not in suffixes:
                raise QuestionFileError(
                    f"The question file {path} has an unknown suffix; wanted is one of {', '.join(suffixes)}, with one "
                    f"of {', '.join(PACKED)} behind it where it is packed."
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
    turns = turns_in(row, fields)
    has = configured(fields)
    if turns is None:
        has = tuple(name for name in has if name in row)
    try:
        if turns is not None:
            return _of_turns(place, row, turns, fields, has)
        label = row.get(fields.label) if fields.label else None
        return _row(place, row, ("", _text(row, fields), label), fields, has)
    except Unusable as e:
        return RawRow(place, error=str(e), source_id=encodable(_id_text(_source_id(row, fields))), has=has)


@functools.lru_cache(maxsize=16)
def configured(fields: FieldMap) -> tuple[str, ...]:
    """The columns that a user named: a default may be in no row."""
    named: list[str] = []
    for key, default in FieldMap().model_dump().items():
        if (value := getattr(fields, key)) != default and isinstance(value, str | tuple):
            named += [value] if isinstance(value, str) else value
    return tuple(named)


def check_columns(
    files: Sequence[str], fields: FieldMap, had: Collection[str], setting: str, limits: LimitsConfig = LIMITS
) -> None:
    """Raises QuestionFileError if a column that a user named is in no row of these files, of whose rows some `had`
    those."""
    absent = [name for name in configured(fields) if name not in had]
    first: dict[str, Any] = {}
    for row in _all_rows(files, limits) if absent else ():
        first = first or row
        absent = [name for name in absent if name not in row]  # what was read before need not be all
        if not absent:
            return
    if first:
        raise QuestionFileError(
            f"No row of {', '.join(files[:3])}{' and others' if len(files) > 3 else ''} has a column "
            f"{' or '.join(map(repr, absent))}, which `{setting}` names; the first has {columns(first)}. Name one of "
            "these."
        )


def _all_rows(files: Sequence[str], limits: LimitsConfig) -> Iterator[dict[str, Any]]:
    """The rows that can be read of all files."""
    for path in files:
        with contextlib.suppress(*BROKEN, StorageError):  # whoever reads them says so
            yield from (row for _, row in raw_rows(path, limits) if not isinstance(row, str))


def _text(row: dict[str, Any], fields: FieldMap) -> str:
    if fields.text not in row:
        form = form_of(row)
        hint = f"; these are columns of `questions.form: {form}`" if form else ""
        if len(row) == 1 and isinstance(rows := next(iter(row.values())), list) and rows and isinstance(rows[0], dict):
            hint = "; that is a list of objects: if these are the rows, make a file of that list alone"
        raise Unusable(f"{NO_FIELD} {fields.text!r}; the row has {columns(row)}{hint}")
    text = row[fields.text]
    if missing(text):
        raise Unusable(f"the field {fields.text!r} is null")
    if not isinstance(text, str):
        raise Unusable(f"the field {fields.text!r} is a {type(text).__name__}, text is wanted")
    return text


def _of_turns(place: str, row: dict[str, Any], name: str, fields: FieldMap, has: tuple[str, ...]) -> RawRow:
    """The form of chat turns: the user's turn asks, the assistant's (if any) is the label."""
    turns = read_turns(row[name], name, *(row.get(column) for column in SYSTEM))
    for columns_of, what in ((SHOWN, "something to look at or to hear"), (TOOLS, "tools to call")):
        if seen := next((column for column in columns_of if _has(row, column)), None):
            raise Unusable(f"it has {what} in {seen!r}, text alone is wanted")
    label = row.get(fields.label) if turns.answered is None and fields.label else turns.answered
    return _row(place, row, (turns.system, turns.asked, label), fields, has)


def _has(row: dict[str, Any], name: str) -> bool:
    return not missing(row.get(name)) and row[name] not in ("", "[]", [], {})


def _source_id(row: dict[str, Any], fields: FieldMap) -> Any:
    """The user's own id; that of chat turns stands in `id` where no setting says otherwise."""
    name = fields.source_id
    if turns_in(row, fields) is not None and name not in row:
        name = "id"
    return row.get(name) if name is not None else None


def _id_text(source_id: Any) -> str:
    return "" if missing(source_id) else as_text(source_id)


def _row(
    place: str, row: dict[str, Any], parts: tuple[str, str, Any], fields: FieldMap, has: tuple[str, ...]
) -> RawRow:
    before, text, label = parts
    choices = choices_of(row, fields.choices) if _are_there(row, fields) else Choices()
    stem, texts = (text, choices.texts) if choices.texts else split_choices(text)
    if not texts and (problem := unmapped(row, fields) or without_contexts(row, fields)):
        raise Unusable(problem)
    several, problem = several_of(row, fields.several)
    if problem:
        raise Unusable(problem)
    whole = "\n\n".join(filter(None, (before, stem)))
    return made(place, whole, texts, *labeled(label, choices, several), _source_id(row, fields), several, has=has)


def _are_there(row: dict[str, Any], fields: FieldMap) -> bool:
    """Whether a row must have its options in columns: chat turns have them in their text."""
    names = (fields.choices,) if isinstance(fields.choices, str) else fields.choices or ()
    return any(name in row for name in names) or turns_in(row, fields) is None


def labeled(label: Any, choices: Choices, several: bool) -> tuple[str | None, str | None]:
    """A row's label as text, a list of letters or texts as one that names them all; or None and, if there is one, why
    it cannot be taken."""
    if missing(label):
        return None, None
    try:
        if isinstance(label, list | tuple):
            return "; ".join(choices.label(as_text(part)) for part in label) or None, None
        return choices.labels(as_text(label)) if several else choices.label(as_text(label)), None
    except Unusable as e:
        return None, str(e)


def made(
    place: str, text: str, choices: Sequence[str], label: str | None, unlabeled: str | None, source_id: Any,
    several: bool = False, has: tuple[str, ...] = (),
) -> RawRow:  # fmt: skip
    """A row of these parts.

    Raises:
        Unusable: they are no text, or more options than sets can be made of.
    """
    raw = RawRow(
        place, text.strip(), unlettered(tuple(c.strip() for c in choices)), label,
        _id_text(source_id), several=several and bool(choices), unlabeled=unlabeled, has=has,
    )  # fmt: skip
    if raw.several and len(choices) > MOST_OF_SETS:
        raise Unusable(f"several of its {len(choices)} choices may be right; wanted are {MOST_OF_SETS} at most")
    try:
        "".join([raw.text, *raw.choices, raw.label or "", raw.source_id]).encode()
    except UnicodeEncodeError as e:  # JSON escapes can smuggle it in; neither Arrow nor a tokenizer takes it
        raise Unusable("it holds half of a character (a lone surrogate), which is no text") from e
    return raw
