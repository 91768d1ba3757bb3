"""The arithmetic of the evidence, and (slow) one whole point of it in the small world."""

from pathlib import Path

import pytest

from benchmarks.evidence import ABLATIONS, BASELINES, ORACLE, interval, seed_point, summarize
from benchmarks.evidence_report import LABELS, write_report

QUALITY = {
    "atoms_correct": 0.99, "kept_chains_correct": 0.97, "verifier_precision": 0.93, "verifier_recall": 0.99,
    "teacher_calls_per_question": 7.0, "teacher_tokens_per_question": 280.0,
    "own_atoms_only": {"verifier_precision": 0.87, "verifier_recall": 0.95},
}


def point(seed: int, **accuracy: float) -> dict:
    others = dict.fromkeys(("base", "teacher", *BASELINES, *ABLATIONS), 0.5)
    return {"seed": seed, "accuracy": {**others, ORACLE: 1.0, **accuracy}, **QUALITY}


def test_intervals_are_students() -> None:
    assert interval([0.5]) == {"mean": 0.5, "low": None, "high": None}
    # Three values, sd 0.1: half width 4.303 * 0.1 / sqrt(3).
    assert interval([0.4, 0.5, 0.6]) == {"mean": 0.5, "low": 0.2516, "high": 0.7484}


def test_the_gap_is_measured_from_each_seeds_strongest_baseline() -> None:
    points = [point(0, dgrc=0.9, distill=0.8), point(1, dgrc=0.8, many_chains=0.6)]
    summary = summarize(points)
    assert summary["gap_closed_to_oracle"]["mean"] == 0.5
    assert summary["dgrc_over_best_baseline_relative"]["mean"] == pytest.approx((0.125 + 1 / 3) / 2, abs=1e-4)
    assert summary["difference_to_dgrc"]["distill"]["mean"] == pytest.approx(-0.2)
    assert set(summary["accuracy"]) == set(LABELS)


def test_the_report_shows_every_recipe(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    points = [point(0, dgrc=0.9), point(1, dgrc=0.8)]
    write_report(points, summarize(points), tmp_path)
    page = (tmp_path / "evidence.md").read_text()
    assert all(label in page for label in LABELS.values())
    assert "| 0.900 | 0.800 | 0.850 |" in page
    assert (tmp_path / "evidence.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_one_seed_of_the_small_world(tmp_path: Path) -> None:
    measured = seed_point(3, "small", str(tmp_path))
    assert set(measured["accuracy"]) == set(LABELS)
    assert measured["accuracy"][ORACLE] > measured["accuracy"]["base"]
    assert 0 < measured["own_atoms_only"]["verifier_precision"] <= 1
    began = (tmp_path / "evidence-small-3" / "point.json").stat().st_mtime_ns
    assert seed_point(3, "small", str(tmp_path)) == measured, "what is done is not done again"
    assert (tmp_path / "evidence-small-3" / "point.json").stat().st_mtime_ns == began
