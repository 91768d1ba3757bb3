"""A document's text to passages that a question can be written about. Text in, character ranges out.

Documents are cut where their authors cut them: at headings and articles first, then between paragraphs, and only a
paragraph that is too long by itself between sentences, or where it has none between clauses. A passage is never more
than so many words (`segment.count`, which knows scripts without spaces), and what is too short to ask about is joined
to its neighbour under the same heading. A block of code is one piece; only one that is too long for a passage is cut,
between its lines.
"""

import itertools
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from dgrc.corpus.headings import fences, is_heading, lines, opens_article
from dgrc.method.text.segment import COMPLEX, IDEOGRAPHIC, WEIGHT, count, spaceless, weight, word_weight

_CLOSERS = "”’」』》）】〉\"')\\]"
_WIDE_ENDS = "。！？；｡។៕။"
# After the marks of scripts without spaces no white space need follow.
_SENTENCE_END = re.compile(
    rf"[.!?;:][\"')\]]?\s+(?=\S)|(?:[{_WIDE_ENDS}]++|…(?<=[{IDEOGRAPHIC}]…)…*+)[{_CLOSERS}]{{0,4}}+\s*+"
    rf"|[.!?;](?<=[{IDEOGRAPHIC}].)[\"')\]]?(?=[{IDEOGRAPHIC}“《「『（])"
)
_CLAUSE_END = re.compile(r"[，、：,](?!\d)\s*+")
# Scripts without spaces have no blank lines between paragraphs: a line that ends in a full stop ends one.
_BLANK = re.compile(
    rf"\n(?:[ \t\u3000]*\n+|(?<=[。！？；：」』）]\n)|(?<=[。！？；：][”’]\n)|(?<=[{IDEOGRAPHIC}][.!?;:…]\n))"
)
_LINE_END = re.compile(r"\n")
_RUN = re.compile(r"\S+")
_UNIT = re.compile(rf"[{IDEOGRAPHIC}{COMPLEX}]|[^{IDEOGRAPHIC}{COMPLEX}]+")
Piece = tuple[int, int, int]
"""A range of characters and what the words in it weigh."""
Span = tuple[int, int]


def split(text: str, most_words: int, least_words: int) -> list[Span]:
    """Ranges of the passages of a text, in order, none overlapping; what is too short to stand alone is left out."""
    passages: list[Piece] = []
    blocks = fences(text)
    for section in _sections(text, least_words, blocks):
        spans = _paragraphs(text, *section, blocks)
        pieces = [piece for a, b, edge in spans for piece in _short_enough(text, a, b, most_words, edge)]
        passages += _packed(pieces, most_words, least_words)
    return [(start, end) for start, end, held in passages if held > (least_words - 1) * WEIGHT]


def words(text: str) -> int:
    """Words of a text, as they are counted for limits."""
    return count(text)


def _at_most(text: str, count: int) -> bool:
    """Whether a text has no more words, without looking at the rest of it if it has spaces between them."""
    if spaceless(text):  # a beginning weighs at most a word more than it does in the whole
        return weight(text[: 2 * count]) <= (count + 1) * WEIGHT and weight(text) <= count * WEIGHT
    return len(text.split(None, count)) <= count


def _sections(text: str, least: int, blocks: Sequence[Span]) -> Iterator[Span]:
    """From each heading to the next; a section that is too short by itself (a title page) belongs to the next one."""
    start = place = block = 0
    under_heading = True  # headings that follow one another belong together
    for line in lines(text):
        while block < len(blocks) and blocks[block][1] <= place:
            block += 1
        is_code = block < len(blocks) and blocks[block][0] <= place
        heading = not is_code and is_heading(line)
        if heading or (not is_code and opens_article(line)):
            if not under_heading and not _at_most(text[start:place], least - 1):
                yield start, place
                start = place
            under_heading = heading
        elif under_heading and not line.isspace():
            under_heading = False
        place += len(line)
    yield start, place


def _paragraphs(
    text: str, start: int, end: int, blocks: Sequence[Span]
) -> Iterator[tuple[int, int, re.Pattern[str]]]:
    """What blank lines part, with what it may be cut at: sentences, or a block of code, which is whole, its lines."""
    at = start
    for first, last in blocks[bisect_left(blocks, (start, start)) : bisect_left(blocks, (end, end))]:
        yield from _prose(text, at, first)
        yield from ((*span, _LINE_END) for span in _trimmed(text, first, last))
        at = last
    yield from _prose(text, at, end)


def _prose(text: str, start: int, end: int) -> Iterator[tuple[int, int, re.Pattern[str]]]:
    at = start
    for gap in _BLANK.finditer(text, start, end):
        yield from ((*span, _SENTENCE_END) for span in _trimmed(text, at, gap.start()))
        at = gap.end()
    yield from ((*span, _SENTENCE_END) for span in _trimmed(text, at, end))


def _short_enough(text: str, start: int, end: int, most: int, edge: re.Pattern[str]) -> Iterator[Piece]:
    """The paragraph, or its sentences, or of a sentence without end its clauses if its script has no spaces, or as many
    words as may be."""
    held = weight(text[start:end])
    if held <= most * WEIGHT:
        yield start, end, held
        return
    edges = [start, *(m.end() for m in edge.finditer(text, start, end)), end]
    finer = edge is _SENTENCE_END and spaceless(text[start:end])
    for span in (span for a, b in itertools.pairwise(edges) for span in _trimmed(text, a, b)):
        if finer:
            yield from _short_enough(text, *span, most, _CLAUSE_END)
        else:
            yield from _rationed(text, *span, most)


def _rationed(text: str, start: int, end: int, most: int) -> Iterator[Piece]:
    """As many words at a time as may be; of a longer word of a script without spaces as many characters."""
    first, held = start, 0
    for at, each in _units(text, start, end, most):
        if held + each > most * WEIGHT:
            yield from ((*span, held) for span in _trimmed(text, first, at))
            first, held = at, 0
        held += each
    yield from ((*span, held) for span in _trimmed(text, first, end))


def _units(text: str, start: int, end: int, most: int) -> Iterator[tuple[int, int]]:
    """Where each word begins and what it weighs."""
    for run in _RUN.finditer(text, start, end):
        held = weight(run.group())
        if held <= most * WEIGHT:
            yield run.start(), held
        else:
            yield from ((unit.start(), word_weight(unit.group())) for unit in _UNIT.finditer(text, *run.span()))


def _packed(pieces: Sequence[Piece], most: int, least: int) -> list[Piece]:
    """Neighbours joined while they fit; a short rest goes to the passage before if it fits there. Together they weigh
    no more than what they weigh alone."""
    packed: list[Piece] = []
    for start, end, held in pieces:
        fits = packed and packed[-1][2] + held <= most * WEIGHT
        if fits and (packed[-1][2] < most // 2 * WEIGHT or held <= (least - 1) * WEIGHT):
            packed[-1] = packed[-1][0], end, packed[-1][2] + held
        else:
            packed.append((start, end, held))
    return packed


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    """The range without white space at its ends; nothing if nothing is left."""
    piece = text[start:end]
    if bare := piece.strip():
        start += piece.index(bare[0]) if piece[0] != bare[0] else 0
        yield start, start + len(bare)
