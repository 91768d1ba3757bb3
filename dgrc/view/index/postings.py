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


@dataclass(slots=True)
class Postings:
    """Distinct words, `counts` of the rows that have each, and these rows in order, those of one word after another."""

    words: list[str]
    counts: np.ndarray
    rows: np.ndarray


def postings(texts: Sequence[Iterable[str]]) -> Postings:
    """The words of rows, each with its texts; at most 65,536 rows."""
    plain: list[str] = []
    other: list[str] = []
    of_other: list[int] = []
    for row in texts:
        own = list(row)
        plain.append("\n".join(filter(str.isascii, own)))
        odd = [text for text in own if not text.isascii()]
        found = indexed("\n".join(odd)) if odd else ()
        other += found
        of_other.append(len(found))
    parted = pc.ascii_split_whitespace(_lowered(plain))
    tokens = pa.concat_arrays([parted.values, pa.array(other, pa.large_string())])
    numbers = np.arange(len(texts))
    rows = np.r_[np.repeat(numbers, np.diff(parted.offsets.to_numpy())), np.repeat(numbers, of_other)]
    return _distinct(tokens, rows, len(texts))


def _lowered(texts: list[str]) -> pa.Array:
    """ASCII texts in lower case, with spaces for all that is neither letter nor digit."""
    ends = np.cumsum([0, *map(len, texts)])
    data = "".join(texts).encode().translate(_LOWERED)
    return pa.LargeStringArray.from_buffers(len(texts), pa.py_buffer(ends), pa.py_buffer(data))


def _distinct(tokens: pa.Array, rows: np.ndarray, most: int) -> Postings:
    """The postings of words with their rows, repeats included."""
    some = pc.not_equal(pc.binary_length(tokens), 0)
    found = tokens.filter(some).dictionary_encode()
    cut = pc.utf8_slice_codeunits(found.dictionary, 0, LONGEST).dictionary_encode()  # two may be one then
    codes = cut.indices.to_numpy()[found.indices.to_numpy()].astype(np.int64)
    keys = np.sort(codes * most + rows[some.to_numpy(zero_copy_only=False)])
    keys = keys[np.diff(keys, prepend=-1) > 0]
    counts = np.bincount(keys // most, minlength=len(cut.dictionary))
    return Postings(cut.dictionary.to_pylist(), counts, (keys % most).astype("u2"))
