"""Paired comparison: McNemar's exact test against sums written out, Newcombe's interval against a published one."""

import math
import random
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.errors import EvaluationError
from dgrc.evaluation.compare import McNemar, difference, mcnemar

PAIRS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60)


def table(both: int, only_a: int, only_b: int, neither: int) -> tuple[list[bool], list[bool]]:
    a = [True] * (both + only_a) + [False] * (only_b + neither)
    b = [True] * both + [False] * only_a + [True] * only_b + [False] * neither
    return a, b


def test_the_p_value_is_the_share_of_coin_tosses_at_least_as_unequal() -> None:
    tosses = list(product((0, 1), repeat=10))
    as_unequal = sum(abs(sum(toss) - 5) >= 4 for toss in tosses)  # 9 against 1
    assert mcnemar(*table(5, 9, 1, 3)) == McNemar(9, 1, float(Fraction(as_unequal, len(tosses))))


def test_known_value() -> None:
    assert mcnemar(*table(0, 15, 5, 0)).p_value == pytest.approx(0.04138947, abs=1e-8)  # 43,400 of 2**20


@pytest.mark.parametrize("counts", [(0, 0, 0, 0), (7, 0, 0, 2), (1, 4, 4, 1)])
def test_an_even_split_is_no_evidence(counts: tuple[int, int, int, int]) -> None:
    assert mcnemar(*table(*counts)).p_value == 1.0


def test_thousands_of_discordant_questions_neither_overflow_nor_vanish() -> None:
    near_normal = math.erfc((200 - 1) / math.sqrt(5000) / math.sqrt(2))  # with continuity correction
    assert mcnemar(*table(0, 2600, 2400, 0)).p_value == pytest.approx(near_normal, rel=0.01)
    assert 0 < mcnemar(*table(0, 1000, 0, 0)).p_value < 1e-300


def test_the_difference_has_newcombes_interval() -> None:
    result = difference(*table(36, 12, 2, 0), 0.95)  # Statistics in Medicine 17, 2635-2650, method 10
    assert (result.value, result.low, result.high) == pytest.approx((0.2, 0.0569, 0.3404), abs=5e-5)


def test_pairing_narrows_the_interval() -> None:
    a, b = table(45, 10, 5, 40)
    shuffled = b[::2] + b[1::2]
    paired, unpaired = difference(a, b, 0.95), difference(a, shuffled, 0.95)
    assert paired.value == unpaired.value
    assert paired.high - paired.low < unpaired.high - unpaired.low


def test_the_interval_covers_about_as_often_as_it_says() -> None:
    rng, covered = random.Random(0), 0
    for _ in range(400):
        hard = [rng.random() for _ in range(100)]
        a, b = [h < 0.7 for h in hard], [h < 0.55 or rng.random() < 0.1 for h in hard]
        result = difference(a, b, 0.9)
        covered += result.low <= 0.7 - (0.55 + 0.45 * 0.1) <= result.high
    assert 0.85 <= covered / 400 <= 0.97


@given(PAIRS)
def test_exchanging_the_models_mirrors_both_results(pairs: list[tuple[bool, bool]]) -> None:
    a, b = [x for x, _ in pairs], [y for _, y in pairs]
    there, back = mcnemar(a, b), mcnemar(b, a)
    assert (there.only_a, there.only_b, there.p_value) == (back.only_b, back.only_a, back.p_value)
    forth, mirrored = difference(a, b, 0.95), difference(b, a, 0.95)
    assert (mirrored.value, mirrored.low, mirrored.high) == pytest.approx((-forth.value, -forth.high, -forth.low))


@given(PAIRS, st.randoms(use_true_random=False))
def test_the_order_of_questions_does_not_matter(pairs: list[tuple[bool, bool]], rng: random.Random) -> None:
    mixed = rng.sample(pairs, len(pairs))
    results = [
        (mcnemar([x for x, _ in p], [y for _, y in p]), difference([x for x, _ in p], [y for _, y in p], 0.95))
        for p in (pairs, mixed)
    ]
    assert results[0] == results[1]
    assert 0 < results[0][0].p_value <= 1
    assert -1 <= results[0][1].low <= results[0][1].value <= results[0][1].high <= 1


def test_what_cannot_be_paired_is_refused() -> None:
    with pytest.raises(EvaluationError, match="got 2 and 1"):
        mcnemar([True, False], [True])
    with pytest.raises(EvaluationError, match="No questions"):
        difference([], [], 0.95)
