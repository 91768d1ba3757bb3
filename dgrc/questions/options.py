"""A row's options, in whatever form a row has them, to texts, and its label to the letters that those have.

A list, an object by letters, a list of objects with a key and a text, two lists side by side, a column for each, or any
of these as JSON in a cell. What is null, NaN or empty is no option: the others move up, and the label with them.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from dgrc.method.reading.choices import unlettered_in_places
from dgrc.method.reading.options import MOST_CHOICES, letter

TEXTS = ("text", "value", "content", "option", "choice", "texts", "values")
KEYS = ("key", "label", "letter", "id", "keys", "labels", "letters")
"""What stands before the text and the key of an option in an object of its own, as ARC, MedQA and others have it."""
_SIGN = re.compile(r"^(?:option|choice|answer|ending|holding|op)?[\s_.-]*([a-z]|[0-9]{1,2})$")
_BARE = re.compile(r"^[(\[\uff08]?\s*([a-z]|[0-9]{1,2})\s*[)\]\uff09]?[.:\uff0e\u3001]?$")
_LINE = re.compile(r"\s*+[(\uff08\u3010\[]?([A-Z\uff21-\uff3a])(?=\W|$)[)\uff09.\uff0e\u3001:\uff1a\u3011\]]?\s*+(.*)$")
_LETTERS = re.compile(r"[A-Za-z](?:[\s,;/\u3001\uff0c\uff1b]*+[A-Za-z])*+")
Pair = tuple[str | None, Any]


class Unusable(Exception):
    """Why a row cannot be used."""


@dataclass(frozen=True)
class Choices:
    """A row's options, and what a label may call them: where options moved up or have keys of their own, the letter of
    each by its own name, None for one that is null."""

    texts: tuple[str, ...] = ()
    called: dict[str, str | None] = field(default_factory=dict)

    @classmethod
    def of(cls, pairs: Iterable[Pair]) -> "Choices":
        """Of options by their keys, or without."""
        pairs = _in_order(list(pairs))
        if len(pairs) > MOST_CHOICES:
            raise Unusable(f"it has {len(pairs):,} choices; letters tell {MOST_CHOICES} apart")
        written = [text_of(value, number) for number, (_, value) in enumerate(pairs, 1)]
        bare = unlettered_in_places(written)
        letters: list[str | None] = []
        texts: list[str] = []
        for text in bare:
            letters.append(None if text is None else letter(len(texts)))
            texts += [] if text is None else [text]
        own = [_letter_of(key) or letter(place) for place, (key, _) in enumerate(pairs)]
        called = {sign.casefold(): to for sign, to in zip(own, letters, strict=True)}
        called |= {key.strip().casefold(): to for (key, _), to in zip(pairs, letters, strict=True) if key is not None}
        if bare != written:
            called |= {said.strip().casefold(): to for said, to in zip(written, letters, strict=True) if said}
        as_usual = all(to is None or name.upper() == to for name, to in called.items())
        return cls(tuple(texts), {} if as_usual else called)

    def label(self, label: str) -> str:
        """A label as it must be once options moved up or lost keys of their own.

        Raises:
            Unusable: it names an option that is null, or it cannot be told which it names.
        """
        said = label.strip().casefold()
        if not self.called or not said:
            return label
        plain = [text.strip().casefold() for text in self.texts]
        by_text = letter(plain.index(said)) if said in plain else None
        bare = _BARE.match(said)
        name = said if said in self.called else bare[1] if bare else ""
        if name not in self.called:
            if by_text is None and None in self.called.values():
                said = label[:80]
                raise Unusable(f"its label {said!r} is no letter, key or text of an option, and some of these are null")
            return label
        if (found := self.called[name]) is None:
            raise Unusable(f"its label {label[:80]!r} names an option that is null or empty")
        if by_text not in (None, found):
            raise Unusable(f"its label {label[:80]!r} is the key of one option and the text of another")
        return found

    def labels(self, label: str) -> str:
        """The same of letters side by side, `ABD` or `A, B`, where several options may be right."""
        if not self.called or label.strip().casefold() in self.called or not _LETTERS.fullmatch(label.strip()):
            return self.label(label)
        return "".join(sorted({self.label(sign) for sign in label if sign.isalpha()}))


def missing(value: Any) -> bool:
    """None, NaN, and what pandas and NumPy put in the place of nothing."""
    is_nan = isinstance(value, float) and value != value
    return value is None or is_nan or type(value).__name__ in ("NAType", "NaTType")


def as_text(value: Any) -> str:
    """A value as text. Where one of a column is missing, pandas makes floats of its whole numbers: 7.0 is 7."""
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def text_of(value: Any, number: int) -> str | None:
    """An option as text, None if it is none."""
    if missing(value) or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, dict | list | tuple | bytes):
        raise Unusable(f"its option {number} is a {type(value).__name__}, text is wanted")
    return as_text(value)


def choices_of(row: dict[str, Any], names: str | Sequence[str] | None) -> Choices:
    """A row's options: in one column, or in a column each.

    Raises:
        Unusable: they are there and cannot be read, or none of the columns is.
    """
    if not names:
        return Choices()
    if isinstance(names, str):
        value = _of_cell(row.get(names), f"the field {names!r}")
        if isinstance(value, list) and len(value) <= MOST_CHOICES and all(map(_is_plain, value)):
            return Choices(tuple(value))  # as most have them
        return Choices.of(pairs(value, f"the field {names!r}"))
    if not any(name in row for name in names):
        raise Unusable(f"none of the fields {', '.join(names)}; the row has {columns(row)}")
    return Choices.of((name, row.get(name)) for name in names)


def _is_plain(value: Any) -> bool:
    """Whether it is an option beyond doubt: a text, and longer than a letter in brackets."""
    return type(value) is str and len(value.strip()) > 4


def pairs(value: Any, of: str) -> list[Pair]:
    """Options by their keys, a key of None where they have none; `of` says whose they are.

    Raises:
        Unusable: it is none of the forms.
    """
    value = _of_cell(value, of)
    if missing(value):
        return []
    if isinstance(value, dict):
        return _of_object(value, of)
    if not isinstance(value, list | tuple):
        raise Unusable(f"{of} is not a list of texts, but a {type(value).__name__}")
    found: list[Pair] = []
    for number, item in enumerate(value, 1):
        if isinstance(item, dict):
            found.append(_of_item(item, f"option {number} of {of}"))
        elif isinstance(item, tuple) and len(item) == 2:  # a map of Parquet
            found.append((str(item[0]), item[1]))
        else:
            found.append((None, item))
    return found


def _of_cell(value: Any, of: str) -> Any:
    """What a cell holds: CSV has no lists, and people write JSON into a cell, or a line for each option."""
    if not isinstance(value, str):
        return value
    if (lines := _in_lines(value)) is not None:
        return lines
    try:
        return json.loads(value) if value.strip() else None
    except (ValueError, RecursionError) as e:  # RecursionError: thousands of open brackets
        raise Unusable(f"{of} is not a JSON list: {value[:80]!r}; nor has it a line `A ...` for each option") from e


def _in_lines(cell: str) -> list[Pair] | None:
    """Options that are lines with consecutive letters from A, at least two; a line without one goes on with the one
    before it. One with a letter further on tells that an option is lost: that is no list."""
    found: list[tuple[str, list[str]]] = []
    for line in filter(str.strip, cell.splitlines()):
        match = _LINE.match(line)
        name = unicodedata.normalize("NFKC", match[1]) if match else ""
        if match and name == chr(65 + len(found)):
            found.append((name, [match[2]]))
        elif not found or chr(65 + len(found)) < name <= chr(67 + len(found)):
            return None
        else:
            found[-1][1].append(line.strip())
    return [(name, " ".join(lines).strip()) for name, lines in found] if len(found) > 1 else None


def _of_object(value: dict[str, Any], of: str) -> list[Pair]:
    if not any(isinstance(inner, list) for inner in value.values()):
        return [(str(key), inner) for key, inner in value.items()]
    texts = next((value[name] for name in TEXTS if isinstance(value.get(name), list)), None)
    if texts is None:
        raise Unusable(f"{of} is not a list of texts, but an object with {columns(value)}")
    keys = next((value[name] for name in KEYS if isinstance(value.get(name), list)), None)
    if keys is None or len({*map(str, keys)}) < len(keys):  # marks of what is right, say, are no keys
        return [(None, text) for text in texts]
    if len(keys) != len(texts):
        raise Unusable(f"{of} has {len(texts)} texts and {len(keys)} keys")
    return [(str(key), text) for key, text in zip(keys, texts, strict=True)]


def _of_item(item: dict[str, Any], of: str) -> Pair:
    text = next((name for name in TEXTS if name in item), None)
    if text is not None:
        key = next((item[name] for name in KEYS if name in item), None)
        return (None if key is None else str(key)), item[text]
    if len(item) == 1:
        ((key, inner),) = item.items()
        return str(key), inner
    raise Unusable(f"{of} is an object with {columns(item)}; wanted are {TEXTS[0]!r} and {KEYS[0]!r}")


def _in_order(found: list[Pair]) -> list[Pair]:
    """Options whose keys are letters or numbers, by these: objects have no order of their own."""
    signs = [match[1] if key is not None and (match := _SIGN.match(key.strip().casefold())) else "" for key, _ in found]
    if not all(signs) or len({*signs}) < len(signs) or len({sign.isdigit() for sign in signs}) > 1:
        return found
    order = sorted(range(len(found)), key=lambda at: int(signs[at]) if signs[at].isdigit() else ord(signs[at]))
    return [found[at] for at in order]


def _letter_of(key: str | None) -> str | None:
    """The letter that a key is or ends in: `B`, `option_b`."""
    match = _SIGN.match(key.strip().casefold()) if key is not None else None
    return match[1] if match and match[1].isalpha() else None


def columns(row: dict[str, Any], most: int = 20) -> str:
    """The names of a row's fields, as an error shows them."""
    names = [repr(name)[:80] for name in list(row)[:most]]
    return ", ".join(names) + (f" and {len(row) - most:,} more" if len(row) > most else "")
