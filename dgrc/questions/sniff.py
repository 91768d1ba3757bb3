"""A question file looked at before there is a configuration: its first rows in, what its columns were taken for out.

Names that people and published benchmarks use are looked for, and values must fit: a question is text, options are
texts, a label names one of them, ids do not repeat. What was not taken is said too, and why: nothing is guessed unseen.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from dgrc.config import FieldMap
from dgrc.errors import QuestionFileError
from dgrc.method.reading import in_tags
from dgrc.questions.columns import columns, options_of, pick
from dgrc.questions.formats import BROKEN, Row, raw_rows

Options = str | tuple[str, ...] | None
ROWS = 200
"""So many rows at the beginning of a file are looked at."""
ENOUGH = 0.9
"""Share of the rows whose values must fit; the others are quarantined when the file is read."""
SHORTEST_UNSPACED = 6
"""Characters of a question in a script without spaces."""
TEXT = ("question", "text", "prompt", "query", "problem", "instruction", "input", "citing_prompt", "context")
CHOICES = ("choices", "options", "endings")
LABEL = (
    "label", "answer", "answer_idx", "answer_key", "answerkey", "correct_answer", "correct", "gold", "target", "cop",
)  # fmt: skip
SOURCE_ID = ("id", "_id", "qid", "question_id", "example_id", "source_id", "uid", "uuid", "idx", "index")
SPREAD = ("op", "option", "option_", "choice", "choice_", "ending", "ending_", "holding_", "")
"""What stands before a letter or a number in the names of columns that hold one option each."""
ORDERS = ("abcdefghij", "0123456789", "123456789")
PUBLISHED = (
    ("medmcqa", {"opa", "opb", "opc", "opd", "cop"}), ("medqa", {"question", "options", "answer_idx"}),
    ("casehold", {"citing_prompt", "holding_0"}), ("casehold", {"context", "endings", "label"}),
    ("mmlu", {"question", "subject", "choices", "answer"}),
)  # fmt: skip
"""Columns by which the forms of `evaluation.benchmarks` are known."""


@dataclass
class Sniffed:
    """What a file's columns were taken for.

    Attributes:
        path: The file.
        rows: Its first rows.
        names: Its columns.
        fields: Where a question's parts are; None for the `id`/`conversations` form, which needs no names.
        notes: What was found and what was not, a sentence each; one that begins with `!` should be read.
    """

    path: str
    rows: list[Row]
    names: list[str]
    fields: FieldMap | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def columns(self) -> str:
        """The names of the columns, as an error shows them."""
        return columns(dict.fromkeys(self.names))

    def share(self, fits: Callable[[Row], bool]) -> float:
        """The share of the rows that something holds for."""
        return sum(map(fits, self.rows)) / len(self.rows)

    def known(self, names: Iterable[str]) -> Iterator[str]:
        """Those of the columns that have one of these names, in their order; case and spaces do not matter."""
        folded = {_fold(name): name for name in reversed(self.names)}
        return (folded[name] for name in names if name in folded)


def sniff(path: str, text: str | None = None, choices: Sequence[str] = ()) -> Sniffed:
    """Looks at the first rows of a question file.

    Args:
        path: The file.
        text: The column with the question, where a user names it.
        choices: The column with the options or one column for each, where a user names them.

    Raises:
        QuestionFileError: the file cannot be read, has no rows, or no column that can be a question or was named.
    """
    rows = _first_rows(path)
    found = Sniffed(path, rows, list(dict.fromkeys(name for row in rows for name in row)))
    for name in (*([text] if text else []), *choices):
        if name not in found.names:
            raise QuestionFileError(f"The question file {path} has no column {name!r}; it has {found.columns}.")
    if "conversations" in found.names:
        found.notes.append("the question is the human turn of `conversations`, the right answer, if any, the gpt turn")
    else:
        found.fields = _fields(found, text, tuple(choices))
    if form := next((form for form, names in PUBLISHED if names <= set(found.names)), None):
        found.notes.append(
            f"these are columns of the benchmark {form} as published: to be scored on such a file, name it under "
            f"`evaluation.benchmarks` as {{form: {form}, files: [...]}}"
        )
    _try(found)
    return found


def _first_rows(path: str) -> list[Row]:
    try:
        read = [row for _, row in itertools.islice(raw_rows(path), ROWS)]
    except BROKEN as e:
        raise QuestionFileError(f"The question file {path} cannot be read: {e}. Mend it, or give another.") from e
    rows = [row for row in read if isinstance(row, dict)]
    if not rows:
        why = f"none of its first {len(read)} can be read, the first because of: {read[0]}" if read else "it is empty"
        raise QuestionFileError(f"The question file {path} has no rows to look at: {why}.")
    return rows


def _fields(found: Sniffed, text: str | None, choices: tuple[str, ...]) -> FieldMap:
    if text is None:
        text = _text(found)
    else:
        found.notes.append(f"the question is in {text!r}")
    options = (choices[0] if len(choices) == 1 else choices) or _choices(found)
    source_id = _source_id(found)
    fields = FieldMap(text=text, choices=options, label=None, source_id=source_id)
    label = _label(found, fields)
    used = {text, label, source_id, *(options if isinstance(options, tuple) else (options,))}
    if left := [name for name in found.names if name not in used]:
        found.notes.append(f"not used: {columns(dict.fromkeys(left))}")
    return fields.model_copy(update={"label": label})


def _text(found: Sniffed) -> str:
    """The column with the question: one of a known name, or the only one with several words."""
    texts = [name for name in found.names if found.share(partial(_is_text, name=name)) >= ENOUGH]
    for name in found.known(TEXT):
        if name in texts:
            found.notes.append(f"the question is in {name!r}")
            return name
    long = [name for name in texts if found.share(partial(_is_sentence, name=name)) >= ENOUGH]
    if len(long) == 1:
        found.notes.append(f"! the question is in {long[0]!r}, the only column with several words: look whether it is")
        return long[0]
    why = f"several hold words ({columns(dict.fromkeys(long))})" if long else "none holds texts of several words"
    raise QuestionFileError(
        f"The question file {found.path} has no column that is known to be a question, and {why}. It has the columns "
        f"{found.columns}. Name one with --text COLUMN."
    )


def _choices(found: Sniffed) -> Options:
    """The column with lists of options, or columns with one option each."""
    refused = []
    candidates: list[str | tuple[str, ...]] = [*found.known(CHOICES), *_spread(found)]
    for names in candidates:
        read = [options_of(row, names) for row in found.rows]
        shown = repr(names) if isinstance(names, str) else ", ".join(map(repr, names))
        if any(options for options, _ in read) and sum(not problem for _, problem in read) >= ENOUGH * len(read):
            found.notes.append(f"the options are in {shown}")
            return names
        refused.append(shown)
    if refused:
        found.notes.append(f"! {refused[0]} does not hold lists of texts: the options were not taken")
    return None


def _spread(found: Sniffed) -> Iterator[tuple[str, ...]]:
    """Columns whose names differ in a letter or number that counts up; bare letters must be three."""
    for prefix, order in itertools.product(SPREAD, ORDERS):
        names = tuple(itertools.takewhile(bool, (next(found.known([prefix + sign]), "") for sign in order)))
        if len(names) >= (2 if prefix else 3) and (prefix or order == ORDERS[0]):
            yield names


def _label(found: Sniffed, fields: FieldMap) -> str | None:
    """The column with right answers: letters, or texts that an answer could have."""
    refused = []
    for name in found.known(LABEL):
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
    value, raw = row.get(name), pick("", row, fields)
    label = str(value).strip()
    if not isinstance(value, str | int | float) or (not raw.choices and len(label) == 1 and label.isalpha()):
        return False
    labels = (label, f"<answer>{label}</answer>")
    return any(in_tags(said, raw.choices, several=raw.several) is not None for said in labels)


def _source_id(found: Sniffed) -> str | None:
    for name in found.known(SOURCE_ID):
        values = [row.get(name) for row in found.rows]
        if all(isinstance(value, str | int) and value != "" for value in values) and len(set(values)) == len(values):
            found.notes.append(f"your own id is in {name!r}")
            return name
        found.notes.append(f"{name!r} was not taken for your own id: values repeat or are missing")
    return None


def _try(found: Sniffed) -> None:
    """Reads the rows as a run will, and says how many give a question."""
    read = [pick(f"row {number}", row, found.fields or FieldMap()) for number, row in enumerate(found.rows, 1)]
    good = [raw for raw in read if raw.error is None and raw.text]
    if not good:
        raise QuestionFileError(
            f"None of the first {len(read)} rows of the question file {found.path} gives a question; the first: "
            f"{read[0].error or 'it has no text'}. It has the columns {found.columns}."
        )
    with_options = sum(bool(raw.choices) for raw in good)
    found.notes.append(f"of the first {len(read)} rows {len(good)} give a question, {with_options} with options")


def _is_text(row: Row, name: str) -> bool:
    value = row.get(name)
    return isinstance(value, str) and bool(value.strip())


def _is_sentence(row: Row, name: str) -> bool:
    """Several words; some scripts have no spaces between them."""
    value = str(row.get(name)).strip()
    return " " in value or (not value.isascii() and len(value) >= SHORTEST_UNSPACED)


def _fold(name: str) -> str:
    return name.strip().casefold().replace(" ", "_")
