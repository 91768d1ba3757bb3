"""How far one share lies above another, where both are of the same questions.

Two lists of (question, hit) flow in; a `Difference` flows out. Items of one question are alike, and both lists hold
items of the same questions, so neither their number nor the two intervals alone say how sure the difference is. Each
share is a ratio over questions; the variance of the difference is that of its linear part, question by question
(Cochran, Sampling Techniques, ch. 6).
"""

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

from dgrc.evaluation.truth.intervals import clustered

Hits = Iterable[tuple[Hashable, bool]]


@dataclass(frozen=True)
class Difference:
    """Share of the first list minus share of the second, with the ends of its interval; `clusters` questions have items
    in either, of the list that has fewer questions `fewest`."""

    value: float
    low: float
    high: float
    clusters: int
    fewest: int

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it, rounded to four digits."""
        return {name: round(v, 4) if isinstance(v, float) else v for name, v in asdict(self).items()}


def difference(first: Hits, second: Hits, confidence: float = 0.95) -> Difference | None:
    """How far the share of the first lies above that of the second; None if either has no items.

    Where the items do not vary (all hits, or none), the linear part says that nothing is unsure. So the interval is
    never narrower than the two shares' own where they do not vary.
    """
    ours, theirs = list(first), list(second)
    a, b = clustered(ours, confidence), clustered(theirs, confidence)
    if a.share is None or b.share is None:
        return None
    parts: dict[Hashable, float] = defaultdict(float)
    for question, hit in ours:
        parts[question] += (hit - a.share) / a.n
    for question, hit in theirs:
        parts[question] -= (hit - b.share) / b.n
    count = len(parts)
    variance = count / (count - 1) * sum(part * part for part in parts.values()) if count > 1 else 0.0
    half = NormalDist().inv_cdf((1 + confidence) / 2) * math.sqrt(variance)
    widths = [found.half_width or 0.0 for found in (a, b) if found.hits in (0, found.n)]
    half = math.hypot(half, *(2 * width for width in widths))  # their intervals lie on one side of the share
    value = a.share - b.share
    return Difference(value, max(value - half, -1.0), min(value + half, 1.0), count, min(a.clusters, b.clusters))


def more_questions(found: Difference) -> int:
    """How many further questions would part a difference from 0, if it is what it seems; a guess, for the half-width
    shrinks with the root of their number."""
    half = (found.high - found.low) / 2
    away = max(abs(found.value), 0.01)
    return math.ceil(found.clusters * ((half / away) ** 2 - 1)) if half > away else 0


def shares(items: Sequence[tuple[Hashable, bool]], confidence: float) -> dict[str, Any] | None:
    """A share as JSON holds it; None without items."""
    return clustered(items, confidence).to_dict() if items else None
