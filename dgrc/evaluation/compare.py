"""Two models on the same questions: who is better, and could it be chance?

Two equally long lists of right and wrong flow in, index by index the same question; McNemar's exact test
and the difference of the two shares with its interval flow out. Pure. Paired, because questions differ in
difficulty far more than models do: intervals of the two shares that overlap say little.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dgrc.errors import EvaluationError
from dgrc.method.interval import wilson


@dataclass(frozen=True)
class McNemar:
    """Questions that only a, or only b, got right, and the two-sided exact p-value of so unequal a split."""

    only_a: int
    only_b: int
    p_value: float


@dataclass(frozen=True)
class Difference:
    """Share of a minus share of b, as a fraction of 1, with the interval's ends."""

    value: float
    low: float
    high: float


def mcnemar(a_right: Sequence[bool], b_right: Sequence[bool]) -> McNemar:
    """McNemar's exact test: were a and b equally good, each discordant question would be a fair coin's toss.

    Raises:
        EvaluationError: the lists are not equally long.
    """
    _, only_a, only_b, _ = _fourfold(a_right, b_right)
    tosses, fewer = only_a + only_b, min(only_a, only_b)
    term = tail = 1  # term is C(tosses, i); whole numbers, so that nothing under- or overflows
    for i in range(fewer):
        term = term * (tosses - i) // (i + 1)
        tail += term
    return McNemar(only_a, only_b, min(1.0, 2 * tail / 2**tosses))


def difference(a_right: Sequence[bool], b_right: Sequence[bool], confidence: float) -> Difference:
    """The paired difference of two shares with Newcombe's interval (square-and-add of Wilson's, with correlation).

    Raises:
        EvaluationError: the lists are empty or not equally long.
    """
    both, only_a, only_b, neither = _fourfold(a_right, b_right)
    n = both + only_a + only_b + neither
    if n == 0:
        raise EvaluationError("No questions, so two models cannot be compared. Name files in `evaluation.files`.")
    a, b = (both + only_a) / n, (both + only_b) / n
    a_low, a_high = wilson(both + only_a, n, confidence)
    b_low, b_high = wilson(both + only_b, n, confidence)
    phi = _correlation(both, only_a, only_b, neither)
    low = a - b - _hypotenuse(a - a_low, b_high - b, phi)
    high = a - b + _hypotenuse(a_high - a, b - b_low, phi)
    return Difference(a - b, max(low, -1.0), min(high, 1.0))


def _fourfold(a_right: Sequence[bool], b_right: Sequence[bool]) -> tuple[int, int, int, int]:
    """How often both, only a, only b and neither are right."""
    if len(a_right) != len(b_right):
        raise EvaluationError(
            f"A paired comparison needs the same questions on both sides, got {len(a_right)} and {len(b_right)}. "
            "Score both models on one list of questions."
        )
    pairs = list(zip(map(bool, a_right), map(bool, b_right), strict=True))
    both, only_a, only_b = pairs.count((True, True)), pairs.count((True, False)), pairs.count((False, True))
    return both, only_a, only_b, len(pairs) - both - only_a - only_b


def _correlation(both: int, only_a: int, only_b: int, neither: int) -> float:
    """The phi coefficient, shrunk towards 0 by half an observation where it would make the interval narrower."""
    n = both + only_a + only_b + neither
    margins = (both + only_a) * (only_b + neither) * (both + only_b) * (only_a + neither)
    if margins == 0:
        return 0.0
    covariance = float(both * neither - only_a * only_b)
    if covariance > 0:
        covariance = max(covariance - n / 2, 0)
    return covariance / math.sqrt(margins)


def _hypotenuse(x: float, y: float, phi: float) -> float:
    return math.sqrt(max(x * x - 2 * phi * x * y + y * y, 0.0))
