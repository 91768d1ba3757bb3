"""Answers that show how they came about: `70 x 4 x 3 = 840 mg` says 840 mg. A text flows in, one without the working
flows out.

A calculation is numbers with their units joined by signs, up to a sign of equality behind which a number stands. What
was said is its result, whether it was worked out rightly or not. A name (`total dose = 840 mg`) may stand before an
answer that is nothing else.
"""

import re
from collections.abc import Sequence

from dgrc.method.text.markup import unwrap

LONGEST = 400
"""Characters of an answer that shows its working; longer ones are prose."""
_TOKEN = re.compile(r"(?P<number>[0-9][0-9,]*(?:\.[0-9]+)?)|(?P<word>[^\W0-9_]+)|(?P<other>\S)")
_SIGNS = frozenset("+-*/\u00d7\u00b7\u00f7\u2212\u2217x\u4e58\u9664\u52a0\u51cf")
_MONEY = frozenset("$\u00a3\u20ac\u00a5")
_EQUAL = frozenset("=\u2248")
_IN_UNITS = frozenset("/\u00b7*^%\u00b0.")
_MOST_OF_A_UNIT = 7
"""Tokens of the longest unit behind a number: `mL per kg per hour`."""


def without_working(text: str) -> str:
    """The text with the result alone in the place of each calculation; the text itself if it has none."""
    if len(text) > LONGEST or _EQUAL.isdisjoint(text):
        return text
    text = unwrap(text)
    tokens = list(_TOKEN.finditer(text))
    said = [token.group() for token in tokens]
    kinds = [token.lastgroup for token in tokens]
    parts, at, taken = list[str](), 0, 0
    while at < len(tokens):
        past = _calculation(said, kinds, at)
        if past is None:
            at += 1
            continue
        parts.append(text[taken : tokens[at].start()])
        at, taken = past, tokens[past].start()
    return "".join([*parts, text[taken:]])


def named_value(text: str) -> str | None:
    """What stands behind the sign of equality of an answer that names a value and says no other; None if none does."""
    name, equal, value = text.partition("=")
    if not equal or "=" in value or len(text) > LONGEST or any(sign.isdecimal() for sign in name):
        return None
    words = name.split()
    plain = all(re.fullmatch(r"[^\W\d_]+[:,]?|\([^\W\d_]+\)", word) for word in words)
    return value.strip() if words and plain else None


def _calculation(said: Sequence[str], kinds: Sequence[str | None], at: int) -> int | None:
    """The place of the result of the calculation that begins at a place, if one does."""
    signs = 0
    while (past := _term(said, kinds, at)) is not None:
        if past < len(said) and said[past] in _EQUAL and signs:
            result = past + 1 + (past + 1 < len(said) and said[past + 1] in _MONEY)
            if result >= len(said) or kinds[result] != "number":
                return None
            later = _calculation(said, kinds, past + 1)  # a = b = c
            return past + 1 if later is None else later
        if past >= len(said) or said[past] not in _SIGNS:
            return None
        signs, at = signs + 1, past + 1
    return None


def _term(said: Sequence[str], kinds: Sequence[str | None], at: int) -> int | None:
    """The place behind a number with its unit and brackets, if one stands at a place."""
    while at < len(said) and said[at] in ("(", "[", *_MONEY):
        at += 1
    if at >= len(said) or kinds[at] != "number":
        return None
    at += 1
    for _ in range(_MOST_OF_A_UNIT):
        if at >= len(said) or not _of_a_unit(said, kinds, at):
            break
        at += 1
    while at < len(said) and said[at] in (")", "]"):
        at += 1
    return at


def _of_a_unit(said: Sequence[str], kinds: Sequence[str | None], at: int) -> bool:
    if kinds[at] == "word":
        return said[at] not in _SIGNS and (len(said[at]) > 1 or said[at] in "gLlmhsdkKA")
    behind = kinds[at + 1] if at + 1 < len(said) else None
    return said[at] in _IN_UNITS and (said[at] in "%\u00b0" or behind == "word")
