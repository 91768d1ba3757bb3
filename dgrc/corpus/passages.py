"""A document's text to passages that a question can be written about. Text in, character ranges out.

Documents are cut where their authors cut them: at headings first, then between paragraphs, and only a paragraph that is
too long by itself between sentences. A passage is never more than so many words, and what is too short to ask about is
joined to its neighbour under the same heading.
"""

import itertools
import re
from collections.abc import Iterator, Sequence

HEADING = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]|§+[ \t]*\d"
    r"|(?:article|section|sec\.|chapter|part|title|rule|schedule|annex|clause)[ \t]+[\dIVXLC]+\b"
    r"|[IVXLC]{1,6}\.[ \t]+\S|\d{1,3}(?:\.\d{1,3})*\.?[ \t]+[A-Z])",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"^[ \t]*(?:[IVXLC]{1,6}\.|\d{1,3}(?:\.\d{1,3})*\.?)[ \t]+")
_SENTENCE_END = re.compile(r"(?<=[.!?;:])[\"')\]]?\s+(?=\S)")
_BLANK = re.compile(r"\n[ \t]*\n+")
_RUN = re.compile(r"\S+")
Piece = tuple[int, int, int]
"""A range of characters and the words in it."""
LONGEST_HEADING = 12
"""Words of a line that can be a heading."""


def split(text: str, most_words: int, least_words: int) -> list[tuple[int, int]]:
    """Ranges of the passages of a text, in order, none overlapping; what is too short to stand alone is left out."""
    passages: list[Piece] = []
    for section in _sections(text, least_words):
        pieces = [piece for span in _paragraphs(text, *section) for piece in _short_enough(text, *span, most_words)]
        passages += _packed(pieces, most_words, least_words)
    return [(start, end) for start, end, count in passages if count >= least_words]


def words(text: str) -> int:
    """Words of a text."""
    return len(text.split())


def is_heading(line: str) -> bool:
    """Whether a line stands over what follows: marked as a heading, or short and in capitals."""
    bare = line.strip()
    if bare.isupper():
        return _at_most(bare, LONGEST_HEADING)
    if not bare or not HEADING.match(line) or not _at_most(bare, LONGEST_HEADING):
        return False
    return not (_NUMBERED.match(line) and bare[-1] in ".;,:")  # an item of a list, not a heading


def _at_most(text: str, count: int) -> bool:
    """Whether a text has no more words, without looking at the rest of it."""
    return len(text.split(None, count)) <= count


def _sections(text: str, least: int) -> Iterator[tuple[int, int]]:
    """From each heading to the next; a section that is too short by itself (a title page) belongs to the next one."""
    start = place = 0
    under_heading = True  # headings that follow one another belong together
    for line in text.splitlines(keepends=True):
        if is_heading(line):
            if not under_heading and not _at_most(text[start:place], least - 1):
                yield start, place
                start = place
            under_heading = True
        elif under_heading and not line.isspace():
            under_heading = False
        place += len(line)
    yield start, place


def _paragraphs(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    at = start
    for gap in _BLANK.finditer(text, start, end):
        yield from _trimmed(text, at, gap.start())
        at = gap.end()
    yield from _trimmed(text, at, end)


def _short_enough(text: str, start: int, end: int, most: int) -> Iterator[Piece]:
    """The paragraph, or its sentences, or of a sentence without end as many words as may be."""
    count = words(text[start:end])
    if count <= most:
        yield start, end, count
        return
    edges = [start, *(m.end() for m in _SENTENCE_END.finditer(text, start, end)), end]
    for a, b in itertools.pairwise(edges):
        count = words(text[a:b])
        if count <= most:
            yield from ((*span, count) for span in _trimmed(text, a, b))
            continue
        starts = [m.start() for m in _RUN.finditer(text, a, b)]
        for first in range(0, len(starts), most):
            last = starts[first + most] if first + most < len(starts) else b
            yield from ((*span, min(most, len(starts) - first)) for span in _trimmed(text, starts[first], last))


def _packed(pieces: Sequence[Piece], most: int, least: int) -> list[Piece]:
    """Neighbours joined while they fit; a short rest goes to the passage before if it fits there. Between neighbours is
    white space alone, so that their words add up."""
    packed: list[Piece] = []
    for start, end, count in pieces:
        if packed and packed[-1][2] + count <= most and (packed[-1][2] < most // 2 or count < least):
            packed[-1] = packed[-1][0], end, packed[-1][2] + count
        else:
            packed.append((start, end, count))
    return packed


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The range without white space at its ends; nothing if nothing is left."""
    piece = text[start:end]
    if bare := piece.strip():
        start += piece.index(bare[0]) if piece[0] != bare[0] else 0
        yield start, start + len(bare)
