"""Computed truth: answers as the product compares them, atoms that have a truth and those that have none, targets."""

from typing import Any

import pytest

from dgrc.evaluation.truth.computed import Computed
from dgrc.evaluation.truth.items import ChainTruth
from dgrc.method import meaning
from dgrc.proving.natural.generate import problems
from dgrc.records import Chain
from tests.evaluation.truth.tables import PROBLEMS, rows

JUDGE = Computed(PROBLEMS.values())
DOSE = PROBLEMS["dose"]
RIGHT = "12 mg/kg × 25 kg = 300 mg. 300 mg × 3 = 900 mg."


def chain(text: str, answer: str | None = None, thoughts: str = "") -> Chain:
    return Chain(text, answer, "stop", 9, thoughts)


@pytest.mark.parametrize("row", [row for name in ("atoms.jsonl", "atoms_fresh.jsonl") for row in rows(name)],
                         ids=lambda row: str(row["question"])[:50])  # fmt: skip
def test_an_atom_has_the_truth_that_was_worked_out_by_hand_or_none(row: dict[str, Any]) -> None:
    truth = JUDGE.atom(row["question"], (PROBLEMS[row["in"]].text,))
    if row["truth"] is None or row.get("missed"):
        assert truth is None
    else:
        assert truth is not None and meaning.same(truth, row["truth"], question=row["question"])


def test_every_step_of_the_natural_domain_has_its_answer_and_arithmetic_agrees() -> None:
    drawn = problems("train", 40, 7)
    judge = Computed(drawn)
    for problem in drawn:
        for step in problem.steps:
            truth = judge.atom(step.question, (problem.text,))
            assert truth is not None and meaning.same(truth, step.answer, question=step.question), step.question


def test_an_atom_that_two_problems_answer_differently_has_no_truth() -> None:
    question = "What is the weight of the patient?"
    other = problems("train", 1, 3)[0]
    assert "25 kg" not in other.text and "weighs" in other.text
    judge = Computed([DOSE, other])
    assert judge.atom(question, (DOSE.text,)) == "25 kg"
    assert judge.atom(question, (DOSE.text, other.text)) is None
    assert judge.atom(question, ("a question that is none of the problems",)) is None


@pytest.mark.parametrize(
    ("answer", "right"),
    [("900 mg", True), ("900", True), ("0.9 g", True), ("900 mg/day", False), ("900 g", False), ("300 mg", False)],
)
def test_an_answer_is_right_by_the_products_own_comparison(answer: str, right: bool) -> None:
    assert JUDGE.chain(DOSE.text, chain(RIGHT, answer)) == ChainTruth(right, stated=2, wrong=0)


def test_a_chain_is_right_if_its_answer_and_all_its_steps_are() -> None:
    assert JUDGE.chain(DOSE.text, chain(RIGHT, "900 mg")).right
    slipped = JUDGE.chain(DOSE.text, chain("12 × 25 = 310 mg, about 300 mg. 300 × 3 = 900 mg", "900 mg"))
    assert slipped == ChainTruth(True, stated=2, wrong=1) and not slipped.right
    assert not JUDGE.chain(DOSE.text, chain(RIGHT, None)).right


def test_thoughts_are_not_scored() -> None:
    thinking = chain(RIGHT, "900 mg", thoughts="12 × 25 = 310")
    assert JUDGE.chain(DOSE.text, thinking) == JUDGE.chain(DOSE.text, chain(RIGHT, "900 mg"))


def test_problems_without_kinds_and_inputs_have_truth_too() -> None:
    assert JUDGE.knows(DOSE.text) and not JUDGE.knows(DOSE.text + " ")
    bare = Computed([PROBLEMS["bare"]])
    atom = "How many dollars is 4 hours of work at $60 per hour?"
    assert bare.atom(atom, (PROBLEMS["bare"].text,)) == "$240"


@pytest.mark.parametrize(
    ("one", "other", "on_target"),
    [
        (RIGHT, "12 × 25 = 320 mg. 320 × 3 = 960 mg.", True),
        (RIGHT, "12 × 25 = 300 mg. 300 × 3 = 960 mg.", False),
        (RIGHT, "The dose per kg is 12 mg.", True),
        (RIGHT, "One dose is 300 mg.", False),
        ("Nothing is worked out.", "Nothing here.", False),
    ],
)
def test_an_atom_is_on_target_if_the_chains_part_at_its_step(one: str, other: str, on_target: bool) -> None:
    for atom in (DOSE.steps[0].question, "What is 12 times 25?"):
        assert JUDGE.on_target(DOSE.text, atom, chain(one), chain(other)) is on_target


def test_of_an_atom_that_is_no_step_it_cannot_be_told_whether_it_is_on_target() -> None:
    atom = "What is the maximum safe dose of the medicine?"
    assert JUDGE.on_target(DOSE.text, atom, chain(RIGHT), chain("12 × 25 = 320")) is None
