"""What `verify` asks of whom: which facts, which verifier, when the teacher samples again, and audited questions."""

import asyncio
import dataclasses
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dgrc.config.file import make_config
from dgrc.method.screen import atom_id
from dgrc.method.verify import BARE, UNCHECKED, Fact
from dgrc.pipeline.counters import of_verdicts
from dgrc.pipeline.steps.verify import roles, verify
from dgrc.questions.recorded import VerdictStore, write_verdicts
from dgrc.records import Case, Chain, Diagnosis, FactCheck, VerifiedCase
from dgrc.storage.arrow import arrow_schema, to_row
from tests.pipeline.steps.tools import FakeCaller, toolbox

ATOM = "what is the rule of case 1 ?"
FACT = Fact(atom_id(ATOM), ATOM, "1")


def chain(value: int) -> Chain:
    return Chain(f"<think> rule of case 1 is {value} . </think> <answer> {value} </answer>", str(value), "stop", 9)


def case(*values: int, status: str = "divergent", against: str = "student", auditor: tuple[int, ...] = ()) -> Case:
    diagnoses = (Diagnosis(0, 0, (ATOM,), None, "", against),)
    ours, third = tuple(map(chain, values)), tuple(map(chain, auditor))
    student = chain(values[0] if status == "agreeing" else 3)
    return Case(1, "case 1 . which court ?", (), status, ours, (student,), diagnoses, (), None, third)


def world(role: str, step: str, turn: str) -> list[str]:
    """Verifies by the fact (1 is right); when sampled anew the teacher says 2, then 1."""
    if step == "sample":
        return [chain(1).text]
    said = turn.rsplit("<answer> ", 1)[1].split()[0]
    return ["rule 1 same . verdict consistent"] if said == "1" else ["rule 1 differ . verdict inconsistent"]


def run(
    given: Case, reply: Any = world, facts: tuple[Fact, ...] = (FACT,), **options: Any
) -> tuple[VerifiedCase, FakeCaller]:
    tools, caller = toolbox(reply, facts, prompts="proving", **options)
    return asyncio.run(verify(tools, given)), caller


def test_every_chain_is_held_against_the_facts() -> None:
    row, caller = run(case(1, 2))
    assert [(v.chain, v.consistent, v.contradicted_by) for v in row.verdicts] == [(0, True, ()), (1, False, (FACT.id,))]
    assert caller.steps() == [("teacher", "verify")] * 2
    assert list(of_verdicts(to_row(row))) == ["chains_passed", "chains_rejected"]


def test_an_answer_without_reasoning_is_asked_nothing_and_passes_nothing() -> None:
    fact = Fact(atom_id("What is the rule of case 1?"), "What is the rule of case 1?", "1")
    bare = Chain("<answer>1</answer>", "1", "stop", 5)
    whole = Chain("The rule of case 1 is 1, as the act has it, so it is 1.\n<answer>1</answer>", "1", "stop", 30)
    given = dataclasses.replace(case(1, 1), teacher=(bare, whole))
    reply = json.dumps({"facts": [{"fact": 1, "finding": "it says so", "relation": "supports"}], "consistent": True})
    tools, caller = toolbox(lambda *_: [reply], (fact,), prompts="general", fact_coverage=0.5)
    row = asyncio.run(verify(tools, given))
    assert [(v.consistent, v.reason) for v in row.verdicts] == [(None, BARE), (True, None)]
    assert {step for _, step in caller.steps()} <= {"extract", "verify"} and len(caller.steps()) <= 2
    assert list(of_verdicts(to_row(row))) == ["chains_without_verdict", "chains_passed"]


def test_a_verifier_of_its_own_is_asked_instead_of_the_teacher() -> None:
    row, caller = run(case(1), roles=("teacher", "verifier"))
    assert caller.steps() == [("verifier", "verify")]
    assert [usage.role for usage in row.usage] == ["verifier"]


