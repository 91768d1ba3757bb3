"""Shares with their intervals. Counts flow in, Wilson's score interval flows out; whoever tells a share uses this one.

Unlike the normal interval it holds for shares near 0 and 1 and for few items (E. B. Wilson, JASA 22, 1927).
"""

from statistics import NormalDist


def wilson(successes: int, n: int, confidence: float) -> tuple[float, float]:
    """The interval of a proportion at `confidence` (0.95 for 95 %). With no observations nothing is known: (0, 1)."""
    assert 0 <= successes <= n and 0 < confidence < 1, (successes, n, confidence)
    if n == 0:
        return 0.0, 1.0
    share = successes / n
    low, high = wilson_at(share, n, NormalDist().inv_cdf((1 + confidence) / 2))
    # At the ends the interval touches the share exactly; rounding must not push it past.
    return 0.0 if successes == 0 else min(low, share), 1.0 if successes == n else max(high, share)


def wilson_at(share: float, n: int, z: float) -> tuple[float, float]:
    """The interval of a share of `n` items that reaches `z` standard errors."""
    center = share + z**2 / (2 * n)
    half = z * (share * (1 - share) / n + z**2 / (4 * n * n)) ** 0.5
    return max((center - half) / (1 + z**2 / n), 0.0), min((center + half) / (1 + z**2 / n), 1.0)
