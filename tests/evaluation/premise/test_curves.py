"""The recorded points that ship in the package are those of the recorded results, all of them."""

import json
from typing import Any

from benchmarks.evidence.points import CURVE_BASELINES
from dgrc.evaluation.premise import curves
from tests.paths import ROOT


def share(value: float, half: float) -> dict[str, Any]:
    return {"share": value, "low": value - half, "high": value + half}


def test_the_points_are_the_recorded_ones() -> None:
    (file,) = (ROOT / "benchmarks" / "results").glob("evidence_*.json")
    recorded = [p for p in json.loads(file.read_text())["points"] if p["kind"] == "standard" or "=" in p["kind"]]
    assert {
        (p["kind"], p["seed"], p["teacher_chains_right"], p["atoms_correct"], p["accuracy"]["dgrc"],
         max(p["accuracy"][name] for name in CURVE_BASELINES))
        for p in recorded
    } == {(p.kind, p.seed, p.chains, p.atoms, p.dgrc, p.baseline) for p in curves.POINTS}  # fmt: skip
    assert len(recorded) == len(curves.POINTS)


def test_the_lead_is_that_of_points_near_by_and_of_all_that_the_intervals_hold() -> None:
    narrow = curves.lead(share(0.5203, 0.0), share(0.8327, 0.0))
    assert (narrow.points, round(narrow.low, 4), round(narrow.high, 4)) == (1, 0.0417, 0.0417)
    wide = curves.lead(share(0.5203, 0.13), share(0.8327, 0.02))
    assert (wide.points, round(wide.high, 4)) == (2, 0.09), "atomic_errors=0.15 of the other seed lies inside too"
    assert curves.where(share(0.5203, 0.0), share(0.8327, 0.0)) == "inside"
