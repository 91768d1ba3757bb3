"""Words to index, and what a query must find by them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.view.index.postings import mark, packed, postings
from dgrc.view.index.words import LONGEST, terms


def indexed(texts: list[str]) -> set[str]:
    return set(postings([texts]).words)


def found(query: str, text: str) -> bool:
    has = indexed([text])
    return bool(terms(query)) and all(
        any(word.startswith(term) for word in has) if beginning else term in has for term, beginning in terms(query)
    )


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("诉讼时效", "合同纠纷的诉讼时效期间"),
        ("时效", "诉讼时效期间"),
        ("效", "诉讼时效"),
        ("三年", "为三年。"),
        ("COVID-19", "a COVID-19患者"),
        ("covid", "COVID-19"),
        ("Straße", "STRASSE"),
        ("ＡＢＣ", "abc"),
        ("land", "the landlord"),
        ("3.5", "3.5 g"),
        ("إخطار", "ما هي مدة الإخطار؟ إخطار"),
        ("ยา", "ยาแก้ปวด"),
        ("e.g. daily", "(e.g. daily)"),
        ("x" * 100, "x" * 100),
        ("İstanbul", "İstanbul"),
        ("हिन्दी", "वह हिन्दी बोलता है"),
    ],
)
def test_what_stands_in_a_text_is_found(query: str, text: str) -> None:
    assert found(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("时讼", "诉讼时效"),
        ("land ", "the landlord"),
        ("la", "the landlord"),
        ("tenant land", "landlord"),
        ("五", "三年"),
    ],
)
def test_what_does_not_is_not(query: str, text: str) -> None:
    assert not found(query, text)


def test_words_are_bounded_and_nothing_gives_none() -> None:
    assert {len(word) for word in indexed(["y" * 5000])} == {LONGEST}
    assert indexed(["", " ... \n", "、。"]) == set()
    assert terms("  ") == [] and terms("?!") == []


OF_AND_ROWS = st.integers(0, 100).flatmap(
    lambda of: st.tuples(st.just(of), st.sets(st.integers(0, max(of - 1, 0)), max_size=of))
)


@given(OF_AND_ROWS)
def test_rows_are_kept_in_the_shorter_way_and_read_back(told: tuple[int, set[int]]) -> None:
    of, rows = told
    kept = packed(np.array(sorted(rows), "u2"), of)
    mask = np.zeros(of + 2, bool)
    mask[0] = True  # of another segment
    mark(kept, mask[1:-1])
    assert np.flatnonzero(mask).tolist() == [0, *(1 + row for row in sorted(rows))]
    assert len(kept) <= min(2 * len(rows), -(-of // 8)) or not rows
