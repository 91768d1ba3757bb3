"""What each step of the table counts, with scripted replies."""

import dataclasses
import json
import random

import pytest

from benchmarks.packs import items, steps
from benchmarks.packs.steps import GREEDY
from dgrc.engines.base import Sample
from dgrc.proving.natural.problem import Step
from dgrc.records import Chain
from tests.benchmarks.packs.tools import DATED, DOSE, PACK, PROBLEM, TRUTH, UNREAD, Asked, in_turn, scripted, shares


def test_a_changed_step_is_carried_through_to_another_answer() -> None:
    for problem in (PROBLEM, DATED):
        for seed in range(8):
            wrong = items.changed(problem, random.Random(seed))
            assert wrong is not None and wrong[-1].answer != problem.answer
            assert not TRUTH.chain(problem.text, items.written(wrong)).right
            if wrong[0].answer != problem.steps[0].answer:
                assert wrong[0].answer in wrong[1].question and problem.steps[0].answer not in wrong[1].question
    assert TRUTH.chain(PROBLEM.text, items.written(PROBLEM.steps)).right


@pytest.mark.parametrize(
    ("kind", "inputs", "answer", "now", "follows"),
    [
        ("multiply", ("4 mg", "3 times"), "12 mg", ("8 mg", "3 times"), "24 mg"),
        ("divide", ("12 mg", "3 doses"), "4 mg", ("12 mg", "6 doses"), "2 mg"),
        ("add", ("1,200 dollars", "50 dollars"), "1,250 dollars", ("1,200 dollars", "500 dollars"), "1,700 dollars"),
        ("subtract", ("90 days", "30 days"), "60 days", ("90 days", "40 days"), "50 days"),
        ("days", ("2024-02-27", "2024-03-01"), "3 days", ("2024-02-27", "2024-03-04"), "6 days"),
        ("date", ("2024-02-27", "3 days"), "2024-03-01", ("2024-02-28", "3 days"), "2024-03-02"),
        ("look_up", ("class 2", "table"), "40 dollars", ("class 3", "table"), "40 dollars"),
    ],
)
def test_a_step_follows_from_other_inputs_as_its_kind_says(
    kind: str, inputs: tuple[str, ...], answer: str, now: tuple[str, ...], follows: str
) -> None:
    assert items._follows(Step(kind, "?", answer, inputs), now) == follows


def test_pairs_are_sampled_ones_first_and_written_ones_where_they_do_not_suffice() -> None:
    one, other = Chain("a", "1 mg", "stop", 1), Chain("b", "2 mg", "stop", 1)
    found = items.pairs([PROBLEM, DATED], [("p2", one, other)], 2, seed=0)
    assert [(pair.problem.id, pair.made) for pair in found] == [("p2", False), ("p1", True)]
    assert found[1].one.answer == "300 mg" != found[1].other.answer
    assert items.pairs([PROBLEM, DATED], [("p2", one, other)], 1, seed=0) == found[:1]
    found = items.pairs([PROBLEM, DATED], [("p1", one, other)], 2, seed=0)
    assert [(pair.problem.id, pair.made) for pair in found] == [("p1", False), ("p2", True)]


def test_chains_to_verify_are_right_and_wrong_in_equal_number() -> None:
    sampled = [("p1", Chain("It is <answer>300 mg</answer>", "300 mg", "stop", 9)), ("p1", Chain("?", None, "stop", 1))]
    found = items.to_verify([PROBLEM, DATED], sampled, TRUTH, 4, seed=0)
    wanted = [(True, False), (True, True), (False, True), (False, True)]
    assert [(item.right, item.made) for item in found] == wanted
    many = items.to_verify([PROBLEM, DATED], [*sampled, *sampled], TRUTH, 4, seed=0)
    assert [(item.right, item.made) for item in many] == wanted


