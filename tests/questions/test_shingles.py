"""Words and runs of words are hashed as one would by hand, however texts are put together."""

import re
import unicodedata

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dgrc.method.text.normalize import fold
from dgrc.questions.shingles import runs, weighed_hashes

TEXTS = st.lists(st.text(alphabet="aAbB1_ .,§é“”²\u00a0\n\ud800\0", max_size=30), min_size=1, max_size=6)


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+", fold(text).casefold())


@given(TEXTS)
def test_a_word_has_one_hash_wherever_it_stands(texts: list[str]) -> None:
    hashes, offsets, _ = weighed_hashes(texts)
    words = [words_of(text) for text in texts]
    assert np.diff(offsets).tolist() == [len(found) for found in words]
    flat = [word.encode("utf-8", "replace") for found in words for word in found]
    alone = {word: int(weighed_hashes([word.decode()])[0][0]) for word in flat}
    assert hashes.tolist() == [alone[word] for word in flat]
    assert len(set(alone.values())) == len(alone)


@given(TEXTS, st.integers(1, 5))
def test_runs_are_equal_where_their_words_are(texts: list[str], n: int) -> None:
    found, begins = runs(*weighed_hashes(texts)[:2], n)
    expected = [
        [tuple(words[at : at + n]) for at in range(max(1, len(words) - n + 1))] for words in map(words_of, texts)
    ]
    assert np.diff(begins).tolist() == [len(grams) for grams in expected]
    flat = [gram for grams in expected for gram in grams]
    assert len(set(flat)) == len(set(found.tolist())) == len(set(zip(flat, found.tolist(), strict=True)))


def test_hashes_are_the_same_on_every_machine() -> None:
    hashes, offsets, _ = weighed_hashes(["The lease ends.", "§ 5"])
    words = [11469020329213407588, 8250959270568417217, 1949442689490486, 7147166882933185492]
    assert (hashes.tolist(), offsets.tolist()) == (words, [0, 3, 4])
    assert runs(hashes, offsets, 2)[0].tolist() == [18046958005029994919, 9286818977986607236, 5074204447327774054]


CHINESE = st.text(alphabet="合同法aB1 ，。、,（）１Ａがｶﾞกำ\u0e49𠮷豈\0", max_size=60)


@given(st.lists(CHINESE, min_size=1, max_size=4), st.integers(1, 4))
def test_runs_of_mixed_text_depend_on_their_own_words_alone(texts: list[str], n: int) -> None:
    hashes, offsets, weights = weighed_hashes(texts)
    found, begins = runs(hashes, offsets, n, weights)
    for number, text in enumerate(texts):
        own = runs(*(alone := weighed_hashes([text]))[:2], n, alone[2])[0]
        assert found[begins[number] : begins[number + 1]].tolist() == own.tolist()
        around = weighed_hashes([f"The lease {text} 合同"])
        if (alone[2] if alone[2] is not None else np.full(len(alone[0]), 8)).sum() >= 8 * n:
            assert set(own.tolist()) <= set(runs(*around[:2], n, around[2])[0].tolist())


@given(CHINESE)
def test_width_and_punctuation_do_not_count_in_any_script(text: str) -> None:
    plain = re.sub(r"[\0\s，。、,（）]", "", text)
    for other in (unicodedata.normalize("NFKC", text), text.replace("，", ","), text.replace("（", "(")):
        assert weighed_hashes([other])[0].tolist() == weighed_hashes([text])[0].tolist()
    if not re.search("[aB1１Ａｶﾞ\u0e49]", text):
        assert weighed_hashes([plain])[0].tolist() == weighed_hashes([text])[0].tolist()


def test_a_run_of_chinese_is_as_long_as_one_of_english() -> None:
    text = "".join(chr(0x4E00 + at) for at in range(40))
    for n, characters in ((5, 8), (13, 21)):
        hashes, offsets, weights = weighed_hashes([text])
        assert len(runs(hashes, offsets, n, weights)[0]) == 40 - characters + 1
        shorter = weighed_hashes([text[:characters], text[: characters - 1]])
        one, short = runs(*shorter[:2], n, shorter[2])[0].tolist()
        assert one == runs(hashes, offsets, n, weights)[0][0] and short != one


def test_words_of_letters_have_one_hash_in_any_text() -> None:
    assert weighed_hashes(["COVID"])[0][0] in weighed_hashes(["感染COVID后"])[0]
    assert weighed_hashes(["The “lease” ends"])[2] is None
