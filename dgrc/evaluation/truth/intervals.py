"""Shares with intervals that know which items belong together.

Items with the question they come from flow in; a `Share` flows out. Chains of one question are alike, so an interval
that takes them as independent is too narrow. The variance of the share is that of a ratio over questions (Cochran,
Sampling Techniques, ch. 3), and how many times that of independent items it is, is the design effect. Wilson's interval
is taken at the number of independent items that is left. Where few questions have a hit, or few have none, the design
effect is hardly known, so it is drawn towards that of questions whose items are all alike.
"""

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any


@dataclass(frozen=True)
class Share:
    """`hits` of `n` items that come from `clusters` questions, their share and its interval (None without items)."""

    hits: int
    n: int
    clusters: int
    share: float | None
    low: float | None
    high: float | None

    @property
    def half_width(self) -> float | None:
        """Half of what the interval spans."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it, rounded to four digits."""
        return {name: round(v, 4) if isinstance(v, float) else v for name, v in asdict(self).items()}


def clustered(items: Iterable[tuple[Hashable, bool]], confidence: float = 0.95) -> Share:
    """The share of hits among (question, hit) pairs."""
    by_question: dict[Hashable, list[bool]] = defaultdict(list)
    for question, hit in items:
        by_question[question].append(hit)
    n, hits = sum(map(len, by_question.values())), sum(map(sum, by_question.values()))
    if not n:
        return Share(0, 0, 0, None, None, None)
    share, clusters = hits / n, len(by_question)
    effective = n / _design_effect(list(by_question.values()), share, n)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    centre = (share + z * z / (2 * effective)) / (1 + z * z / effective)
    half = z / (1 + z * z / effective) * math.sqrt(share * (1 - share) / effective + z * z / (4 * effective**2))
    return Share(hits, n, clusters, share, max(centre - half, 0.0), min(centre + half, 1.0))


def _design_effect(questions: Sequence[Sequence[bool]], share: float, n: int) -> float:
    """How many times the variance of independent items the share has: at least 1, and 1 for one item a question."""
    alike = sum(len(found) ** 2 for found in questions) / n
    if not 0 < share < 1 or len(questions) < 2:
        return alike
    spread = sum((sum(found) - share * len(found)) ** 2 for found in questions)
    measured = len(questions) / (len(questions) - 1) * spread * (n - 1) / (n**2 * share * (1 - share))
    known_by = min(sum(map(any, questions)), sum(not all(found) for found in questions))
    return max((known_by * measured + alike) / (known_by + 1), 1.0)
