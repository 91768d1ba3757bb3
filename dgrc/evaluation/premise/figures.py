"""What the method stands on, in figures. The items of a curated sample flow in; shares with intervals flow out.

Pure: nothing is read and nothing is asked. Every share is a dict of `truth.intervals.Share`, its interval clustered by
question, or None where there is nothing to take it of; `not_told` says of each such figure why, in words.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from dgrc.evaluation.premise.differences import difference, shares
from dgrc.evaluation.truth.items import AtomItem, ChainItem, Items, VerdictItem

Hits = list[tuple[int | str, bool]]
NEEDS_STEPS = "labels tell answers alone: a file with the truth of every step is needed (--truth)"
WHY = {
    "teacher_chain_accuracy": "there is no chain of the teacher",
    "teacher_chains_right_in_every_step": "there is no chain of the teacher",
    "student_chain_accuracy": "there is no chain of the student",
    "teacher_majority_accuracy": "no chain of the teacher could be read",
    "divergent": "no question has answers of both models that could be compared",
    "divergence_useful": "no question has answers of both models that part",
    "atoms_scorable": "no atom was asked",
    "atom_accuracy": "no atom was answered whose truth can be told",
    "atom_accuracy_kept": "no atom was kept whose truth can be told",
    "atoms_over_chains": "no atom was kept whose truth can be told",
    "on_target": "of no atom it can be told whether it asks about a step at which the chains part",
    "verifier_precision": "no chain passed",
    "verifier_recall": "no right chain was checked",
    "verifier_lift": "no chain passed",
    "shared_errors": "there is no question on which the models agree",
}
"""Why a figure is missing, unless it needs the truth of steps."""
OF_STEPS = ("teacher_chains_right_in_every_step",)
"""Figures that nothing but the truth of steps tells."""
BY_STEPS = ("atom_accuracy", "atom_accuracy_kept", "atoms_over_chains", "on_target")
"""Figures that labels tell seldom or never."""


def premise_figures(items: Items, knows_steps: bool, confidence: float = 0.95) -> dict[str, Any]:
    """All that the items of a sample say.

    Shares: `teacher_chain_accuracy` and `student_chain_accuracy` (chains with the right answer; an unread one is
    wrong), `teacher_chains_right_in_every_step`, `teacher_majority_accuracy` (questions of which more than half of the
    teacher's chains that were read are right), `divergent` (of the questions with answers of both models),
    `divergence_useful` (of those that part, the ones whose teacher's majority is right), `atoms_scorable` (distinct
    atoms of which the truth can be told), `atom_accuracy` (of those that were answered, right), `atom_accuracy_kept`,
    `on_target` with `on_target_teacher_right` and `on_target_teacher_wrong`, `verifier_precision` (passed chains that
    are right, as far as the truth can tell: in every step, or by labels in their answer) and
    `verifier_precision_answer`, `verifier_recall` (right chains with a verdict that passed) and
    `verifier_recall_answer`, `wrong_among_passed` and `wrong_among_checked` (by the same measure as the precision),
    `verdicts_given` (of the chains to check, those with a verdict) and `shared_errors` (wrong, of the questions on
    which the models agree). `read_share` has one by role, of the chains that ended by themselves.

    Differences with an interval: `atoms_over_chains` (kept atoms right minus teacher chains right, by answer),
    `verifier_lift` (precision minus the share of right ones among all chains with a verdict).

    Args:
        items: Of questions whose truth is known.
        knows_steps: Whether the truth of steps was known, not of answers alone.
        confidence: Of the intervals.
    """
    hits = {**_of_chains(items), **_of_atoms(items), **_of_verdicts(items.verdicts, knows_steps)}
    figures: dict[str, Any] = {
        "questions": len({chain.question for chain in items.chains}),
        "knows_steps": knows_steps,
        "confidence": confidence,
        **{name: shares(found, confidence) for name, found in hits.items()},
        "read_share": {
            role: shares([(c.question, c.read) for c in items.chains if c.role == role and c.stopped], confidence)
            for role in sorted({chain.role for chain in items.chains}, reverse=True)
        },
    }
    if not knows_steps:
        figures.update(dict.fromkeys(OF_STEPS))
    atoms = [(_cluster(a), a.right) for a in items.atoms if a.kept and a.right is not None]
    over = difference(atoms, hits["teacher_chain_accuracy"], confidence)
    passed, checked = (_right(items.verdicts, knows_steps, only_passed) for only_passed in (True, False))
    lift = difference(passed, checked, confidence)
    figures["atoms_over_chains"] = over.to_dict() if over else None
    figures["verifier_lift"] = lift.to_dict() if lift else None
    figures["not_told"] = _not_told(figures, knows_steps)
    return figures


def _of_chains(items: Items) -> dict[str, Hits]:
    ours, theirs = ([c for c in items.chains if c.role == role] for role in ("teacher", "student"))
    agreeing = {item.question for item in items.agreeing}
    compared = sorted(_read(ours).keys() & _read(theirs).keys())
    majority = {q: 2 * sum(c.truth.answer_right for c in read) > len(read) for q, read in _read(ours).items()}
    return {
        "teacher_chain_accuracy": [(c.question, c.truth.answer_right) for c in ours],
        "teacher_chains_right_in_every_step": [(c.question, c.truth.right) for c in ours],
        "teacher_majority_accuracy": list(majority.items()),
        "student_chain_accuracy": [(c.question, c.truth.answer_right) for c in theirs],
        "divergent": [(q, q not in agreeing) for q in compared],
        "divergence_useful": [(q, majority[q]) for q in compared if q not in agreeing],
        "shared_errors": [(item.question, item.wrong) for item in items.agreeing],
    }


def _read(chains: Iterable[ChainItem]) -> dict[int, list[ChainItem]]:
    """The chains that were read, by question."""
    found: dict[int, list[ChainItem]] = defaultdict(list)
    for chain in chains:
        if chain.read:
            found[chain.question].append(chain)
    return found


def _of_atoms(items: Items) -> dict[str, Hits]:
    answered = [(a, a.right) for a in items.atoms if a.answer is not None and a.right is not None]
    targets = [(a, a.on_target) for a in items.asked if a.on_target is not None]
    return {
        "atoms_scorable": [(_cluster(a), a.truth is not None) for a in items.atoms],
        "atom_accuracy": [(_cluster(a), right) for a, right in answered],
        "atom_accuracy_kept": [(_cluster(a), right) for a, right in answered if a.kept],
        "on_target": [(a.question, on) for a, on in targets],
        "on_target_teacher_right": [(a.question, on) for a, on in targets if a.teacher_right],
        "on_target_teacher_wrong": [(a.question, on) for a, on in targets if not a.teacher_right],
    }


def _cluster(atom: AtomItem) -> int | str:
    """An atom stands with the first question that asked it; one that no known question asked stands alone."""
    return atom.questions[0] if atom.questions else atom.text


def _of_verdicts(verdicts: Iterable[VerdictItem], knows_steps: bool) -> dict[str, Hits]:
    every = list(verdicts)
    checked = [(v.question, v.passed, _is_right(v, knows_steps), v.truth.answer_right) for v in every]
    told = [(q, bool(passed), right, answer) for q, passed, right, answer in checked if passed is not None]
    return {
        "verifier_precision": [(q, right) for q, passed, right, _ in told if passed],
        "verifier_precision_answer": [(q, answer) for q, passed, _, answer in told if passed],
        "verifier_recall": [(q, passed) for q, passed, right, _ in told if right],
        "verifier_recall_answer": [(q, passed) for q, passed, _, answer in told if answer],
        "wrong_among_passed": [(q, not right) for q, passed, right, _ in told if passed],
        "wrong_among_checked": [(q, not right) for q, _, right, _ in told],
        "verdicts_given": [(v.question, v.passed is not None) for v in every],
    }


def _right(verdicts: Iterable[VerdictItem], knows_steps: bool, only_passed: bool) -> Hits:
    """Which chains with a verdict are right, as far as the truth can tell."""
    told = [v for v in verdicts if v.passed is not None and (v.passed or not only_passed)]
    return [(v.question, _is_right(v, knows_steps)) for v in told]


def _is_right(verdict: VerdictItem, knows_steps: bool) -> bool:
    return verdict.truth.right if knows_steps else verdict.truth.answer_right


def _not_told(figures: dict[str, Any], knows_steps: bool) -> dict[str, str]:
    """Of each figure that is missing, why."""
    missing = [name for name in WHY if figures[name] is None]
    by_labels = () if knows_steps else (*OF_STEPS, *BY_STEPS)
    return {name: NEEDS_STEPS if name in by_labels else WHY[name] for name in missing}
