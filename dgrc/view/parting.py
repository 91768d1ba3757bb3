"""Where two chains part. Two texts flow in; the sentence of each at which they do flows out.

Two models say the same in words of their own, so sentences are not compared one by one. The first sentence of a text
that says a number or a symbol which the other text lacks, or more than half of whose words it lacks, is where they part.
"""

import re
from collections.abc import Sequence

from dgrc.method.screen import content_words

MOST = 200_000
"""Characters of a text that are looked at."""
SHARED = 0.5
"""Share of a sentence's content words that the other text must have, or the sentence says something else."""
_SENTENCE = re.compile(r".+?(?:[.!?](?=[\s\"'\u201d\u2019)]|$)+[\"'\u201d\u2019)]*|[\u3002\uff01\uff1f]+[\u201d\u300d]?|\n|$)\s*", re.S)
_MARKUP = re.compile(r"</?\w+>")


def sentences(text: str) -> list[tuple[int, int]]:
    """Where each sentence begins and ends; together they are the text."""
    spans: list[tuple[int, int]] = []
    for found in _SENTENCE.finditer(text[:MOST]):
        if found.group().strip():
            spans.append(found.span())
    return spans


def parting(text: str, other: str) -> tuple[int, int] | None:
    """The span of the first sentence that says what the other text does not; None if each of them says it."""
    said = set(_words(other[:MOST]))
    for start, end in sentences(text):
        words = _words(text[start:end])
        if words and _differs(words, said):
            return start, start + len(text[start:end].rstrip())
    return None


def _differs(words: Sequence[str], said: set[str]) -> bool:
    missing = [word for word in words if word not in said]
    return any(_decides(word) for word in missing) or len(missing) > SHARED * len(words)


def _decides(word: str) -> bool:
    """Whether a word is a number or a symbol, of which one that differs says another thing."""
    return any(character.isdigit() for character in word) or not any(character.isalpha() for character in word)


def _words(text: str) -> list[str]:
    return content_words(_MARKUP.sub(" ", text))
