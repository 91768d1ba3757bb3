"""The arithmetic of the evidence, its page, and (slow) one whole point of it in the small world."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.evidence.__main__ import CURVES, plan, summarize
from benchmarks.evidence.plots import LABELS
from benchmarks.evidence.points import ABLATIONS, BASELINES, EQUAL_TOKENS, FRUGAL, ORACLE, PUBLISHED, run_point
from benchmarks.evidence.report import losses, over, per, write_report
from benchmarks.shared.intervals import interval

COST = {
    f"teacher_{what}_per_{unit}": 10.0
    for what in ("calls", "tokens") for unit in ("question", "right_fact", "example", "chain")
}  # fmt: skip
QUALITY = {
    "atoms_correct": 0.99, "verifier_precision": 0.94, "verifier_recall": 0.98, "teacher_chains_right": 0.7,
    "on_target_teacher_right": 0.99, "on_target_teacher_wrong": 0.98, "atoms_right_teacher_right": 0.99,
    "atoms_right_teacher_wrong": None, "atoms_asked": 300, "questions": 100, "right_facts": 250, "facts_covered": 0.9,
}
AUDIT = {
    "agreeing": 40, "disputed": 8, "refuted": 3, "undecided": 1, "rate": 0.0875, "truth": 0.07, "covered": True,
    "half_width": 0.02, "corpus_passed": 30, "corpus_passed_wrong": 0.01,
}


def point(seed: int, kind: str = "standard", **accuracy: float) -> dict[str, Any]:
    names = ("base", "teacher", *BASELINES, *ABLATIONS, *EQUAL_TOKENS, PUBLISHED, FRUGAL)
    beside = {PUBLISHED: {**QUALITY, **COST}, FRUGAL: {**QUALITY, **dict.fromkeys(COST, 4.0)}}
    scores = {**dict.fromkeys(names, 0.5), ORACLE: 1.0, **accuracy}
    split = {name: {"covered": 0.9, "uncovered": 0.3} for name in scores}
    return {
        "seed": seed, "kind": kind, "accuracy": scores, **QUALITY, **COST, **beside, "agreeing": AUDIT,
        "own_atoms_only": {**QUALITY, "verifier_precision": 0.87}, "equal_tokens_chains": 7, "by_coverage": split,
    }  # fmt: skip


def test_intervals_are_students() -> None:
    assert interval([0.5]) == {"mean": 0.5, "low": None, "high": None}
    # Three values, sd 0.1: half width 4.303 * 0.1 / sqrt(3).
    assert interval([0.4, 0.5, 0.6]) == {"mean": 0.5, "low": 0.2516, "high": 0.7484}
    assert interval([])["mean"] is None


def test_the_gap_is_measured_from_each_seeds_strongest_baseline() -> None:
    summary = summarize([point(0, dgrc=0.9, distill=0.8), point(1, dgrc=0.8, many_chains=0.6)])
    assert summary["gap_closed_to_oracle"]["mean"] == 0.5
    assert summary["dgrc_over_best_baseline_relative"]["mean"] == pytest.approx((0.125 + 1 / 3) / 2, abs=1e-4)
    assert summary["shared_error_covered"] == 2


def test_equal_tokens_are_held_against_the_stronger_of_the_baselines_that_had_them() -> None:
    summary = summarize([point(0, dgrc=0.9, majority_tokens=0.7, many_chains_tokens=0.8)])
    assert summary["ahead_at_equal_tokens"]["mean"] == pytest.approx(0.1)


def test_the_published_procedure_is_the_denominator_of_every_ratio() -> None:
    summary = summarize([point(0, dgrc=0.9, frugal=0.85, published=0.8)])
    assert summary["calls_ratio_to_published"]["mean"] == summary["tokens_ratio_per_right_fact"]["mean"] == 0.4
    assert summary["default_tokens_ratio_to_published"]["mean"] == 1.0
    assert summary["frugal_minus_published"]["mean"] == pytest.approx(0.05)


def test_figures_are_found_by_their_path_and_absent_ones_left_out() -> None:
    points = [point(0), {**point(1), "atoms_right_teacher_wrong": 0.5}]
    assert over(points, "atoms_right_teacher_wrong")["mean"] == 0.5
    assert per(points, "published.atoms_asked", "questions")["mean"] == 3.0
    assert dict(losses([point(0, dgrc=0.9, mixed=0.95), point(1, dgrc=0.9)])) == {"mixed": 1}


def test_the_plan_has_every_world_and_a_record_name_for_each_point() -> None:
    points = plan([0, 1, 2, 3, 4], "standard")
    kinds = [p.kind for p in points]
    assert kinds.count("standard") == 5 and kinds.count("covered") == kinds.count("worded") == 3
    assert all(kinds.count(f"{name}={value}") == 2 for name, values in CURVES.items() for value in values)
    names = [p.config("standard", "runs").name for p in points]
    assert len(set(names)) == len(names)
    assert {p.config("small", "runs").proving.size for p in plan([0], "small")} == {"small"}


def test_the_page_shows_every_recipe_and_says_what_was_not_run(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    points = [point(0, dgrc=0.9, mixed=0.95), point(1, dgrc=0.8)]
    write_report(points, summarize(points), tmp_path)
    page = (tmp_path / "evidence.md").read_text()
    assert all(label in page for label in LABELS.values())
    assert "| 0.900 | 0.800 | 0.850 |" in page
    assert "DGRC, one mixed stage: ahead of DGRC on 1 of 2 seeds." in page
    assert "Not run yet: the covered world, the worded world, the curve over slip" in page
    assert (tmp_path / "evidence.png").read_bytes().startswith(b"\x89PNG")


def test_the_page_shows_every_world_and_curve_that_was_run(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    points = [point(0, dgrc=0.9), point(0, "covered", dgrc=0.7), point(0, "worded", dgrc=0.8)]
    points += [point(0, f"{name}={value}", dgrc=0.6) for name, values in CURVES.items() for value in values]
    write_report(points, summarize(points), tmp_path)
    page = (tmp_path / "evidence.md").read_text()
    assert "Not run yet" not in page
    assert "| worded, 1 seeds | 0.800 | 0.500 | 0.500 |" in page
    assert "| slip | 0.3 | 0 | 0.700 | 0.990 | 0.600 | 0.500 |" in page and "| slip | 0.18 | 0 |" in page
    assert "| 0.900 | 0.300 |" in page
    assert (tmp_path / "evidence_curves.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_one_whole_seed_of_the_small_world(tmp_path: Path) -> None:
    whole = plan([3], "small")[0]
    measured = run_point(whole, "small", str(tmp_path))
    assert set(measured["accuracy"]) == set(LABELS)
    assert measured["accuracy"][ORACLE] > measured["accuracy"]["base"]
    assert 0 < measured["own_atoms_only"]["verifier_precision"] <= 1
    assert measured[PUBLISHED]["atoms_asked"] > measured["atoms_asked"]
    assert measured["agreeing"]["audited"] == measured["agreeing"]["agreeing"] > 0
    json.dumps(summarize([measured]), allow_nan=False)
    again = run_point(whole, "small", str(tmp_path))
    # as text: a share of nothing is no number, and unlike itself
    assert json.dumps(again) == json.dumps(measured), "what is done is not done again"
