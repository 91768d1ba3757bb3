"""What `gather` asks of whom: equal answers get one wording before they are compared, agreement may be audited."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from dgrc.engines.base import Completion
from dgrc.pipeline.counters import of_case
from dgrc.pipeline.steps.gather import gather
from dgrc.records import Case, Question
from dgrc.storage.arrow import to_row
from tests.pipeline.steps.tools import FakeCaller, toolbox

QUESTION = Question(1, "q1", "How far is it?", (), None, "", "{}")
DIAGNOSIS = json.dumps({"comparison": "", "questions": ["How far is the court?"]})


def said(*answers: str) -> list[str]:
    return [f"<answer>{answer}</answer>" for answer in answers]


def run(replies: dict[str, list[str]], question: Question = QUESTION, **method: Any) -> tuple[Case, FakeCaller]:
    """Gathers with the replies of each role's sampling; `grade` and `diagnose` are steps of the teacher."""

    def reply(role: str, step: str, turn: str) -> list[str] | Completion:
        return replies[role] if step == "sample" else replies.get(step, [DIAGNOSIS])

    tools, caller = toolbox(reply, prompts="general", **method)
    return asyncio.run(gather(tools, question)), caller


def answers(case: Case) -> list[list[str | None]]:
    return [[chain.answer for chain in chains] for chains in (case.teacher, case.student, case.auditor)]


def test_numbers_that_are_equal_in_other_units_do_not_diverge() -> None:
    case, caller = run({"teacher": said("5 km"), "student": said("5000 m", "about 5.02 km")}, answers="number")
    assert answers(case)[:2] == [["5 kilometer"], ["5 kilometer", "5.02 kilometer"]]
    assert (case.status, len(case.diagnoses)) == ("divergent", 1)
    near, _ = run(
        {"teacher": said("5 km"), "student": said("5000 m", "5.02 km")}, answers="number", number_tolerance=0.01
    )
    assert near.status == "agreeing"
    assert all(step in ("sample", "diagnose") for _, step in caller.steps())


def test_an_open_reply_is_read_by_what_its_question_asks_for() -> None:
    concludes = "One km has 1000 m.\nSo the way to the court is 5000 m."
    case, _ = run({"teacher": [concludes], "student": said("5 km")}, replace(QUESTION, text="How many km is it?"))
    assert answers(case)[:2] == [["5000 meter"], ["5000 meter"]] and case.status == "agreeing"
    mute, _ = run({"teacher": [concludes], "student": said("5 km")}, replace(QUESTION, text="How does he go there?"))
    assert answers(mute)[0] == [None]


def test_an_answer_that_is_not_of_the_form_is_counted_and_never_diverges() -> None:
    case, _ = run({"teacher": said("5 km"), "student": said("far away", "5 km")}, answers="number")
    assert (case.status, answers(case)[1]) == ("agreeing", [None, "5 kilometer"])
    assert list(of_case(to_row(case))).count("student_unread") == 1


def test_a_grader_is_asked_once_and_only_where_wordings_differ() -> None:
    replies = {"teacher": said("the supreme court", "SCOTUS"), "student": said("The Supreme Court.", "the high court")}
    replies["grade"] = [json.dumps({"groups": [[1, 2], [3]]})]
    case, caller = run(replies, grader=True)
    assert caller.steps().count(("teacher", "grade")) == 1
    assert answers(case)[:2] == [["the supreme court"] * 2, ["the supreme court", "the high court"]]
    assert case.status == "divergent" and case.error is None
    assert {usage.step for usage in case.usage} >= {"grade"}

    _, caller = run({"teacher": said("one"), "student": said("ONE.")}, grader=True)
    assert ("teacher", "grade") not in caller.steps()
    _, caller = run({"teacher": said("one"), "student": said("two")})
    assert ("teacher", "grade") not in caller.steps(), "it is off by default"


@pytest.mark.parametrize("reply", ["no JSON", json.dumps({"groups": [[1]]})])
def test_a_grading_that_cannot_be_used_leaves_answers_apart_and_is_counted(reply: str) -> None:
    case, _ = run({"teacher": said("one"), "student": said("two"), "grade": [reply]}, grader=True)
    assert (case.status, answers(case)[:2]) == ("divergent", [["one"], ["two"]])
    assert (case.error or "").startswith("grading: ")
    assert "gradings_unread" in list(of_case(to_row(case)))


def test_with_choices_no_grader_is_asked() -> None:
    question = Question(1, "q1", "Which?", ("crown", "mill"), None, "", "{}")
    case, caller = run({"teacher": said("A"), "student": said("B")}, question, grader=True)
    assert case.status == "divergent" and ("teacher", "grade") not in caller.steps()


def test_agreement_is_audited_and_a_dispute_is_diagnosed_against_the_auditor() -> None:
    replies = {"teacher": said("one"), "student": said("one"), "auditor": said("two", "two", "one")}
    case, caller = run(replies, audit_share=1.0)
    assert caller.steps()[-2:] == [("auditor", "sample"), ("teacher", "diagnose")]
    assert [(d.against, d.other) for d in case.diagnoses] == [("auditor", 0)]
    assert case.status == "agreeing" and answers(case)[2] == ["two", "two", "one"]

    agreed, caller = run({**replies, "auditor": said("one")}, audit_share=1.0)
    assert agreed.diagnoses == () and len(agreed.auditor) == 1
    _, caller = run(replies)
    assert ("auditor", "sample") not in caller.steps()


def test_the_auditors_words_are_held_against_the_agreed_ones_as_any_other() -> None:
    replies = {"teacher": said("5 km"), "student": said("5 km"), "auditor": said("5000 m")}
    case, _ = run(replies, audit_share=1.0, answers="number")
    assert case.diagnoses == () and answers(case)[2] == ["5 kilometer"]


def test_sets_are_compared_whatever_their_order_and_the_flag_goes_on() -> None:
    question = Question(1, "q1", "Which?", ("x", "y", "z"), None, "", "{}", several=True)
    case, _ = run({"teacher": said("A, C", "CA"), "student": said("C and A", "AC", "A")}, question)
    assert answers(case)[:2] == [["AC", "AC"], ["AC", "AC", "A"]]
    assert (case.status, case.several, len(case.diagnoses)) == ("divergent", True, 1)
    agreeing, _ = run({"teacher": said("B; C"), "student": said("CB")}, question)
    assert (agreeing.status, agreeing.several) == ("agreeing", True)
    one, _ = run({"teacher": said("A, C"), "student": said("A")}, replace(question, several=False))
    assert answers(one)[:2] == [[None], ["A"]] and one.status == "unparsed"
    failed, _ = run({"teacher": [], "student": []}, question)
    assert failed.several


def test_options_of_one_text_do_not_diverge() -> None:
    question = Question(1, "q1", "Which?", ("x", "y", "x"), None, "", "{}")
    case, _ = run({"teacher": said("A"), "student": said("C", "x")}, question)
    assert (case.status, answers(case)[1]) == ("agreeing", ["A", "A"])
