"""Right and wrong of several models on the same questions in; shares and paired differences with intervals out.

Replies of students of several seeds to one question are alike, so all intervals take the question as the unit: what the
seeds give is averaged within a question first (Student's t), or clustered by it (shares). Seeds are few, so what they
differ by is shown beside, seed by seed, and not put into the interval.
"""

import statistics
from collections.abc import Mapping, Sequence
from statistics import NormalDist

from benchmarks.shared.intervals import T_95
from dgrc.evaluation.score import wilson
from dgrc.evaluation.truth.intervals import clustered

Interval = dict[str, float | None]
Right = Mapping[str, bool]
"""Question id to whether the reply was right."""
NOTHING: Interval = {"mean": None, "low": None, "high": None}


def over_questions(values: Sequence[float]) -> Interval:
    """Mean and 95 % interval over questions; without ends where there is one, nothing at all where there is none.

    Where all are equal nothing is sure for that: the half-width is then how many of so many questions may be otherwise
    though none was seen (Wilson's upper end of 0).
    """
    if not values:
        return dict(NOTHING)
    mean = statistics.fmean(values)
    if len(values) < 2:
        return {"mean": round(mean, 4), "low": None, "high": None}
    quantile = T_95.get(len(values) - 1) or _quantile(len(values) - 1)
    half = quantile * statistics.stdev(values) / len(values) ** 0.5 or wilson(0, len(values), 0.95)[1]
    return {"mean": round(mean, 4), "low": round(mean - half, 4), "high": round(mean + half, 4)}


def _quantile(freedom: int) -> float:
    """Student's t at 97.5 %, by the first two terms of its expansion in 1 / freedom (Abramowitz and Stegun 26.7.5)."""
    z = NormalDist().inv_cdf(0.975)
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def of_seeds(seeds: Sequence[Right]) -> dict[str, float]:
    """Each question's share of right replies over the seeds; questions that a seed lacks are left out."""
    if not seeds:
        return {}
    common = [key for key in seeds[0] if all(key in seed for seed in seeds)]
    return {key: sum(seed[key] for seed in seeds) / len(seeds) for key in common}


def share(seeds: Sequence[Right]) -> Interval:
    """A recipe's accuracy over questions and seeds, with Wilson's interval clustered by question."""
    found = clustered((key, seed[key]) for seed in seeds for key in of_seeds(seeds))
    if found.share is None or found.low is None or found.high is None:
        return dict(NOTHING)
    return {"mean": round(found.share, 4), "low": round(found.low, 4), "high": round(found.high, 4)}


def difference(ours: Sequence[Right], theirs: Sequence[Right]) -> Interval:
    """By how much one recipe is more accurate than another, question by question."""
    a, b = of_seeds(ours), of_seeds(theirs)
    return over_questions([a[key] - b[key] for key in a if key in b])


def double_difference(ours: Sequence[Right], plain: Sequence[Right], before: Right, plain_before: Right) -> Interval:
    """How much of what a student gained is form: gain as read less gain without the form."""
    now, bare = of_seeds(ours), of_seeds(plain)
    return over_questions(
        [
            (now[key] - bare[key]) - (before[key] - plain_before[key])
            for key in now
            if key in bare and key in before and key in plain_before
        ]
    )


def best(recipes: Mapping[str, Sequence[Right]]) -> str | None:
    """The recipe with the highest mean; of equals the first."""
    means = {name: values["mean"] for name, seeds in recipes.items() if (values := share(seeds))["mean"] is not None}
    return max(means, key=lambda name: means[name] or 0.0) if means else None
