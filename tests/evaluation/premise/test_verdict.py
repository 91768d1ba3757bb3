"""The verdict's rules at their borders: a rule speaks where the whole interval lies on one side, and not before."""

from typing import Any

import pytest

from dgrc.evaluation.premise.verdict import verdict_of


def share(value: float, half: float = 0.02, n: int = 400, clusters: int = 400) -> dict[str, Any]:
    ends = max(value - half, 0.0), min(value + half, 1.0)
    return {"hits": round(value * n), "n": n, "clusters": clusters, "share": value, "low": ends[0], "high": ends[1]}


def apart(value: float, half: float = 0.02, questions: int = 400) -> dict[str, Any]:
    return {"value": value, "low": value - half, "high": value + half, "clusters": questions, "fewest": questions}


def figures(**changes: Any) -> dict[str, Any]:
    """A sample like the standard world's, in which the method helps."""
    return {
        "questions": 400, "read_share": {"teacher": share(0.99), "student": share(0.98)},
        "teacher_chain_accuracy": share(0.72), "atom_accuracy_kept": share(0.99), "divergent": share(0.7),
        "atoms_over_chains": apart(0.27), "verifier_lift": apart(0.15), "verifier_precision": share(0.94),
        "wrong_among_checked": share(0.2), "not_told": {}, **changes,
    }  # fmt: skip


def test_where_the_premise_holds_inside_the_curves_a_lead_is_expected() -> None:
    found = verdict_of(figures())
    assert found["verdict"] == "helps_expected"
    low, high = found["expected_lead"]
    assert 0.04 < low < 0.1 < high < 0.25, "the recorded leads near (0.72, 0.99), standard points among them"
    assert "made world" in found["reasons"][-1] and "points ahead of the best baseline" in found["reasons"][-1]


UNREAD = {"teacher": share(0.0), "student": share(0.9)}
CASES = [
    ({"read_share": UNREAD}, "unusable", "None of the 400 chains of the teacher"),
    ({"read_share": {"teacher": None, "student": share(0.9)}}, "unusable", "`method.teacher_sampling.max_tokens`"),
    ({"read_share": {"teacher": share(0.9), "student": share(0.47)}}, "unusable", "Of the student's chains that ended"),
    ({"read_share": {"teacher": share(0.49), "student": share(1.0)}}, "cannot_tell", "for a part of the questions"),
    ({"read_share": {"teacher": share(0.52), "student": share(1.0)}}, "helps_expected", "The verifier sorts"),
    ({"teacher_chain_accuracy": share(0.07)}, "no_help_expected", "Too hard: 7% [5%, 9%]"),
    ({"teacher_chain_accuracy": share(0.09)}, "cannot_tell", "no evidence"),
    ({"teacher_chain_accuracy": share(0.98)}, "no_help_expected", "Too easy: 98%"),
    ({"teacher_chain_accuracy": share(0.96)}, "cannot_tell", "no evidence"),
    ({"divergent": share(0.02)}, "no_help_expected", "next to nothing to learn"),
    ({"divergent": share(0.04)}, "helps_expected", "holds"),
    ({"divergent": None, "not_told": {"divergent": "nothing compares"}}, "cannot_tell", "nothing compares"),
    ({"atoms_over_chains": apart(-0.05)}, "no_help_expected", "chains: -5 points [-7, -3]. DGRC is not expected"),
    ({"atoms_over_chains": apart(-0.02)}, "no_help_expected", "fails"),
    ({"atoms_over_chains": apart(-0.01)}, "cannot_tell", "is undecided"),
    ({"atoms_over_chains": apart(0.03)}, "helps_expected", "holds"),
    ({"verifier_lift": apart(-0.02)}, "no_help_expected", "no better than passing everything"),
    ({"verifier_lift": apart(0.02)}, "cannot_tell", "undecided"),
    ({"verifier_lift": apart(0.05, questions=29)}, "cannot_tell", "only 29 questions"),
    ({"verifier_lift": apart(0.05, questions=30)}, "helps_expected", "sorts"),
    ({"verifier_lift": None}, "no_help_expected", "Not one of the 400 chains that were checked passed"),
    ({"verifier_lift": None, "wrong_among_checked": share(0.2, clusters=29)}, "cannot_tell", "too few chains"),
    ({"verifier_lift": None, "wrong_among_checked": None}, "cannot_tell", "too few chains"),
    ({"questions": 29}, "cannot_tell", "1 more are needed"),
    ({"questions": 30}, "helps_expected", "holds"),
    ({"teacher_chain_accuracy": share(0.85)}, "cannot_tell", "what to expect is unknown"),
    ({"teacher_chain_accuracy": share(0.81)}, "cannot_tell", "at the edge"),
    ({"teacher_chain_accuracy": share(0.8)}, "helps_expected", "recorded points like this"),
    ({"teacher_chain_accuracy": share(0.51)}, "cannot_tell", "at the edge"),
    ({"teacher_chain_accuracy": share(0.79), "atom_accuracy_kept": share(0.83)}, "cannot_tell", "no point of them"),
]


@pytest.mark.parametrize(("changes", "verdict", "says"), CASES)
def test_each_rule_at_its_border(changes: dict[str, Any], verdict: str, says: str) -> None:
    found = verdict_of(figures(**changes))
    assert found["verdict"] == verdict
    assert any(says in reason for reason in found["reasons"]), found["reasons"]
    assert (found["expected_lead"] is not None) == (verdict == "helps_expected")


def test_the_worst_finding_decides_and_stands_first() -> None:
    found = verdict_of(figures(verifier_lift=apart(-0.1), atoms_over_chains=apart(0.0)))
    assert found["verdict"] == "no_help_expected" and found["reasons"][0].startswith("The verifier is no better")
    assert len(found["reasons"]) == 2, "no lead is told where none is expected"
    unread = verdict_of(figures(read_share=UNREAD, teacher_chain_accuracy=share(0.0)))
    assert len(unread["reasons"]) == 1, "nothing else is said of chains that cannot be read"


def test_how_many_more_questions_would_tell() -> None:
    found = verdict_of(figures(atoms_over_chains=apart(0.1, half=0.2, questions=100)))
    assert "About 300 more questions would tell" in found["reasons"][0]


def test_steps_that_were_put_to_the_teacher_stand_in_for_atoms_that_cannot_be_scored() -> None:
    untold = {"atoms_over_chains": None, "atom_accuracy_kept": None, "not_told": {"atoms_over_chains": "no truth"}}
    assert "no truth" in verdict_of(figures(**untold))["reasons"][0]
    asked = {"steps_over_chains": apart(0.25), "step_accuracy": share(0.98)}
    found = verdict_of(figures(**untold, **asked))
    assert found["verdict"] == "helps_expected" and "the problems' own steps" in " ".join(found["reasons"])
    few = verdict_of(figures(atoms_over_chains=apart(0.27, questions=20), questions=200))
    assert "only 20 questions" in few["reasons"][0] and "About 100 more" in few["reasons"][0]
