"""What every published form makes of a row: the parts of a question, the label as letters or as text."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from dgrc.method.reading.choices import label_of
from dgrc.method.reading.options import letter
from dgrc.questions.options import Choices, Unusable, as_text, columns, missing

Row = dict[str, Any]
Numbered = list[tuple[int, Row]]
"""Rows of a file with their numbers."""
Rows = Iterable[tuple[int, Row | str]]
"""The same, or why one has none; can be gone through more than once."""
Read = Iterator[tuple[int, Row | str]]
"""The parts of a question for each of them, or why it has none."""
_NUMBER = re.compile(r"-?\d{1,9}(?=(?:\.0*)?$)")
_LETTERS = re.compile(r"[A-Z](?:[\s,;/\u3001]*+[A-Z])*+")


def each(rows: Rows, one: Callable[[Row], Row]) -> Read:
    """What a form of questions with options makes of each row by itself, or why it cannot."""
    for number, row in rows:
        if isinstance(row, str):
            yield number, row
            continue
        try:
            made = one(row)
            yield number, made if made["choices"] else "it has no options"
        except Unusable as e:
            yield number, str(e)
        except KeyError as e:
            yield number, f"it is not of this form: no column {e}; it has the columns {columns(row)}"
        except (TypeError, ValueError, AttributeError, IndexError, OverflowError) as e:
            yield number, f"it is not of this form: {e}"


def place_of(label: Any) -> int | str | None:
    """A label that is an option's number, from 0, however it is written (`2`, `2.0`, `"2"`); what is none as text."""
    if missing(label) or label == "":
        return None
    said = as_text(label).strip()
    return int(found[0]) if (found := _NUMBER.match(said)) and said.isascii() else said


def question(
    text: Any, options: Iterable[Any], label: int | str | Sequence[str] | None, source_id: Any, several: bool = False
) -> Row:
    """A question's parts. Options that are null or empty are none; a label that is an option's number, from 0, or its
    letter is that of those which are left.

    Args:
        text: What is asked.
        options: Texts, or pairs of a key and a text.
        label: What is right; a list, or letters side by side, where several may be. None where that is not known.
        source_id: The authors' own id.
        several: Whether more than one option may be right.
    """
    choices = Choices.of(item if isinstance(item, tuple) else (None, item) for item in options)
    row: Row = {"text": text, "choices": choices.texts, "label": None, "source_id": source_id, "several": several}
    try:
        row["label"] = _letters(label, choices, several) if choices.texts else None if missing(label) else str(label)
    except Unusable as e:
        row["unlabeled"] = str(e)
    return row


def _letters(label: Any, choices: Choices, several: bool) -> str | None:
    """The letter, or letters in their order, of a label."""
    if missing(label) or label == "" or label == []:
        return None
    if isinstance(label, int):
        if not 0 <= label < (len(choices.called) or len(choices.texts)):
            raise Unusable(f"its label names option {label} of {len(choices.texts)}")
        return _one(letter(label), choices)
    if several:
        return "".join(sorted(letter(_place(name, choices)) for name in {*letters_in(label)}))
    if not isinstance(label, str):
        raise Unusable(f"its label is a {type(label).__name__}, one option is wanted")
    if _plain(label) in map(letter, range(max(26, len(choices.texts)))):
        return _one(_plain(label), choices)
    is_text = label.strip().casefold() in (text.strip().casefold() for text in choices.texts)
    if not is_text and _LETTERS.fullmatch(_plain(label)):
        raise Unusable(f"its label {label[:80]!r} names several options where one is right")
    return choices.label(label.strip())


def _one(name: str, choices: Choices) -> str:
    """What names an option by its letter, also where another option's text is that letter."""
    return label_of(_place(name, choices), choices.texts)


def _place(name: str, choices: Choices) -> int:
    """Where the option stands that a letter named before empty ones were left out."""
    found = choices.label(name)
    place = next((at for at in range(len(choices.texts)) if letter(at) == found), None)
    if place is None:
        raise Unusable(f"its label names option {found}, and there are {len(choices.texts)}")
    return place


def letters_in(label: Any) -> list[str]:
    """The letters of a label of several: `ABD`, `A, B`, or a list.

    Raises:
        Unusable: it is something else.
    """
    said = _plain(" ".join(map(str, label)) if isinstance(label, list | tuple) else str(label))
    if not _LETTERS.fullmatch(said):
        raise Unusable(f"its label {said[:80]!r} is no letters of options")
    return re.findall("[A-Z]", said)


def _plain(label: str) -> str:
    """A label with letters as ASCII has them."""
    return unicodedata.normalize("NFKC", label).strip().upper()
