"""Means over seeds with their intervals."""

import statistics

T_95 = {
    1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228, 11: 2.201,
}  # fmt: skip
"""Two-sided 95 % quantiles of Student's t by degrees of freedom."""


def interval(values: list[float]) -> dict[str, float | None]:
    """Mean, low and high over seeds; no ends where there is one seed, nothing at all where there is none."""
    if not values:
        return {"mean": None, "low": None, "high": None}
    mean = statistics.fmean(values)
    if len(values) < 2:
        return {"mean": round(mean, 4), "low": None, "high": None}
    half = T_95[len(values) - 1] * statistics.stdev(values) / len(values) ** 0.5
    return {"mean": round(mean, 4), "low": round(mean - half, 4), "high": round(mean + half, 4)}