def test_chains_are_counted_by_how_they_ended_and_who_read_them() -> None:
    replies = in_turn("So <answer>300 mg</answer>", "So <answer>30 mg</answer>", UNREAD, Sample("So it", "length", 5))
    result, chains = steps.sampled(scripted(replies), PACK, [PROBLEM, DATED], TRUTH, GREEDY, 2)
    assert [len(of) for of in chains] == [2, 2]
    assert shares(result, "stopped", "read_of_stopped", "right", "right_of_read") == [(3, 4), (2, 3), (1, 4), (1, 2)]
    assert sum(result["tiers"].values()) == 2 and result["cut"] == 1


def test_diagnoses_are_counted_by_what_becomes_of_their_atoms() -> None:
    pair = items.pairs([PROBLEM], [], 1, seed=0)[0]
    echo = "asks for one thing only: a single fact, definition, rule or calculation"
    leaning = "Which of the following doses is right?"
    asked = [DOSE, echo, "dose of the patient in mg", "Which planet has most moons?", leaning]
    good = json.dumps({"comparison": "The dose.", "questions": asked})
    told: Asked = []
    replies = in_turn(good, json.dumps({"comparison": "c", "questions": [echo]}), "no JSON", Sample(good, "length", 9))
    result = steps.diagnosed(scripted(replies, told), PACK, [pair] * 4, TRUTH, GREEDY)
    assert shares(result, "parsed") == [(2, 4)]
    assert (result["atoms_asked"], result["kept"], result["distinct"], result["cut"]) == (6, 1, 1, 1)
    assert {reason: n for reason, n in result["refused"].items() if n} == {
        "echo": 2, "no_question": 1, "off_topic": 1, "leans_on_options": 1,
    }  # fmt: skip
    assert sum(result["refused"].values()) + result["kept"] == result["atoms_asked"], "none is left out"
    assert result["on_target"]["n"] <= 1 and told[0].schema == PACK.schema("diagnose")
    assert shares(result, "whole") == [(1, 1)], "the dose can be worked out as it is asked"
    first, second = (request.messages[-1]["content"] for request in told[:2])
    assert first.index(pair.one.text) < first.index(pair.other.text)
    assert second.index(pair.one.text) > second.index(pair.other.text)


def test_an_atom_that_lacks_a_value_is_not_whole() -> None:
    pair = items.pairs([PROBLEM], [], 1, seed=0)[0]
    asked = json.dumps({"comparison": "c", "questions": ["How many mg does a patient of 20 kg get?"]})
    result = steps.diagnosed(scripted(in_turn(asked)), PACK, [pair], TRUTH, GREEDY)
    assert shares(result, "whole") == [(0, 1)]


def test_answers_are_held_against_the_steps_truth() -> None:
    said = [{"reasoning": "5 x 20.", "answer": answer} for answer in ("100 mg", "0.1 g", "20 mg", "unknown")]
    echo = {"reasoning": "Work it out step by step: name the fact or rule that settles it", "answer": "100 mg"}
    replies = [*map(json.dumps, said[:3]), json.dumps(said[3]), json.dumps(echo), "100 mg"]
    held = dataclasses.replace(PACK, schemas={**PACK.schemas, "answer": "{}"})
    result = steps.answered(scripted(in_turn(*replies)), held, [(PROBLEM, step) for step in PROBLEM.steps], GREEDY, 3)
    assert shares(result, "parsed", "right", "right_of_majority") == [(5, 6), (2, 6), (1, 2)]
    assert (result["echo"], result["unknown"], result["kept_by_agreement"], result["right_of_kept"]) == (1, 1, 1, 1)
    assert result["agreement"] == pytest.approx((2 / 3 + 0) / 2, abs=1e-4)
    free = steps.answered(scripted(in_turn(*replies)), PACK, [(PROBLEM, step) for step in PROBLEM.steps], GREEDY, 3)
    assert shares(free, "parsed")[0] == (6, 6), "any form that is read is one where none is asked for"


