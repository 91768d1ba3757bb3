"""Words and runs of words are hashed as one would by hand, however texts are put together."""

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dgrc.method.text.normalize import fold
from dgrc.questions.shingles import runs, word_hashes

TEXTS = st.lists(st.text(alphabet="aAbB1_ .,§é“”²\u00a0\n\ud800", max_size=30), min_size=1, max_size=6)


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+", fold(text).casefold())


@given(TEXTS)
def test_a_word_has_one_hash_wherever_it_stands(texts: list[str]) -> None:
    hashes, offsets = word_hashes(texts)
    words = [words_of(text) for text in texts]
    assert np.diff(offsets).tolist() == [len(found) for found in words]
    flat = [word.encode("utf-8", "replace") for found in words for word in found]
    alone = {word: int(word_hashes([word.decode()])[0][0]) for word in flat}
    assert hashes.tolist() == [alone[word] for word in flat]
    assert len(set(alone.values())) == len(alone)


@given(TEXTS, st.integers(1, 5))
def test_runs_are_equal_where_their_words_are(texts: list[str], n: int) -> None:
    found, begins = runs(*word_hashes(texts), n)
    expected = [
        [tuple(words[at : at + n]) for at in range(max(1, len(words) - n + 1))] for words in map(words_of, texts)
    ]
    assert np.diff(begins).tolist() == [len(grams) for grams in expected]
    flat = [gram for grams in expected for gram in grams]
    assert len(set(flat)) == len(set(found.tolist())) == len(set(zip(flat, found.tolist(), strict=True)))


def test_hashes_are_the_same_on_every_machine() -> None:
    hashes, offsets = word_hashes(["The lease ends.", "§ 5"])
    words = [11469020329213407588, 8250959270568417217, 1949442689490486, 7147166882933185492]
    assert (hashes.tolist(), offsets.tolist()) == (words, [0, 3, 4])
    assert runs(hashes, offsets, 2)[0].tolist() == [18046958005029994919, 9286818977986607236, 5074204447327774054]
