"""The words of many rows at once. Texts flow in; each word, and by it the rows that have it, flow out.

Most text is ASCII, and there words are told by Arrow, without an object of Python for each.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dgrc.view.index.words import LONGEST, indexed

_LOWERED = bytes(ord(chr(code).lower()) if chr(code).isalnum() else 32 for code in range(128)) + bytes(range(128, 256))
"""Of each byte of ASCII text what words are made of: letters in lower case, digits, and spaces between."""

BETWEEN_RUNS = "\n"
"""Is in no run, and keeps two from being one."""


@dataclass(slots=True)
class Postings:
    """Distinct words, `counts` of the rows that have each, and these rows in order, those of one word after another."""

    words: list[str]
    counts: np.ndarray
    rows: np.ndarray


def packed(rows: np.ndarray, of: int) -> bytes:
    """Numbers of rows of a segment that has `of`, as the index keeps them: a bit for each row of the segment where that
    is the shorter, else the numbers. Words that most rows have are then found as fast as others."""
    if 2 * len(rows) < -(-of // 8):
        return rows.astype("u2", copy=False).tobytes()
    bits = np.zeros(of, bool)
    bits[rows] = True
    return np.packbits(bits).tobytes()


def mark(kept: bytes, mask: np.ndarray) -> None:
    """Sets those of a segment's rows that `packed` was given; `mask` is (rows of the segment,) bool."""
    if len(kept) < -(-len(mask) // 8):
        mask[np.frombuffer(kept, "u2")] = True
    else:
        mask |= np.unpackbits(np.frombuffer(kept, "u1"), count=len(mask)).view(bool)


def postings(texts: Sequence[Iterable[str]]) -> Postings:
    """The words of rows, each with its texts; at least one and at most 65,536 rows."""
    plain: list[str] = []
    other: list[str] = []
    of_other: list[int] = []
    unspaced: list[str] = []
    for row in texts:
        own = list(row)
        plain.append("\n".join(filter(str.isascii, own)))
        odd = [text for text in own if not text.isascii()]
        runs, words = indexed("\n".join(odd)) if odd else ((), ())
        other += words
        of_other.append(len(words))
        unspaced.append(BETWEEN_RUNS.join((*runs, "")))
    parted = pc.ascii_split_whitespace(_lowered(plain))
    tokens = pa.concat_arrays([parted.values, pa.array(other, pa.large_string())])
    numbers = np.arange(len(texts))
    rows = np.r_[np.repeat(numbers, np.diff(parted.offsets.to_numpy())), np.repeat(numbers, of_other)]
    return _joined(_spaced(tokens, rows, len(texts)), _unspaced(unspaced))


def _joined(one: Postings, other: Postings) -> Postings:
    """Those of words that are not the same."""
    return Postings(
        one.words + other.words, np.r_[one.counts, other.counts], np.r_[one.rows, other.rows].astype("u2", copy=False)
    )


def _lowered(texts: list[str]) -> pa.Array:
    """ASCII texts in lower case, with spaces for all that is neither letter nor digit."""
    ends = np.cumsum([0, *map(len, texts)])
    data = "".join(texts).encode().translate(_LOWERED)
    return pa.LargeStringArray.from_buffers(len(texts), pa.py_buffer(ends), pa.py_buffer(data))


def _spaced(tokens: pa.Array, rows: np.ndarray, most: int) -> Postings:
    """The postings of words with their rows, repeats included."""
    some = pc.not_equal(pc.binary_length(tokens), 0)
    found = tokens.filter(some).dictionary_encode()
    cut = pc.utf8_slice_codeunits(found.dictionary, 0, LONGEST).dictionary_encode()  # two may be one then
    codes = cut.indices.to_numpy()[found.indices.to_numpy()]
    return _distinct(cut.dictionary.to_pylist(), codes, rows[some.to_numpy(zero_copy_only=False)], most)


def _unspaced(texts: list[str]) -> Postings:
    """The postings of the characters and bigrams of rows' runs, each run with a mark behind it."""
    signs = np.frombuffer("".join(texts).encode("utf-32-le"), "u4").astype("u8")
    if not len(signs):
        return Postings([], np.empty(0, np.int64), np.empty(0, "u2"))
    rows = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    mark = ord(BETWEEN_RUNS)
    within = signs != mark
    pairs = within[:-1] & within[1:]
    keys = np.r_[signs[within], signs[:-1][pairs] << 32 | signs[1:][pairs]]
    found = pa.array(keys).dictionary_encode()
    words = [_signs(key) for key in found.dictionary.to_pylist()]
    return _distinct(words, found.indices.to_numpy(), np.r_[rows[within], rows[:-1][pairs]], len(texts))


def _signs(key: int) -> str:
    first, second = key >> 32, key & 0xFFFF_FFFF
    return chr(first) + chr(second) if first else chr(second)


def _distinct(words: list[str], codes: np.ndarray, rows: np.ndarray, most: int) -> Postings:
    """The postings of words, of which each code of a row is one, repeats included."""
    keys = np.sort(codes.astype(np.int64) * most + rows)
    keys = keys[np.diff(keys, prepend=-1) > 0]
    return Postings(words, np.bincount(keys // most, minlength=len(words)), (keys % most).astype("u2"))
