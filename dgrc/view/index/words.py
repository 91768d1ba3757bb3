"""The words by which a row is found. Text flows in; the words to index, and the terms of a query, flow out.

Words are the segmenter's, so that a text in a script without spaces is found by its bigrams, in one case and without
the punctuation around them.
"""

import re

from dgrc.method.text.segment import runs_and_words, segments, spaceless

LONGEST, SHORTEST_BEGINNING = 40, 3
"""Characters of a word that are kept, and those that the beginning of one must have to be looked for as such."""
_ASCII_BETWEEN = {code: " " for code in range(128) if not chr(code).isalnum()}
_BETWEEN = re.compile(
    "[\\s!-/:-@\\[-`{-~\u00a1-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf\u2010-\u205e\u3001-\u3003\u3008-\u3020"
    "\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]+"
)


def words(text: str) -> list[str]:
    """The words of a text in order, in lower case, repeats included."""
    if text.isascii():  # what stands between spaces, as the segmenter has it, found many times faster
        found = text.lower().translate(_ASCII_BETWEEN).split()
    else:
        found = _BETWEEN.split(" ".join(segments(text)).casefold())
    return [word[:LONGEST] for word in found if word]


def indexed(text: str) -> tuple[set[str], set[str]]:
    """What a text that is not all ASCII is found by: the runs of scripts without spaces, of which each bigram and each
    character is a word, for one may be all that is looked for; and its other words."""
    runs, other = runs_and_words(text)
    return runs, set(_BETWEEN.split(" ".join(other).casefold()))


def terms(query: str) -> list[tuple[str, bool]]:
    """What a row must have, all of it: words, and whether one is only the beginning of a word. The last one is, unless
    a space follows it, for whoever types is not done with it."""
    found = [(word, False) for word in dict.fromkeys(words(query))]
    if found and not query[-1].isspace():
        last = words(query)[-1]
        if len(last) >= SHORTEST_BEGINNING and not spaceless(last):
            found = [(word, word == last) for word, _ in found]
    return found
