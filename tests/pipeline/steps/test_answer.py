"""What `answer` asks about an atom, and why an atom is dropped: agreement, difficulty under the student, the judge."""

import asyncio
import json
from typing import Any

import pytest

from dgrc.engines.base import Completion, Sample, failed
from dgrc.method.judge import ASPECTS
from dgrc.pipeline.counters import inert_judge, of_atom
from dgrc.pipeline.steps.answer import answer
from dgrc.records import Atom, AtomQuestion
from dgrc.storage.arrow import from_row, to_row
from tests.pipeline.steps.tools import FakeCaller, toolbox

ASKED = AtomQuestion(1, "How long is the limit?", ("How long is the limit?",), (7,))
SAID = json.dumps({"reasoning": "By the code.", "answer": "5 years"})


def run(reply: Any, **method: Any) -> tuple[Atom, FakeCaller]:
    tools, caller = toolbox(reply, prompts="general", answers_per_atom=3, **method)
    return asyncio.run(answer(tools, ASKED)), caller


def replies(score: int = 2, given: float = -1.0, alone: float = -2.0) -> Any:
    """An answer, a judgement of 7 times `score`, and log-probabilities with and without the question."""

    def reply(role: str, step: str, turn: str) -> list[str] | Completion:
        if step == "ifd":
            return Completion((), 3, 0, logprobs=(given, given) if turn else (alone, alone, alone))
        if step == "judge":
            assert "5 years" in turn and "By the code." in turn
            return [json.dumps({"remark": "", **dict.fromkeys(ASPECTS, score)})]
        return [SAID] * 3

    return reply


def test_nothing_but_answers_is_asked_by_default() -> None:
    atom, caller = run(replies())
    assert caller.steps() == [("teacher", "answer")]
    assert (atom.answer, atom.kept, atom.ifd, atom.judge) == ("5 years", True, None, None)


def test_the_difficulty_is_the_loss_with_the_question_over_that_without() -> None:
    atom, caller = run(replies(given=-1.0, alone=-2.0), ifd=(0.35, 1.0))
    assert caller.steps() == [("teacher", "answer"), ("student", "ifd"), ("student", "ifd")]
    assert atom.ifd == pytest.approx(0.5) and atom.kept
    (_, _, given), (_, _, alone) = caller.asked[1:]
    assert given.score and alone.score
    learned = {"role": "assistant", "content": "By the code.\n<answer>5 years</answer>"}
    assert given.messages[-1] == alone.messages[-1] == learned
    assert "How long is the limit?" in given.messages[0]["content"] and alone.messages[0]["content"] == ""


@pytest.mark.parametrize(("given", "alone"), [(-0.3, -2.0), (-2.1, -2.0)])
def test_an_atom_outside_the_range_is_dropped_before_it_is_judged(given: float, alone: float) -> None:
    atom, caller = run(replies(given=given, alone=alone), ifd=(0.35, 1.0), judge=13)
    assert (atom.kept, atom.dropped_because) == (False, "ifd")
    assert ("teacher", "judge") not in caller.steps()
    assert {usage.step: usage.calls for usage in atom.usage} == {"answer": 3, "ifd": 2}


@pytest.mark.parametrize(("score", "total", "kept"), [(2, 14, True), (1, 7, False)])
def test_the_judge_keeps_what_scores_enough(score: int, total: int, kept: bool) -> None:
    atom, _ = run(replies(score), judge=13)
    assert (atom.judge, atom.kept) == (total, kept)
    assert atom.dropped_because == (None if kept else "judge")


@pytest.mark.parametrize("verdict", [["no JSON"], failed("too_long: 9")])
def test_an_atom_that_could_not_be_judged_is_not_kept(verdict: Any) -> None:
    atom, _ = run(lambda role, step, turn: verdict if step == "judge" else [SAID] * 3, judge=13)
    assert not atom.kept and atom.judge is None
    assert (atom.dropped_because or "").startswith("unjudged: ")


