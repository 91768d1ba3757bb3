"""A small run made by hand, taken apart into items, by computed truth and by labels."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dgrc.errors import EvaluationError
from dgrc.evaluation.truth.computed import Computed
from dgrc.evaluation.truth.items import AgreeingItem, AskedItem, ChainTruth, Items, VerdictItem, items_of
from dgrc.evaluation.truth.labels import Labels
from dgrc.records import Atom, Case, Chain, Diagnosis, Question, Verdict, VerifiedCase
from dgrc.storage.arrow import arrow_schema, to_row
from dgrc.storage.run_dir import RunDir
from tests.evaluation.truth.tables import PROBLEMS

DOSE, FEE = PROBLEMS["dose"], PROBLEMS["fee"]
GOOD = Chain("12 × 25 = 300 mg. 300 × 3 = 900 mg.", "900 mg", "stop", 9)
SLIP = Chain("12 × 25 = 320 mg. So it is 900 mg.", "900 mg", "stop", 9)
BAD = Chain("12 × 25 = 320 mg. 320 × 3 = 960 mg.", "960 mg", "stop", 9)
CUT = Chain("12 × 25 = 300 mg and then", None, "length", 9)
FEE_RIGHT, FEE_WRONG = Chain("2.5% of $12,000 is $300.", "$300", "stop", 9), Chain("It is $150.", "$150", "stop", 9)
STEP, FACT = DOSE.steps[0].question, "What is the maximum safe dose of the medicine?"
ATOMS = [
    Atom(1, STEP, (), (10,), "300 mg", "", 1.0, (), True, None, (), None),
    Atom(2, FACT, (), (10, 11), "1 g", "", 1.0, (), True, None, (), None),
    Atom(3, "What is 12 times 3?", (), (10,), None, "", 0.0, (), False, "unanswered", (), None),
    Atom(4, "What is 2.5% of $12,000?", (), (11, 12), "$250", "", 1.0, (), True, None, (), None),
    Atom(5, "What is 2 times 3?", (), (12,), "6", "", 1.0, (), True, None, (), None),
]
CASES = [
    Case(10, DOSE.text, (), "divergent", (GOOD, SLIP), (BAD, CUT), (
        Diagnosis(0, 0, (STEP, FACT), None, ""), Diagnosis(1, 0, (STEP,), None, "", "auditor")), (), None, (BAD,)),
    Case(11, FEE.text, (), "agreeing", (FEE_WRONG,), (FEE_WRONG,), (), (), None),
    Case(12, "A question whose truth nobody knows?", (), "agreeing", (FEE_RIGHT,), (FEE_RIGHT,), (), (), None),
]  # fmt: skip
VERDICTS = [
    VerifiedCase(10, DOSE.text, (), "divergent", (GOOD, SLIP), (
        Verdict(0, True, (1,), (), None), Verdict(1, None, (), (), "no fact speaks to it")), (), None),
    VerifiedCase(12, "A question whose truth nobody knows?", (), "agreeing", (FEE_RIGHT,), (
        Verdict(0, True, (), (), None),), (), None),
]  # fmt: skip


def write(run: RunDir, name: str, kind: type[Any], records: Sequence[Any], without: Sequence[str] = ()) -> None:
    run.dataset(name).mkdir(parents=True)
    table = pa.Table.from_pylist([to_row(record) for record in records], schema=arrow_schema(kind))
    pq.write_table(table.drop_columns(list(without)), run.dataset(name) / "0.parquet")


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    run = RunDir(tmp_path)
    write(run, "cases", Case, CASES[::-1])
    return run


def items(run: RunDir) -> Items:
    return items_of(run, Computed([DOSE, FEE]))


def test_chains_of_all_roles_have_their_truth_and_unknown_questions_are_left_out(run: RunDir) -> None:
    found = items(run).chains
    assert [(c.question, c.role) for c in found] == [
        (10, "teacher"), (10, "teacher"), (10, "student"), (10, "student"), (10, "auditor"),
        (11, "teacher"), (11, "student"),
    ]  # fmt: skip
    assert [c.truth.right for c in found] == [True, False, False, False, False, False, False]
    assert found[1].truth == ChainTruth(True, 1, 1) and found[2].truth == ChainTruth(False, 2, 1)
    assert [(c.read, c.stopped) for c in found[2:4]] == [(True, True), (False, False)]


def test_atoms_have_the_questions_that_are_known_and_a_truth_where_it_can_be_told(run: RunDir) -> None:
    assert items(run).atoms == () and items(run).verdicts == ()  # the passes are yet to come
    write(run, "atoms", Atom, ATOMS)
    found = {atom.text: atom for atom in items(run).atoms}
    assert len(found) == 4 and "What is 2 times 3?" not in found
    assert (found[STEP].right, found[STEP].truth) == (True, "300 mg")
    assert (found[FACT].right, found[FACT].truth, found[FACT].questions) == (None, None, (10, 11))
    unanswered, wrong = found["What is 12 times 3?"], found["What is 2.5% of $12,000?"]
    assert (unanswered.right, unanswered.truth, unanswered.kept, unanswered.answer) == (False, "36", False, None)
    assert (wrong.right, wrong.questions, wrong.kept) == (False, (11,), True)


def test_what_was_asked_is_held_against_both_chains_of_its_diagnosis(run: RunDir) -> None:
    assert items(run).asked == (
        AskedItem(10, STEP, on_target=True, teacher_right=True),
        AskedItem(10, FACT, on_target=None, teacher_right=True),
        AskedItem(10, STEP, on_target=False, teacher_right=True),
    )


def test_verdicts_have_the_truth_of_their_chains(run: RunDir) -> None:
    write(run, "verdicts", VerifiedCase, VERDICTS)
    assert items(run).verdicts == (
        VerdictItem(10, True, None, ChainTruth(True, 2, 0)),
        VerdictItem(10, None, "no fact speaks to it", ChainTruth(True, 1, 1)),
    )


def test_agreeing_questions_say_whether_what_was_agreed_on_is_wrong(run: RunDir) -> None:
    assert items(run).agreeing == (AgreeingItem(11, wrong=True),)


def test_a_run_of_an_earlier_version_has_no_auditor(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    write(run, "cases", Case, CASES[1:], without=["auditor", "asked", "several"])
    assert [c.role for c in items(run).chains] == ["teacher", "student"]


def test_a_run_without_cases_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"no cases yet.*Curate it first"):
        items(RunDir(tmp_path))


def question(id_: int, text: str, label: str | None, choices: tuple[str, ...] = ()) -> Question:
    return Question(id_, str(id_), text, choices, label, "q.jsonl", "{}")


def test_labels_know_answers_alone(run: RunDir) -> None:
    write(run, "atoms", Atom, ATOMS)
    write(run, "questions", Question, [question(10, DOSE.text, "900 mg"), question(11, FEE.text, None)])
    judge = Labels.of(run)
    found = items_of(run, judge)
    assert not judge.knows_steps and not judge.knows(FEE.text)
    assert [c.truth for c in found.chains[:3]] == [ChainTruth(True), ChainTruth(True), ChainTruth(False)]
    assert all(a.right is None for a in found.atoms) and found.agreeing == ()
    assert [a.on_target for a in found.asked] == [None, None, None]


def test_labels_of_options_and_of_one_text_with_two_truths() -> None:
    two = [question(1, "Which?", "B", ("x", "y")), question(2, "Twice?", "a"), question(3, "Twice?", "b")]
    judge = Labels([*two, question(4, "None?", None)])
    assert [judge.knows(text) for text in ("Which?", "Twice?", "None?", "Other?")] == [True, False, False, False]
    right = [judge.chain("Which?", Chain("", said, "stop", 1)).right for said in ("B", "A", None)]
    assert right == [True, False, False]


def test_a_run_without_labels_is_not_known_at_all(run: RunDir) -> None:
    write(run, "questions", Question, [question(10, DOSE.text, None), question(11, FEE.text, None)])
    assert items_of(run, Labels.of(run)) == Items((), (), (), (), ())


def test_a_run_without_questions_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"no questions yet.*Curate it first"):
        Labels.of(RunDir(tmp_path))
