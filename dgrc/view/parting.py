"""Where two chains part. Two texts flow in; the sentence of each at which they do flows out.

A sentence of one text parts from the other text if half of its words are not there, or a number or symbol is
not; and where the other text has nearly the same sentence, if any of its words is not, or a number is not in that one.
"""

import re
from collections.abc import Sequence

from dgrc.method.screen import content_words

MOST, MOST_SENTENCES = 200_000, 400
"""Characters and sentences of a text that are looked at: each is held against each of the other."""
SHARED, ALIKE = 0.5, 0.6
"""Share of a sentence's content words that the other text must have, or it says something else; and that one sentence
of the other text has, if it is nearly the same."""
_SENTENCE = re.compile(
    r".+?(?:[.!?](?=[\s\"'\u201d\u2019)]|$)+[\"'\u201d\u2019)]*|[\u3002\uff01\uff1f]+[\u201d\u300d]?|\n|$)\s*", re.S
)
_MARKUP = re.compile(r"</?(\w+)>")


def sentences(text: str) -> list[tuple[int, int]]:
    """Where each sentence begins and ends; together they are the text."""
    spans: list[tuple[int, int]] = []
    for found in _SENTENCE.finditer(text[:MOST]):
        if found.group().strip():
            spans.append(found.span())
        if len(spans) == MOST_SENTENCES:
            break
    return spans


def parting(text: str, other: str) -> tuple[int, int] | None:
    """The span of the first sentence that says what the other text does not; None if each of them says it."""
    others = [set(_words(other[start:end])) for start, end in sentences(other)]
    said = set().union(*others)
    for start, end in sentences(text):
        words = _words(text[start:end])
        if words and _differs(words, said, others):
            return start, start + len(text[start:end].rstrip())
    return None


def _differs(words: Sequence[str], said: set[str], others: Sequence[set[str]]) -> bool:
    missing = [word for word in words if word not in said]
    if any(map(_decides, missing)) or len(missing) >= SHARED * len(words):
        return True
    nearest = max(others, key=lambda one: len(one.intersection(words)), default=set())
    if len(nearest.intersection(words)) < ALIKE * len({*words}):
        return False
    return bool(missing) or any(_decides(word) for word in words if word not in nearest)


def _decides(word: str) -> bool:
    """Whether a word is a number, a symbol or a letter of an option, of which one that differs says another thing."""
    return (
        len(word) == 1
        or any(character.isdigit() for character in word)
        or not any(character.isalpha() for character in word)
    )


def _words(text: str) -> list[str]:
    return content_words(_MARKUP.sub(r" \1 ", text))
