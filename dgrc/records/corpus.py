"""The rows of a corpus on its way to questions: passages in, passages with the questions written about them out.

As in `dgrc.records`, a dataclass is the schema of its rows.
"""

from dataclasses import dataclass

from dgrc.records import Usage


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a document of the user's corpus: `text` is the characters from `start` to `end` of it."""

    id: int
    document: str
    source: str
    title: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Written:
    """A question that the teacher wrote about a passage, and why it is not used, if so."""

    text: str
    choices: tuple[str, ...]
    dropped_because: str | None


@dataclass(frozen=True, slots=True)
class WrittenPassage:
    """A passage with the questions that were written about it; `status` is `written`, `empty` or `failed`."""

    id: int
    document: str
    source: str
    start: int
    end: int
    status: str
    questions: tuple[Written, ...]
    usage: tuple[Usage, ...]
    error: str | None
