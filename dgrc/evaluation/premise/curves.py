"""What came of it elsewhere: recorded points of docs/evidence.md, and the lead that the nearest of them had.

The shares of right chains and right atoms of a sample flow in; the range of DGRC's lead at points like it flows out, or
that there is no such point. The points are of the proving world, a made one. A test holds them against the recorded
results, so that they cannot drift.
"""

import math
from dataclasses import dataclass
from typing import Any

NEAR = 0.1
"""How far a point may lie from a sample, as a distance of (chains right, atoms right), to speak for it."""


@dataclass(frozen=True)
class Point:
    """One run of the standard world, or with one setting of it varied: shares of right teacher chains (by answer) and
    of right kept atoms, and the held-out accuracy of DGRC's student and of the better one of two baselines: one teacher
    chain, and the teacher's majority of 3."""

    kind: str
    seed: int
    chains: float
    atoms: float
    dgrc: float
    baseline: float

    @property
    def lead(self) -> float:
        """DGRC's accuracy minus the baseline's."""
        return self.dgrc - self.baseline


POINTS = (
    Point("standard", 0, 0.7213, 0.9959, 0.9483, 0.845),
    Point("standard", 1, 0.7307, 0.9958, 0.98, 0.8183),
    Point("standard", 2, 0.662, 0.9841, 0.9533, 0.775),
    Point("standard", 3, 0.7433, 0.9873, 0.9333, 0.78),
    Point("standard", 4, 0.7453, 0.9836, 0.88, 0.7667),
    Point("slip=0.1", 0, 0.801, 0.9912, 0.9533, 0.8417),
    Point("slip=0.1", 1, 0.793, 0.9775, 0.94, 0.815),
    Point("slip=0.3", 0, 0.59, 0.988, 0.8567, 0.64),
    Point("slip=0.3", 1, 0.623, 0.9921, 0.9083, 0.6767),
    Point("atomic_errors=0.05", 0, 0.689, 0.9362, 0.8117, 0.755),
    Point("atomic_errors=0.05", 1, 0.6407, 0.9259, 0.8483, 0.7017),
    Point("atomic_errors=0.15", 0, 0.6473, 0.8193, 0.785, 0.695),
    Point("atomic_errors=0.15", 1, 0.5203, 0.8327, 0.6167, 0.575),
    Point("blind_spots=0.5", 0, 0.741, 0.9957, 0.9167, 0.84),
    Point("blind_spots=0.5", 1, 0.725, 0.9955, 0.93, 0.8017),
    Point("blind_spots=1.0", 0, 0.7313, 1.0, 0.89, 0.8283),
    Point("blind_spots=1.0", 1, 0.737, 1.0, 0.8967, 0.8083),
)
CHAINS = min(p.chains for p in POINTS), max(p.chains for p in POINTS)
ATOMS = min(p.atoms for p in POINTS), max(p.atoms for p in POINTS)


@dataclass(frozen=True)
class Lead:
    """The least and the greatest lead among `points` that are like a sample, as fractions of 1."""

    low: float
    high: float
    points: int


def where(chains: dict[str, Any], atoms: dict[str, Any]) -> str:
    """Whether the points cover two shares: `inside`, `edge` (the shares lie outside, their intervals do not) or
    `outside`, also where no point is near."""
    pairs = ((chains, CHAINS), (atoms, ATOMS))
    if any(share["high"] < low or share["low"] > high for share, (low, high) in pairs):
        return "outside"
    if any(not low <= share["share"] <= high for share, (low, high) in pairs):
        return "edge"
    return "inside" if _near(chains["share"], atoms["share"]) else "outside"


def lead(chains: dict[str, Any], atoms: dict[str, Any]) -> Lead:
    """The lead at the points that are near two shares, or inside both their intervals; there must be one."""
    within = [p for p in POINTS if _inside(p.chains, chains) and _inside(p.atoms, atoms)]
    found = {*_near(chains["share"], atoms["share"]), *within}
    return Lead(min(p.lead for p in found), max(p.lead for p in found), len(found))


def _near(chains: float, atoms: float) -> list[Point]:
    return [p for p in POINTS if math.hypot(p.chains - chains, p.atoms - atoms) <= NEAR]


def _inside(value: float, share: dict[str, Any]) -> bool:
    return bool(share["low"] <= value <= share["high"])
