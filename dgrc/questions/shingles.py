"""Texts to 64-bit hashes of their words and of runs of words, many texts at a time. Texts in, numpy arrays out.

One reading of the words serves near-duplicates (runs of a few words) and contamination (runs of many), and is done on
bytes, because a Python call for each word of a corpus costs more than all else together. Case, punctuation and white
space do not count. The same on every machine; not made to withstand somebody who looks for collisions.
"""

import functools
import re
import sys
from collections.abc import Sequence

import numpy as np

from dgrc.method.text.normalize import fold
from dgrc.method.text.segment import COMPLEX, COMPLEX_WEIGHT, IDEOGRAPH_WEIGHT, IDEOGRAPHIC, WEIGHT

_SPACE = 32
_PLAIN = bytes(ord(chr(b).lower()) if chr(b).isalnum() or b == ord("_") else _SPACE for b in range(128)) + bytes(128)
_BASE, _STEP, _LENGTH = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F
"""Odd, so that each has an inverse modulo 2^64: of a letter's place, of a word's place, of a run's length."""
_powers: dict[int, tuple[np.ndarray, np.ndarray]] = {}
_IDEOGRAPH, _COMPLEX = 1, 2
"""Bytes before a character of a script without spaces; no word has them."""
_WEIGHTS = np.full(256, WEIGHT)
_WEIGHTS[_IDEOGRAPH], _WEIGHTS[_COMPLEX] = IDEOGRAPH_WEIGHT, COMPLEX_WEIGHT
_TOGETHER = 256
"""Texts that are spelled at a time."""
_ASSIGNED = 0x40000
"""Code points before this may be letters; those of the planes after it are none."""
_KINDS = re.compile(f"([{IDEOGRAPHIC}]+)|([{COMPLEX}]+)|([^\\W{IDEOGRAPHIC}{COMPLEX}]+)")


Hashes = tuple[np.ndarray, np.ndarray, np.ndarray | None]
"""Of words, where each text's begin, and what each weighs: see `weighed_hashes`."""


def weighed_hashes(texts: Sequence[str]) -> Hashes:
    """Hashes of all words of all texts, (words,) uint64, where each text's begin and end among them, (texts + 1,), and
    what each word weighs, (words,) int64 (`segment.WEIGHT`); None if all weigh the same."""
    plain = [words for at in range(0, len(texts), _TOGETHER) for words in _plain(texts[at : at + _TOGETHER])]
    data = b" ".join([*plain, b""])
    letters = np.frombuffer(data, np.uint8)
    space = letters == _SPACE
    edges = np.diff(space.view(np.int8), prepend=np.int8(1))
    starts, ends = np.flatnonzero(edges == -1), np.flatnonzero(edges == 1)
    hashes = mixed(_sums(letters, starts, ends, _BASE))
    places = np.cumsum([0, *(len(text) + 1 for text in plain)])
    weights = _WEIGHTS[letters[starts]] if _IDEOGRAPH in data or _COMPLEX in data else None
    return hashes, np.searchsorted(starts, places), weights


def runs(
    hashes: np.ndarray, offsets: np.ndarray, n: int, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Hashes of all runs of n words of each text, or of a shorter one's words as a whole, and where each text's begin.

    A run begins with each word and is the shortest that weighs as much as n words: of Chinese 21 characters for 13
    words, 8 for 5. Which runs there are does not depend on what stands around them.

    Args:
        hashes: Of words, as `weighed_hashes` gives them.
        offsets: Likewise, (texts + 1,).
        n: Words in a run.
        weights: Of each word; None if each weighs as much as any.
    """
    firsts, lasts = offsets[:-1], offsets[1:]
    if weights is None:
        counts = lasts - firsts - n + 1
        reach = np.arange(n, len(hashes) + n)
    else:
        held = np.concatenate([[0], np.cumsum(weights)])
        reach = np.searchsorted(held, held[:-1] + n * WEIGHT)
        # In each text the words from which a run ends within it come first.
        counts = np.searchsorted(held, held[lasts] - n * WEIGHT, "right") - firsts
    counts = np.maximum(1, counts)
    begins = np.concatenate([[0], np.cumsum(counts)])
    at = np.arange(begins[-1]) - np.repeat(begins[:-1] - firsts, counts)
    ends = np.minimum(np.append(reach, len(hashes))[at], np.repeat(lasts, counts))
    found = _sums(hashes, at, ends, _STEP) + (ends - at).astype(np.uint64) * np.uint64(_LENGTH)
    return mixed(found), begins


def mixed(values: np.ndarray) -> np.ndarray:
    """Each value's bits spread over all of it, so that any part of it is as good a hash (the end of SplitMix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _sums(values: np.ndarray, starts: np.ndarray, ends: np.ndarray, base: int) -> np.ndarray:
    """For each range the sum of its values, the k-th of it times the base to the k, modulo 2^64."""
    powers, inverses = _powers_of(base, len(values) + 1)
    sums = np.zeros(len(values) + 1, np.uint64)
    np.cumsum(values * powers[: len(values)], out=sums[1:])
    result: np.ndarray = (sums[ends] - sums[starts]) * inverses[starts]
    return result


def _plain(texts: Sequence[str]) -> list[bytes]:
    """The words of texts in one spelling, with spaces between them."""
    others = [text.replace("\0", " ") for text in texts if not text.isascii()]
    spelled = iter(_spelled("\0".join(others)).split(b"\0"))
    return [text.encode().translate(_PLAIN) if text.isascii() else next(spelled) for text in texts]


def _spelled(text: str) -> bytes:
    """The same of a text that is not ASCII; its zeros stay.

    Each character of a script without spaces is a word here, behind a mark of its kind: a run of characters has what a
    run of their bigrams has, but punctuation between them does not count.
    """
    points = np.frombuffer(fold(text).casefold().encode("utf-32-le", "surrogatepass"), "<u4")
    kinds = _kinds()[points]
    marked = (kinds == _IDEOGRAPH) | (kinds == _COMPLEX)
    places = np.cumsum(1 + 3 * marked) - 1 - marked
    spelled = np.full(places[-1] + 2 if len(places) else 0, _SPACE, "<u4")
    spelled[places] = np.where((kinds > 0) | (points == 0), points, _SPACE)
    spelled[places[marked] - 1] = kinds[marked]
    return spelled.tobytes().decode("utf-32-le").encode()


@functools.cache
def _kinds() -> np.ndarray:
    """What each code point is: `_IDEOGRAPH`, `_COMPLEX`, 3 for a letter of a word, or 0: what stands between words."""
    kinds = np.zeros(sys.maxunicode + 1, np.uint8)
    every = np.arange(_ASSIGNED, dtype="<u4").tobytes().decode("utf-32-le", "surrogatepass")
    for found in _KINDS.finditer(every):
        kinds[found.start() : found.end()] = found.lastindex or 0
    return kinds


def _powers_of(base: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Powers of a base and of its inverse, at least so many; made once for the longest batch so far."""
    if base not in _powers or len(_powers[base][0]) < count:
        size = max(1 << 16, 1 << (count - 1).bit_length())
        inverse = pow(base, -1, 1 << 64)
        _powers[base] = np.cumprod(np.full(size, base, np.uint64)), np.cumprod(np.full(size, inverse, np.uint64))
    return _powers[base]
