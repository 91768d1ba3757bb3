"""One mark: what a person said of a chain or an atom. A line of JSON in, a checked `Mark` out, and back.

Lines may come from elsewhere, so every field is looked at. Ids are 64 bits and leave as text, as other readers of JSON
would round them.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

CHAIN, ATOM = "chain", "atom"
RIGHT, WRONG, NONE = "right", "wrong", "none"
"""`none` takes back what was said before."""
MOST_CHARACTERS = 4000
"""Of a note, and of a corrected answer."""

Key = tuple[str, int, int | None, str]
"""What a mark is about: `chain` or `atom`, its id, a chain's number, and the hash of the text that was judged."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a person said.

    Attributes:
        what: `chain` or `atom`.
        id: Of the atom, or of the chain's question.
        chain: Of a chain its number among the teacher's.
        round: The round in which it was looked at.
        mark: `right`, `wrong`, or `none`: taken back.
        note: Why, in the person's words.
        answer: What a wrong atom should have answered; None if nothing was said.
        at: When, ISO 8601 in UTC.
        sha: SHA-256 of the text that was judged (`chain_sha`, `atom_sha`).
        kept: Whether the curriculum had it then; None while there was no curriculum.
    """

    what: str
    id: int
    chain: int | None
    round: int
    mark: str
    note: str
    answer: str | None
    at: str
    sha: str
    kept: bool | None

    @property
    def key(self) -> Key:
        return self.what, self.id, self.chain, self.sha

    def line(self) -> str:
        """As a line of the file, its end included."""
        return json.dumps({**asdict(self), "id": str(self.id)}) + "\n"


def parsed(data: Any) -> Mark:
    """A mark from what a line holds.

    Raises:
        ValueError: it is none; with what is wrong.
    """
    if not isinstance(data, dict):
        raise ValueError("it is no JSON object")
    if missing := {name for name in Mark.__slots__ if name not in data} - {"kept"}:
        raise ValueError(f"it lacks {', '.join(sorted(missing))}")
    if unknown := data.keys() - set(Mark.__slots__):
        raise ValueError(f"it has unknown fields: {', '.join(map(repr, sorted(unknown)))[:200]}")
    what, mark, answer, kept = data["what"], data["mark"], data["answer"], data.get("kept")
    if what not in (CHAIN, ATOM) or mark not in (RIGHT, WRONG, NONE):
        raise ValueError("`what` is chain or atom, and `mark` is right, wrong or none")
    if (what == CHAIN) != (data["chain"] is not None):
        raise ValueError("a chain has its number as `chain`, an atom null")
    if answer is not None and (what != ATOM or mark != WRONG):
        raise ValueError("only an atom that is wrong has an `answer` that is right")
    if kept is not None and not isinstance(kept, bool):
        raise ValueError("`kept` is true, false or null")
    return Mark(
        what, _id(data["id"]), None if what == ATOM else _number(data["chain"]), _number(data["round"]), mark,
        _text(data["note"]), _one_line(answer), _text(data["at"]), _text(data["sha"]), kept,
    )  # fmt: skip


def chain_sha(thoughts: str, text: str) -> str:
    """The hash of a chain as a person reads it."""
    return _sha(thoughts, text)


def atom_sha(question: str, answer: str | None, rationale: str) -> str:
    """The hash of an atom as a person reads it."""
    return _sha(question, answer, rationale)


def _sha(*parts: str | None) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _id(value: Any) -> int:
    if not isinstance(value, str) or not value.isascii() or not value.removeprefix("-").isdigit() or len(value) > 20:
        raise ValueError("an `id` is dgrc's number, as text")
    if not -(1 << 63) <= int(value) < 1 << 63:
        raise ValueError("an `id` has 64 bits")
    return int(value)


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 1 << 31:
        raise ValueError("`chain` and `round` are numbers from 0")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MOST_CHARACTERS:
        raise ValueError(f"a note, a time and a hash are text of at most {MOST_CHARACTERS:,} characters")
    try:
        value.encode()
    except UnicodeEncodeError as e:
        raise ValueError("a text holds half of a character") from e
    return value


def _one_line(value: Any) -> str | None:
    """An answer as it may be learned; one that says nothing is none."""
    return None if value is None else " ".join(_text(value).split()) or None