def verdict(consistent: bool, *numbers: int, finding: str = "It has 100 mg.") -> str:
    relation = "supports" if consistent else "contradicts"
    facts = [{"fact": number, "finding": finding, "relation": relation} for number in numbers]
    return json.dumps({"facts": facts, "consistent": consistent})


def test_verdicts_are_held_against_the_truth_of_the_chains() -> None:
    right = items.Checked(PROBLEM, items.written(PROBLEM.steps), right=True, made=True)
    wrong = items.Checked(PROBLEM, Chain("So <answer>1 mg</answer>", "1 mg", "stop", 4), right=False, made=False)
    echo = verdict(True, 1, 2, finding="the reasoning states, uses or implies the same")
    replies = in_turn(verdict(True, 1, 2), verdict(True, 1), verdict(False, 1, 2), verdict(True, 1, 2), None, echo)
    told: Asked = []
    chains = [right, right, wrong, wrong, right, right]
    result = steps.verified(scripted(replies, told), PACK, chains, GREEDY)
    names = ("parsed", "every_fact_numbered", "verdict_given", "verdict_right", "right_of_passed", "passed_of_right",
             "passed_of_wrong")  # fmt: skip
    assert shares(result, *names) == [(5, 6), (4, 6), (3, 6), (2, 3), (1, 2), (1, 4), (1, 2)]
    assert (result["echo"], result["failed"], result["made_chains"]) == (1, 1, 4)
    assert DOSE in told[0].messages[-1]["content"] and "100 mg" in told[0].messages[-1]["content"]


def test_marks_are_spread_by_whether_the_answer_is_right() -> None:
    marked = [json.dumps({"remark": "short", **dict.fromkeys(steps.judge.ASPECTS, mark)}) for mark in (2, 1)]
    found = items.to_judge([PROBLEM, DATED, PROBLEM], 3, seed=0)
    assert [item.right for item in found] == [True, False, True] and found[1].answer != DATED.steps[0].answer
    result = steps.judged(scripted(in_turn(*marked, "?")), PACK, found, GREEDY)
    assert (result["marks"], result["mean_of_right"], result["mean_of_wrong"]) == ({"7": 1, "14": 1}, 14, 7)
    assert shares(result, "parsed") == [(2, 3)] and result["deviation"] == 3.5


def test_what_is_read_off_is_held_against_the_truth_of_chains() -> None:
    right, wrong = (
        items.Checked(PROBLEM, items.written(s), good, made=True)
        for s, good in ((PROBLEM.steps, True), (items.changed(PROBLEM, random.Random(0)), False))
    )
    facts = steps.facts_of(PROBLEM)
    true = json.dumps({"answers": [{"question": n, "answer": f.answer} for n, f in enumerate(facts, 1)]})
    silent = json.dumps({"answers": [{"question": n, "answer": "none"} for n, _ in enumerate(facts, 1)]})
    replies = in_turn(true, "no JSON", true, silent)
    result = steps.extracted(scripted(replies), PACK, [right, right, wrong, wrong], GREEDY)
    assert shares(result, "parsed") == [(3, 4)]
    # The true answers do not all stand in the wrong chain, so that they were not read off it.
    assert result["verdict_given"]["hits"] == result["passed_of_right"]["hits"] == 1
    assert shares(result, "passed_of_wrong", "right_of_passed") == [(0, 2), (1, 1)]
    said = [step.answer for step in items.changed(PROBLEM, random.Random(0)) or ()]
    by_question = {step.question: answer for step, answer in zip(PROBLEM.steps, said, strict=True)}
    false = [{"question": n, "answer": by_question[f.question]} for n, f in enumerate(facts, 1)]
    found = steps.extracted(scripted(in_turn(json.dumps({"answers": false}))), PACK, [wrong], GREEDY)
    assert shares(found, "verdict_given", "verdict_right", "decided") == [(1, 1), (1, 1), (len(facts), len(facts))]