def test_answers_that_do_not_agree_cost_no_judge() -> None:
    said = [json.dumps({"reasoning": "", "answer": str(n)}) for n in range(3)]
    atom, caller = run(lambda *_: said, judge=13, ifd=(0.0, 9.0))
    assert atom.dropped_because == "disagreement"
    assert caller.steps() == [("teacher", "answer")]


def test_the_judges_pass_rate_is_counted_and_an_inert_judge_is_seen() -> None:
    passed, failed_one = (to_row(run(replies(score), judge=13)[0]) for score in (2, 1))
    assert list(of_atom(passed))[-2:] == ["judged", "judge_passed"]
    assert list(of_atom(failed_one))[-1] == "judged"
    assert inert_judge({"judged": 20, "judge_passed": 20}) is not None
    assert inert_judge({"judged": 20}) is not None
    assert inert_judge({"judged": 20, "judge_passed": 19}) is None
    assert inert_judge({"judged": 19, "judge_passed": 19}) is None, "of so few nothing can be said"


def answered(*said: str, grade: str | None = None) -> Any:
    """These answers, and what a grader says of them."""

    def reply(role: str, step: str, turn: str) -> list[str]:
        if step == "grade":
            assert grade is not None
            return [grade]
        return [json.dumps({"reasoning": "By the code.", "answer": answer}) for answer in said]

    return reply


def test_wordings_of_one_answer_agree_without_a_grader() -> None:
    atom, caller = run(answered("6 years", "The limit is 5 years.", "5 years"))
    assert caller.steps() == [("teacher", "answer")]
    assert (atom.answer, atom.agreement, atom.kept) == ("The limit is 5 years.", pytest.approx(2 / 3), True)


def test_a_grader_decides_what_words_leave_apart_and_is_paid_for() -> None:
    said = ("heart attack", "myocardial infarction", "stroke")
    alone, _ = run(answered(*said))
    assert (alone.agreement, alone.dropped_because) == (pytest.approx(1 / 3), "disagreement")
    atom, caller = run(answered(*said, grade='{"groups": [[1, 2], [3]]}'), grader=True)
    assert caller.steps() == [("teacher", "answer"), ("teacher", "grade")]
    assert (atom.answer, atom.agreement, atom.kept) == ("heart attack", pytest.approx(2 / 3), True)
    assert [(u.role, u.step) for u in atom.usage] == [("teacher", "answer"), ("teacher", "grade")]


def test_what_a_grader_cannot_decide_is_no_agreement_and_is_counted() -> None:
    atom, _ = run(answered("heart attack", "myocardial infarction", "stroke", grade="all of them"), grader=True)
    assert (atom.agreement, atom.dropped_because) == (pytest.approx(1 / 3), "disagreement")
    assert "gradings_unread" in list(of_atom(to_row(atom)))


def test_an_atom_that_is_answered_in_the_prompts_words_alone_is_dropped_as_that() -> None:
    atom, _ = run(answered(*["name the fact or rule that settles it"] * 3))
    assert (atom.answer, atom.kept, atom.dropped_because) == (None, False, "echo")
    assert "dropped_echo" in list(of_atom(to_row(atom)))


def test_replies_without_an_answer_are_kept_as_they_came_each_with_its_reason() -> None:
    echo = json.dumps({"reasoning": "By it.", "answer": "The limit is how long?"})
    said = iter([
        Sample(SAID, "stop", 5), Sample("It depends on many\nthings, as ever.", "stop", 7),
        Sample("The limit is", "length", 9), Sample(echo, "stop", 9),
    ])  # fmt: skip
    tools, _ = toolbox(lambda *_: Completion(tuple(said), 3, 30), prompts="general", answers_per_atom=4)
    atom = asyncio.run(answer(tools, ASKED))
    assert atom.answers == ("5 years", "", "", "")
    assert [(one.text, one.reason) for one in atom.unread] == [
        ("It depends on many\nthings, as ever.", "unread"), ("The limit is", "cut_off"),
        (echo, "echo"),
    ]  # fmt: skip
    assert from_row(Atom, to_row(atom)) == atom
    earlier = {name: value for name, value in to_row(atom).items() if name != "unread"}
    assert from_row(Atom, earlier).unread == ()