def test_the_pass_asks_for_the_engines_that_it_needs() -> None:
    engine = {"engine": "scripted", "script": "a:b"}
    assert roles(make_config({"teacher": engine, "student": engine})) == ("teacher",)
    assert roles(make_config({"teacher": engine, "student": engine, "verifier": engine})) == ("verifier",)
    both = make_config({"teacher": engine, "student": engine, "verifier": engine, "method": {"resample": 1}})
    assert roles(both) == ("verifier", "teacher")


def test_where_all_chains_are_rejected_the_teacher_samples_again() -> None:
    row, caller = run(case(2, 3), resample=2)
    assert caller.steps() == [("teacher", "verify")] * 2 + [("teacher", "sample"), ("teacher", "verify")]
    assert [request.attempt for _, step, request in caller.asked if step == "sample"] == [1]
    assert [c.answer for c in row.teacher] == ["2", "3", "1"]
    assert [(v.chain, v.consistent) for v in row.verdicts] == [(0, False), (1, False), (2, True)]


def test_what_is_sampled_again_of_several_right_options_is_a_set() -> None:
    def again(role: str, step: str, turn: str) -> list[str]:
        reply = "<answer> C, A </answer>"
        return [reply] if step == "sample" else ["rule 1 differ . verdict inconsistent"]

    given = dataclasses.replace(case(2), choices=("x", "y", "z"), several=True)
    row, _ = run(given, again, resample=1)
    assert (row.several, row.teacher[-1].answer) == (True, "AC")


@pytest.mark.parametrize(("times", "samples"), [(0, 0), (1, 1), (3, 3)])
def test_sampling_again_is_bounded(times: int, samples: int) -> None:
    def stubborn(role: str, step: str, turn: str) -> list[str]:
        return [chain(2).text] if step == "sample" else world(role, step, turn)

    row, caller = run(case(2), stubborn, resample=times)
    asked = [request.attempt for _, step, request in caller.asked if step == "sample"]
    assert asked == list(range(1, samples + 1)), "each attempt is a request of its own"
    assert len(row.teacher) == 1 + samples and not any(v.consistent for v in row.verdicts)


def test_one_chain_that_passes_is_enough_not_to_sample_again() -> None:
    _, caller = run(case(1, 2), resample=2)
    assert ("teacher", "sample") not in caller.steps()


def test_without_a_fact_a_chain_is_unchecked_and_nothing_is_asked() -> None:
    row, caller = run(case(1), facts=())
    assert [(v.consistent, v.reason) for v in row.verdicts] == [(None, UNCHECKED)]
    assert not caller.asked


@pytest.mark.parametrize("unusable", ["rule 1 same", "verdict consistent", "rule 1 maybe . verdict consistent"])
def test_a_verdict_that_cannot_be_read_is_none(unusable: str) -> None:
    row, _ = run(case(1), lambda *_: [unusable])
    assert row.verdicts[0].consistent is None
    assert list(of_verdicts(to_row(row))) == ["chains_without_verdict", "verdicts_unread"]


def test_of_agreeing_questions_only_disputed_ones_are_checked_and_the_auditors_chain_too() -> None:
    disputed = case(2, 2, status="agreeing", against="auditor", auditor=(1, 1))
    row, caller = run(disputed)
    assert caller.steps() == [("teacher", "verify")] * 5, "two teacher chains, one of the student, two of the auditor"
    assert (row.audit, [v.consistent for v in row.verdicts]) == ("disputed", [False, False])
    assert [(v.chain, v.consistent) for v in row.supporting] == [(0, False)]
    assert [(v.chain, v.consistent) for v in row.opposing] == [(1, True), (2, True)]
    assert list(of_verdicts(to_row(row)))[-2:] == ["audited", "disputed"]

    row, caller = run(dataclasses.replace(disputed, auditor=(chain(1), chain(2), chain(1))))
    assert [(v.chain, v.consistent) for v in row.supporting] == [(0, False), (2, False)], "they say what is agreed"
    assert [v.chain for v in row.opposing] == [1, 3]

    row, caller = run(case(1, 1, status="agreeing", against="auditor", auditor=(2, 2)))
    assert (len(caller.asked), row.supporting, row.opposing) == (2, (), ()), "a chain that passes settles it"

    agreed = Case(1, "q ?", (), "agreeing", (chain(1),), (chain(1),), (), (), None, (chain(1),))
    row, caller = run(agreed)
    assert (row.audit, row.verdicts, caller.asked) == ("agreed", (), [])


