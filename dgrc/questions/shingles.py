"""Texts to 64-bit hashes of their words and of runs of words, many texts at a time. Texts in, numpy arrays out.

One reading of the words serves near-duplicates (runs of a few words) and contamination (runs of many), and is done on
bytes, because a Python call for each word of a corpus costs more than all else together. Case, punctuation and white
space do not count. The same on every machine; not made to withstand somebody who looks for collisions.
"""

import re
from collections.abc import Sequence

import numpy as np

from dgrc.method.text.normalize import fold

_WORD = re.compile(r"\w+")
_SPACE = 32
_PLAIN = bytes(ord(chr(b).lower()) if chr(b).isalnum() or b == ord("_") else _SPACE for b in range(128)) + bytes(128)
_BASE, _STEP, _LENGTH = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F
"""Odd, so that each has an inverse modulo 2^64: of a letter's place, of a word's place, of a run's length."""
_INVERSE = pow(_BASE, -1, 1 << 64)
_powers: tuple[np.ndarray, np.ndarray] = np.empty(0, np.uint64), np.empty(0, np.uint64)


def word_hashes(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Hashes of all words of all texts, (words,) uint64, and where each text's begin and end among them, (texts + 1,).
    """
    plain = [_plain(text) for text in texts]
    data = b" ".join([*plain, b""])
    letters = np.frombuffer(data, np.uint8)
    space = letters == _SPACE
    edges = np.diff(space.view(np.int8), prepend=np.int8(1))
    starts, ends = np.flatnonzero(edges == -1), np.flatnonzero(edges == 1)
    powers, inverses = _powers_of(len(letters))
    sums = np.zeros(len(letters) + 1, np.uint64)
    np.cumsum(letters * powers[: len(letters)], out=sums[1:])
    hashes = mixed((sums[ends] - sums[starts]) * inverses[starts])
    places = np.cumsum([0, *(len(text) + 1 for text in plain)])
    return hashes, np.searchsorted(starts, places)


def runs(hashes: np.ndarray, offsets: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Hashes of all runs of n words of each text, or of a shorter one's words as a whole, and where each text's begin.

    Args:
        hashes: Of words, as `word_hashes` gives them.
        offsets: Likewise, (texts + 1,).
        n: Words in a run.
    """
    lengths = np.diff(offsets)
    counts = np.maximum(1, lengths - n + 1)
    begins = np.concatenate([[0], np.cumsum(counts)])
    padded = np.concatenate([hashes, np.zeros(n, np.uint64)])
    whole = np.zeros(len(hashes) + 1, np.uint64)
    for k in range(n):
        whole += padded[k : k + len(whole)] * np.uint64(pow(_STEP, k, 1 << 64))
    at = np.arange(begins[-1]) - np.repeat(begins[:-1] - offsets[:-1], counts)
    found = whole[at] + np.uint64(n * _LENGTH % (1 << 64))
    for text in np.flatnonzero(lengths < n):
        own = hashes[offsets[text] : offsets[text + 1]].tolist()
        value = sum(word * pow(_STEP, k, 1 << 64) for k, word in enumerate(own)) + len(own) * _LENGTH
        found[begins[text]] = value % (1 << 64)
    return mixed(found), begins


def mixed(values: np.ndarray) -> np.ndarray:
    """Each value's bits spread over all of it, so that any part of it is as good a hash (the end of SplitMix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _plain(text: str) -> bytes:
    """The words of a text in one spelling, with spaces between them."""
    if text.isascii():
        return text.encode().translate(_PLAIN)
    return " ".join(_WORD.findall(fold(text).casefold())).encode("utf-8", "replace")


def _powers_of(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Powers of the base and of its inverse, at least so many; made once for the longest batch so far."""
    global _powers
    if len(_powers[0]) < count:
        size = max(1 << 16, 1 << (count - 1).bit_length())
        _powers = np.cumprod(np.full(size, _BASE, np.uint64)), np.cumprod(np.full(size, _INVERSE, np.uint64))
    return _powers
