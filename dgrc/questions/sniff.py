"""A question file looked at before there is a configuration: its first rows in, what its columns were taken for out.

Names that people and published benchmarks use are looked for, and values must fit: a question is text, options are
texts, a label names one of them, ids do not repeat. What was not taken is said too, and why: nothing is guessed unseen.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from dgrc.config import FieldMap
from dgrc.errors import QuestionFileError
from dgrc.method.reading import in_tags
from dgrc.questions.columns import RawRow, pick
from dgrc.questions.files.formats import BROKEN, Row, raw_rows
from dgrc.questions.files.packed import suffix_of
from dgrc.questions.names import CHOICES, LABEL, SOURCE_ID, TEXT, form_of, known, spread, unmapped
from dgrc.questions.options import Choices, Unusable, choices_of, columns
from dgrc.questions.published import read_form
from dgrc.questions.turns import COLUMNS
from dgrc.storage.objectstore.files import beside

Options = str | tuple[str, ...] | None
ROWS = 200
"""So many rows at the beginning of a file are looked at."""
ENOUGH = 0.9
"""Share of the rows whose values must fit; the others are quarantined when the file is read."""
BESIDE = (
    *TEXT, "contexts", "passage", "contract", "clause", "document", "article", "abstract", "facts", "case",
    "background", "system", "system_prompt", "材料", "案情", "背景",
)  # fmt: skip
"""Columns that, beside that of the question, often hold what it asks about."""
SHORTEST_UNSPACED = 6
"""Characters of a question in a script without spaces."""
@dataclass
class Sniffed:
    """What a file's columns were taken for.

    Attributes:
        path: The file.
        rows: Its first rows.
        names: Its columns.
        fields: Where a question's parts are; None for chat turns and published forms, which need no names.
        form: The published form that these rows are in.
        unread: Why there is nothing of the rows among the first that cannot be read.
        notes: What was found and what was not, a sentence each; one that begins with `!` should be read.
    """

    path: str
    rows: list[Row]
    names: list[str]
    fields: FieldMap | None = None
    form: str | None = None
    unread: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def columns(self) -> str:
        """The names of the columns, as an error shows them."""
        return columns(dict.fromkeys(self.names))

    def share(self, fits: Callable[[Row], bool]) -> float:
        """The share of the rows that something holds for."""
        return sum(map(fits, self.rows)) / len(self.rows)


def sniff(path: str, text: str | None = None, choices: Sequence[str] = ()) -> Sniffed:
    """Looks at the first rows of a question file.

    Args:
        path: The file.
        text: The column with the question, where a user names it.
        choices: The column with the options or one column for each, where a user names them.

    Raises:
        QuestionFileError: the file cannot be read, has no rows, or no column that can be a question or was named.
    """
    rows, unread = _first_rows(path)
    found = Sniffed(path, rows, list(dict.fromkeys(name for row in rows for name in row)), unread=unread)
    for name in (*([text] if text else []), *choices):
        if name not in found.names:
            raise QuestionFileError(f"The question file {path} has no column {name!r}; it has {found.columns}.")
    turns = next((name for name in COLUMNS if name in found.names), None)
    form = _form(found) if text is None and not choices else None
    if form is not None and _are_good(read := _in_form(found, form)):
        found.form = form
        found.notes.append(
            f"these are rows of {form} as published, and `form: {form}` reads them; to be scored on such a file, name "
            f"it under `evaluation.benchmarks` as {{form: {form}, files: [...]}}"
        )
    elif turns is not None and (turns == COLUMNS[0] or not any(known(found.names, TEXT))):
        found.notes.append(f"the question is the human (user) turn of `{turns}`, the right answer, if any, the next")
        read = _by_fields(found, FieldMap())
    else:
        found.fields = _fields(found, text, tuple(choices))
        read = _by_fields(found, found.fields)
    _tell(found, read)
    return found


def _form(found: Sniffed) -> str | None:
    """The published form by its columns; LegalBench has any, and a prompt beside each table."""
    if suffix_of(found.path) == ".tsv" and beside(found.path, "base_prompt.txt") is not None:
        return "legalbench"
    return form_of(found.names)


def _first_rows(path: str) -> tuple[list[Row], list[str]]:
    """The first rows, and why there is nothing of those that cannot be read."""
    try:
        read = [row for _, row in itertools.islice(raw_rows(path), ROWS)]
    except BROKEN as e:
        raise QuestionFileError(f"The question file {path} cannot be read: {e}. Mend it, or give another.") from e
    rows = [row for row in read if isinstance(row, dict)]
    unread = [row for row in read if isinstance(row, str)]
    if not rows:
        none = f"none of its first {len(read)} can be read, the first because of:"
        why = f"{none} {unread[0]}" if unread else "it is empty"
        raise QuestionFileError(f"The question file {path} has no rows to look at: {why}.")
    return rows, unread


def _fields(found: Sniffed, text: str | None, choices: tuple[str, ...]) -> FieldMap:
    if text is None:
        text = _text(found)
    else:
        found.notes.append(f"the question is in {text!r}")
    options = (choices[0] if len(choices) == 1 else choices) or _choices(found, text)
    source_id = _source_id(found)
    fields = FieldMap(text=text, choices=options, label=None, source_id=source_id)
    label = _label(found, fields)
    used = {text, label, source_id, *(options if isinstance(options, tuple) else (options,))}
    if left := [name for name in found.names if name not in used]:
        found.notes.append(f"not used: {columns(dict.fromkeys(left))}")
    if beside := [name for name in known(left, BESIDE) if found.share(partial(_is_sentence, name=name)) >= ENOUGH]:
        found.notes.append(
            f"! {columns(dict.fromkeys(beside))} may belong to the question, and the model will not see it: put it "
            f"into {text!r} if it does"
        )
    return fields.model_copy(update={"label": label})


def _text(found: Sniffed) -> str:
    """The column with the question: one of a known name, or the only one with several words."""
    texts = [name for name in found.names if found.share(partial(_is_text, name=name)) >= ENOUGH]
    for name in known(found.names, TEXT):
        if name in texts:
            found.notes.append(f"the question is in {name!r}")
            return name
    long = [name for name in texts if found.share(partial(_is_sentence, name=name)) >= ENOUGH]
    if len(long) == 1:
        found.notes.append(f"! the question is in {long[0]!r}, the only column with several words: look whether it is")
        return long[0]
    for name in known(found.names, TEXT):
        if some := round(found.share(partial(_is_text, name=name)) * len(found.rows)):
            found.notes.append(
                f"! the question is in {name!r}, but of the first {len(found.rows)} rows {some} alone have text there"
            )
            return name
    why = f"several hold words ({columns(dict.fromkeys(long))})" if long else "none holds texts of several words"
    raise QuestionFileError(
        f"The question file {found.path} has no column that is known to be a question, and {why}. It has the columns "
        f"{found.columns}. Name one with --text COLUMN.{_nested(found)}"
    )


def _nested(found: Sniffed) -> str:
    """What to do where columns hold objects: no name reaches into them."""
    for name in found.names:
        for value in (row.get(name) for row in found.rows):
            if isinstance(value, dict):
                return f" What stands inside {name!r} cannot be named: make columns of its parts first."
            if isinstance(value, list) and value and isinstance(value[0], dict):
                return f" {name!r} holds a list of objects: if these are the rows, make a file of that list alone."
    return ""


def _choices(found: Sniffed, text: str) -> Options:
    """The column with lists of options, or columns with one option each. Where there are some that cannot be read, the
    rows must be refused for them, and not asked without."""
    refused = list[tuple[str, str | tuple[str, ...]]]()
    candidates: list[str | tuple[str, ...]] = [*known(found.names, CHOICES), *spread(found.names)]
    for names in candidates:
        read = [_options(row, names) for row in found.rows]
        shown = repr(names) if isinstance(names, str) else ", ".join(map(repr, names))
        if any(each and each.texts for each in read) and sum(each is not None for each in read) >= ENOUGH * len(read):
            found.notes.append(f"the options are in {shown}")
            return names
        refused.append((shown, names))
    if refused:
        found.notes.append(f"! {refused[0][0]} does not hold lists of texts: the options were not taken")
    if any(unmapped(row, FieldMap(text=text)) for row in found.rows):
        return refused[0][1] if refused else FieldMap().choices
    return None


def _options(row: Row, names: str | tuple[str, ...]) -> Choices | None:
    try:
        return choices_of(row, names)
    except Unusable:
        return None


def _label(found: Sniffed, fields: FieldMap) -> str | None:
    """The column with right answers: letters, or texts that an answer could have."""
    refused = []
    for name in known(found.names, LABEL):
        if found.share(partial(_is_label, name=name, fields=fields)) >= ENOUGH:
            found.notes.append(f"the right answer, which evaluation alone reads, is in {name!r}")
            return name
        refused.append(repr(name))
    found.notes.append(
        f"{refused[0]} was not taken for the right answer: wanted are letters, or options word for word"
        if refused
        else "no column is known to be the right answer; curation needs none"
    )
    return None


def _is_label(row: Row, name: str, fields: FieldMap) -> bool:
    """Whether scoring could use it: a number does not tell which option it means, nor a letter where there are none."""
    raw = pick("", row, fields.model_copy(update={"label": name}))
    label, choices = str(raw.label).strip(), raw.choices
    if raw.label is None or not isinstance(row.get(name), str | int | float):
        return False
    if not choices and len(label) == 1 and label.isalpha():
        return False
    return any(in_tags(said, choices, several=raw.several) is not None for said in (label, f"<answer>{label}</answer>"))


def _source_id(found: Sniffed) -> str | None:
    for name in known(found.names, SOURCE_ID):
        values = [row.get(name) for row in found.rows]
        if all(isinstance(value, str | int) and value != "" for value in values) and len(set(values)) == len(values):
            found.notes.append(f"your own id is in {name!r}")
            return name
        found.notes.append(f"{name!r} was not taken for your own id: values repeat or are missing")
    return None


def _in_form(found: Sniffed, form: str) -> list[RawRow]:
    return list(read_form(form, list(enumerate(found.rows, 1)), found.path))


def _by_fields(found: Sniffed, fields: FieldMap) -> list[RawRow]:
    """The rows as a run will read them."""
    return [pick(f"row {number}", row, fields) for number, row in enumerate(found.rows, 1)]


def _are_good(read: Sequence[RawRow]) -> bool:
    return sum(raw.error is None for raw in read) >= ENOUGH * len(read)


def _tell(found: Sniffed, read: Sequence[RawRow]) -> None:
    """Says how many rows give a question."""
    if found.unread:
        found.notes.append(f"! {len(found.unread)} of the first rows cannot be read, one because of: {found.unread[0]}")
    good = [raw for raw in read if raw.error is None and raw.text]
    if not good:
        raise QuestionFileError(
            f"None of the first {len(read)} rows of the question file {found.path} gives a question; the first: "
            f"{read[0].error or 'it has no text'}. It has the columns {found.columns}.{_nested(found)}"
        )
    with_options = sum(bool(raw.choices) for raw in good)
    if refused := next((raw for raw in read if raw.error is not None), None):
        found.notes.append(f"! the first row that gives no question: {refused.error}")
    found.notes.append(f"of the first {len(read)} rows {len(good)} give a question, {with_options} with options")


def _is_text(row: Row, name: str) -> bool:
    value = row.get(name)
    return isinstance(value, str) and bool(value.strip())


def _is_sentence(row: Row, name: str) -> bool:
    """Several words; some scripts have no spaces between them."""
    value = str(row.get(name)).strip()
    return " " in value or (not value.isascii() and len(value) >= SHORTEST_UNSPACED)