def test_own_facts_are_shown_once_however_often_they_were_answered() -> None:
    """As published, each pair has its own answers; the verifier is shown one of each atom."""
    diagnoses = tuple(Diagnosis(0, other, (ATOM,), None, "") for other in range(2))
    given = Case(1, "case 1 . which court ?", (), "divergent", (chain(1),), (chain(2), chain(3)), diagnoses, (), None)
    tools, caller = toolbox(world, (), prompts="proving", shared_answers=False, corpus_facts=0)
    from dgrc.pipeline.steps.gather import case_atoms

    ids = [id_ for id_, _ in case_atoms(given.id, given.diagnoses, tools.method)]
    assert len(set(ids)) == 2, "each pair's atom is one of its own"
    tools.facts._facts = [Fact(id_, ATOM, "1") for id_ in ids]  # type: ignore[union-attr]
    row = asyncio.run(verify(tools, given))
    assert row.verdicts[0].consistent and len(row.verdicts[0].facts) == 1
    assert caller.asked[0][2].messages[-1]["content"].count(ATOM) == 1


def test_a_verdict_of_an_earlier_round_on_the_same_facts_is_not_asked_for_again(tmp_path: Path) -> None:
    row, _ = run(case(1, 2))
    (tmp_path / "verdicts").mkdir()
    table = pa.Table.from_pylist([to_row(row)], schema=arrow_schema(VerifiedCase))
    pq.write_table(table, tmp_path / "verdicts" / "p.parquet")
    write_verdicts(tmp_path / "verdicts", tmp_path / "known")
    known = VerdictStore(tmp_path / "known")

    tools, caller = toolbox(world, (FACT,), prompts="proving")
    tools.verdicts = known
    again = asyncio.run(verify(tools, case(1, 2)))
    assert (again.verdicts, again.usage, caller.asked) == (row.verdicts, (), [])

    learned = Case(1, "case 1 . which court ?", (), "agreeing", (chain(1), chain(2)), (chain(1),), (), (), None)
    for facts in ((FACT,), ()):
        tools, caller = toolbox(world, facts, prompts="proving")
        tools.verdicts = known
        kept = asyncio.run(verify(tools, learned))
        assert kept.verdicts == row.verdicts and not caller.asked, "it diverged before, so it stays verified"

    other = Fact(99, "what is the rule of case 1 in full ?", "1")
    tools, caller = toolbox(world, (FACT, other), prompts="proving")
    tools.verdicts = known
    asyncio.run(verify(tools, case(1, 2)))
    assert caller.steps() == [("teacher", "verify")] * 2, "there is a fact more now"


DOSE = Fact(atom_id("How many mg are 5 mg twice?"), "How many mg are 5 mg twice?", "10 mg")
DRUG = Fact(atom_id("Which drug comes first?"), "Which drug comes first?", "Epinephrine")


def read_off(*said: str, then: str = "") -> tuple[Any, list[str]]:
    """A world in which the chain says this to each fact in turn, and the turns in which a verifier was asked."""
    turns: list[str] = []

    def reply(role: str, step: str, turn: str) -> list[str]:
        if step == "extract":
            return [json.dumps({"answers": [{"question": n, "answer": a} for n, a in enumerate(said, 1)]})]
        turns.append(turn)
        return [then]

    return reply, turns


