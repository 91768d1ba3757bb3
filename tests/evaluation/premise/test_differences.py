"""The difference of two shares of the same questions: its interval knows which items belong together."""

import random

import pytest

from dgrc.evaluation.premise.differences import Difference, difference, more_questions


def test_the_interval_is_that_of_the_linear_part() -> None:
    """Four questions with one item of each list: their parts are 1/8 away from nothing, two up and two down."""
    first = [(1, True), (2, True), (3, True), (4, False)]
    second = [(1, True), (2, False), (3, False), (4, False)]
    found = difference(first, second)
    assert found is not None and (found.value, found.clusters, found.fewest) == (0.5, 4, 4)
    half = 1.959964 * (4 / 3 * 4 * (1 / 8) ** 2) ** 0.5
    assert (found.low, found.high) == (pytest.approx(0.5 - half), 1.0), "no share lies more than 1 above another"


def test_items_that_repeat_within_questions_tell_no_more() -> None:
    rng = random.Random(0)
    first = [(q, rng.random() < 0.8) for q in range(60)]
    second = [(q, rng.random() < 0.5) for q in range(60)]
    once, thrice = difference(first, second), difference(first * 3, second * 3)
    assert once is not None and thrice is not None
    assert (thrice.low, thrice.high) == (pytest.approx(once.low), pytest.approx(once.high))


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Questions of their own difficulty, three chains and two atoms each; the true difference is 0.2."""
    rng, held, times = random.Random(1), 0, 400
    for _ in range(times):
        first, second = [], []
        for question in range(80):
            easy = rng.random()
            first += [(question, rng.random() < 0.3 + 0.6 * easy) for _ in range(2)]
            second += [(question, rng.random() < 0.1 + 0.6 * easy) for _ in range(3)]
        found = difference(first, second)
        held += found is not None and found.low <= 0.2 <= found.high
    assert 0.92 <= held / times <= 0.98


def test_shares_that_do_not_vary_are_no_certainty() -> None:
    found = difference([(q, True) for q in range(10)], [(q, False) for q in range(10)])
    assert found is not None and found.value == 1.0 and found.low < 0.7
    assert difference([], [(1, True)]) is None and difference([(1, True)], []) is None
    passed = difference([(q, q % 2 == 0) for q in range(10)], [(q, q % 2 == 0) for q in range(10)])
    assert passed is not None and (passed.low, passed.high) == (0.0, 0.0), "the same items do not differ"


def test_how_many_more_questions_would_part_it_from_nothing() -> None:
    assert more_questions(Difference(0.1, -0.1, 0.3, 100, 100)) == 300, "half the width takes four times as many"
    assert more_questions(Difference(0.1, 0.05, 0.15, 100, 100)) == 0
