"""Clustered intervals: Wilson's where items are independent, and what covers where they are not, by simulation."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.evaluation.score import wilson
from dgrc.evaluation.truth.intervals import Share, clustered

REPEATS = 400


@given(st.integers(0, 60), st.integers(1, 60))
def test_one_item_a_question_gives_wilsons_interval(hits: int, n: int) -> None:
    hits = min(hits, n)
    found = clustered((question, question < hits) for question in range(n))
    low, high = wilson(hits, n, 0.95)
    assert (found.hits, found.n, found.clusters) == (hits, n, n)
    assert found.low is not None and found.high is not None
    assert (found.low, found.high) == pytest.approx((low, high))


def test_items_of_one_question_that_are_all_alike_count_once() -> None:
    alone = clustered((question, question < 12) for question in range(40))
    tenfold = clustered((question, question < 12) for question in range(40) for _ in range(10))
    assert tenfold.n == 400 and tenfold.clusters == 40
    assert (tenfold.low, tenfold.high) == pytest.approx((alone.low, alone.high), abs=0.002)


def draw(rng: random.Random, questions: int, share: float, alike: float) -> list[tuple[int, bool]]:
    """Items of questions of 1 to 8 chains; questions differ by a beta distribution, the more the more alike."""
    spread = (1 - alike) / alike
    items = []
    for question in range(questions):
        chance = rng.betavariate(share * spread, (1 - share) * spread)
        items += [(question, rng.random() < chance) for _ in range(rng.randint(1, 8))]
    return items


def covered(found: tuple[float | None, float | None], share: float) -> bool:
    low, high = found
    assert low is not None and high is not None
    return low <= share <= high


@pytest.mark.parametrize(
    ("questions", "share", "alike"),
    [(100, 0.5, 0.3), (100, 0.85, 0.3), (60, 0.3, 0.6), (60, 0.95, 0.5), (30, 0.9, 0.3), (40, 0.5, 0.05)],
)
def test_95_of_100_intervals_hold_the_truth_where_a_questions_items_are_alike(
    questions: int, share: float, alike: float
) -> None:
    rng = random.Random(f"{questions} {share} {alike}")
    ours = independent = 0
    for _ in range(REPEATS):
        items = draw(rng, questions, share, alike)
        found = clustered(items)
        ours += covered((found.low, found.high), share)
        independent += covered(wilson(found.hits, found.n, 0.95), share)
    assert 0.925 <= ours / REPEATS <= 0.975
    assert independent < ours and (alike < 0.3 or independent / REPEATS < 0.9)


def test_nothing_has_no_share_and_all_right_has_an_interval() -> None:
    assert clustered([]) == Share(0, 0, 0, None, None, None) and clustered([]).half_width is None
    whole = clustered([(1, True), (1, True), (2, True)])
    assert (whole.share, whole.high) == (1.0, 1.0)
    assert whole.low == pytest.approx(_wilson_of(1.0, 9 / 5)[0])  # 3 items in questions of 2 and 1
    assert whole.half_width == pytest.approx((1 - whole.low) / 2)  # type: ignore[operator]
    assert whole.to_dict()["low"] == round(whole.low or 0, 4)


def test_one_question_alone_is_one_item_however_often_it_was_answered() -> None:
    found = clustered([(7, True)] * 9 + [(7, False)])
    assert (found.low, found.high) == pytest.approx(wide := _wilson_of(0.9, 1))
    assert wide[1] - wide[0] > 0.6


def _wilson_of(share: float, n: float) -> tuple[float, float]:
    z = 1.959963984540054
    centre, half = (share + z * z / 2 / n), z * (share * (1 - share) / n + z * z / 4 / n**2) ** 0.5
    return (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)


def test_a_higher_confidence_is_a_wider_interval() -> None:
    items = [(question, question % 3 == 0) for question in range(30)]
    narrow, wide = clustered(items, 0.8), clustered(items, 0.99)
    assert wide.low < narrow.low < narrow.high < wide.high  # type: ignore[operator]