def verdict_of(world: Any, text: str, *facts: Fact) -> tuple[Any, list[tuple[str, str]]]:
    given = Case(1, "Question?", (), "divergent", (Chain(text, "5", "stop", 9),), (), (
        Diagnosis(0, 0, tuple(fact.question for fact in facts), None, "", "student"),), (), None)  # fmt: skip
    tools, caller = toolbox(world, facts, prompts="general", corpus_facts=0)
    (verdict,) = asyncio.run(verify(tools, given)).verdicts
    return verdict, caller.steps()


def relations(*said: str) -> str:
    entries = [{"fact": n, "finding": "It says so.", "relation": r} for n, r in enumerate(said, 1)]
    return json.dumps({"facts": entries, "consistent": "contradicts" not in said})


def test_what_words_decide_is_asked_of_no_verifier() -> None:
    for said, consistent, against in (("10 mg", True, ()), ("7 mg", False, (DOSE.id,)), ("none", None, ())):
        world, turns = read_off(said)
        verdict, steps = verdict_of(world, "5 + 5 = 10, or 5 + 2 = 7", DOSE)
        assert (verdict.consistent, verdict.contradicted_by, turns) == (consistent, against, [])
        assert (verdict.reason == UNCHECKED) == (consistent is None)
        assert steps == [("teacher", "extract")] and verdict.facts == (DOSE.id,)
        relation = {True: "supports", False: "contradicts", None: "unrelated"}[consistent]
        assert verdict.checks == (FactCheck(DOSE.id, relation, "comparison", "" if said == "none" else said),)


def test_only_what_is_left_is_put_to_the_verifier() -> None:
    for then, consistent, against in (("supports", True, ()), ("contradicts", False, (DRUG.id,))):
        world, turns = read_off("10 mg", "adrenaline", then=relations(then))
        verdict, steps = verdict_of(world, "Adrenaline comes first in this case, and of it 10 mg.", DOSE, DRUG)
        assert (verdict.consistent, verdict.contradicted_by) == (consistent, against)
        assert steps == [("teacher", "extract"), ("teacher", "verify")]
        assert DRUG.question in turns[0] and DOSE.question not in turns[0]
        assert set(verdict.facts) == {DOSE.id, DRUG.id}
        found = {
            DOSE.id: FactCheck(DOSE.id, "supports", "comparison", "10 mg"),
            DRUG.id: FactCheck(DRUG.id, then, "verifier", "It says so."),
        }
        assert verdict.checks == tuple(found[fact] for fact in verdict.facts)


def test_a_contradiction_that_words_show_is_enough_and_what_was_not_judged_has_no_check() -> None:
    world, turns = read_off("7 mg", "adrenaline")
    verdict, _ = verdict_of(world, "Adrenaline comes first in this case, and of it 7 mg.", DOSE, DRUG)
    assert (verdict.consistent, verdict.contradicted_by, turns) == (False, (DOSE.id,), [])
    assert verdict.checks == (FactCheck(DOSE.id, "contradicts", "comparison", "7 mg"),)


def test_a_reading_that_is_no_help_leaves_everything_to_the_verifier() -> None:
    for said in ((), ("10 mg", "10 mg", "10 mg")):
        world, turns = read_off(*said, then=relations("supports", "supports"))
        verdict, steps = verdict_of(world, "Adrenaline comes first in this case, and of it 10 mg.", DOSE, DRUG)
        assert verdict.consistent is True and steps[-1] == ("teacher", "verify")
        assert DRUG.question in turns[0] and DOSE.question in turns[0]


def test_a_chain_that_says_nothing_to_its_facts_is_unchecked_and_not_unread() -> None:
    world, _ = read_off("none")
    verdict, _ = verdict_of(world, "I do not know.", DOSE)
    row = dataclasses.replace(run(case(1))[0], verdicts=(verdict,))
    assert list(of_verdicts(to_row(row))) == ["chains_without_verdict"]
