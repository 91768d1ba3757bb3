"""Figures of items made by hand: each share over the right whole, by answer and by every step, and what is not told."""

import dataclasses

import pytest

from dgrc.evaluation.premise.figures import NEEDS_STEPS, premise_figures
from dgrc.evaluation.truth.items import AgreeingItem, AskedItem
from tests.evaluation.premise.make import BY_LUCK, RIGHT, WRONG, atom, chain, items, verdict

FOUR = items(
    chains=[
        chain(1), chain(1), chain(1, WRONG), chain(2, WRONG), chain(2, WRONG), chain(2, BY_LUCK),
        chain(3), chain(3), chain(4, WRONG, read=False), chain(1, WRONG, "student"), chain(2, WRONG, "student"),
        chain(3, RIGHT, "student"), chain(4, WRONG, "student"),
    ],
    atoms=[atom(1, True), atom(1, False, kept=False), atom(2, True), atom(2, None), atom(2, None, answer=None)],
    asked=[
        AskedItem(1, "a", True, True), AskedItem(1, "b", None, True), AskedItem(2, "c", False, False),
        AskedItem(2, "d", True, False),
    ],
    verdicts=[
        verdict(1, True), verdict(1, False), verdict(1, False, WRONG), verdict(2, True, BY_LUCK), verdict(2, None),
    ],
    agreeing=[AgreeingItem(3, False)],
)  # fmt: skip


def test_each_share_is_of_its_own_whole() -> None:
    found = premise_figures(FOUR, knows_steps=True)
    counted = {name: (of["hits"], of["n"]) for name, of in found.items() if isinstance(of, dict) and "hits" in of}
    assert counted == {
        "teacher_chain_accuracy": (5, 9), "teacher_chains_right_in_every_step": (4, 9),
        "teacher_majority_accuracy": (2, 3), "student_chain_accuracy": (1, 4), "divergent": (2, 3),
        "divergence_useful": (1, 2), "shared_errors": (0, 1), "atoms_scorable": (3, 5), "atom_accuracy": (2, 3),
        "atom_accuracy_kept": (2, 2), "on_target": (2, 3), "on_target_teacher_right": (1, 1),
        "on_target_teacher_wrong": (1, 2), "verifier_precision": (1, 2), "verifier_precision_answer": (2, 2),
        "verifier_recall": (1, 2), "verifier_recall_answer": (2, 3), "wrong_among_passed": (1, 2),
        "wrong_among_checked": (2, 4), "verdicts_given": (4, 5),
    }  # fmt: skip
    assert found["read_share"]["teacher"]["hits"] == 8 and found["read_share"]["student"]["share"] == 1.0
    assert list(found["read_share"]) == ["teacher", "student"]
    assert (found["questions"], found["not_told"]) == (4, {})
    assert found["atoms_over_chains"]["value"] == pytest.approx(1 - 5 / 9, abs=1e-4)
    assert found["verifier_lift"]["value"] == 0.0


def test_labels_tell_answers_and_say_what_they_do_not() -> None:
    bare = dataclasses.replace(FOUR, atoms=(atom(1, None),), asked=(AskedItem(1, "a", None, True),))
    found = premise_figures(bare, knows_steps=False)
    assert found["verifier_precision"]["hits"] == 2, "by labels a passed chain with the right answer is right"
    told = ("atom_accuracy", "atom_accuracy_kept", "atoms_over_chains", "on_target")
    missing = ("teacher_chains_right_in_every_step", *told)
    assert {name: found["not_told"][name] for name in missing} == dict.fromkeys(missing, NEEDS_STEPS)
    assert all(found[name] is None for name in missing)
    assert found["teacher_chain_accuracy"]["share"] == pytest.approx(5 / 9, abs=1e-4)


def test_chains_that_were_cut_off_are_not_counted_as_unread() -> None:
    cut = dataclasses.replace(chain(1, WRONG, read=False), stopped=False)
    found = premise_figures(items(chains=[cut, chain(1), chain(2, WRONG, read=False)]), knows_steps=True)
    assert (found["read_share"]["teacher"]["hits"], found["read_share"]["teacher"]["n"]) == (1, 2)
    assert found["teacher_chain_accuracy"]["n"] == 3


def test_nothing_at_all_gives_no_figure_and_says_of_each_why() -> None:
    found = premise_figures(items(), knows_steps=True)
    assert found["questions"] == 0 and found["read_share"] == {}
    assert found["teacher_chain_accuracy"] is None and found["verifier_lift"] is None
    assert set(found["not_told"]) >= {"teacher_chain_accuracy", "verifier_precision", "shared_errors", "divergent"}
    assert all(found["not_told"].values())
