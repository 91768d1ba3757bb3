"""Steps of problems put to a teacher: as atoms are asked, judged as answers are, one reply each."""

import asyncio
from typing import Any, cast

from dgrc.config import MethodConfig
from dgrc.engines.base import Completion, Request, Sample
from dgrc.engines.client import PoolClient
from dgrc.evaluation.premise.steps import Asked, choose_steps, put, step_figures
from dgrc.method import answer
from dgrc.method.prompts import load_pack
from dgrc.proving.natural.problem import Problem, Step
from tests.evaluation.premise.make import WRONG, chain, items

DOSE = Step("multiply", "How many mg are 5 doses of 60 mg?", "300 mg", ())
DAYS = Step("days", "How many days are 3 weeks?", "21 days", ())
RATE = Step("divide", "What is 90 mL over 3 hours, in mL/h?", "30 mL/h", ())
SAID = {
    DOSE.question: ('{"reasoning": "5 x 60", "answer": "0.3 g"}', "stop"),
    DAYS.question: ('{"reasoning": "3 x 7", "answer": "20 days"}', "stop"),
    RATE.question: ('{"reasoning": "90 / 3", "answer": "30 mL/h"}', "length"),
}


class Teacher:
    """Answers by the question; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Request] = []

    async def generate(self, request: Request, key: int) -> Completion:
        self.asked.append(request)
        for question, (text, ended) in SAID.items():
            if question in request.messages[-1]["content"]:
                return Completion((Sample(text, ended, 9),), 9, 0)
        return Completion((), 0, 0, error="refused: too long")


def problem(id_: str, *steps: Step) -> Problem:
    return Problem(id_, "", "", "", "", len(steps), f"text {id_}", steps[-1].answer, steps)


def test_each_step_is_asked_alone_and_judged_by_what_it_means() -> None:
    teacher, method = Teacher(), MethodConfig(prompts="general")
    steps = [(1, DOSE), (1, DAYS), (2, RATE), (3, Step("add", "unheard of", "1", ()))]
    found = asyncio.run(put(cast(PoolClient, teacher), steps, method))
    pack = load_pack("general")
    assert [list(r.messages) for r in teacher.asked] == [answer.build_messages(pack, s.question) for _, s in steps]
    assert {r.schema for r in teacher.asked} == {pack.schema("answer")} and {r.n for r in teacher.asked} == {1}
    told = [("0.3 g", True), ("20 days", False), (None, False), (None, False)]
    assert [(one.answer, one.right) for one in found] == told
    assert [one.error for one in found] == [None, None, None, "refused: too long"], "a cut reply is unread, no error"


def test_the_figures_leave_out_what_got_no_reply_and_tell_kinds_apart() -> None:
    def asked(question: int, kind: str, answer: str | None, right: bool, error: str | None = None) -> Asked:
        return Asked(question, kind, f"{question} {kind}", "1", answer, right, error)

    replies = [
        asked(1, "add", "1", True), asked(2, "add", "2", False), asked(3, "days", "1", True),
        asked(3, "add", None, False), asked(4, "days", None, False, "away"),
    ]  # fmt: skip
    found = step_figures(replies, items(chains=[chain(1), chain(2, WRONG), chain(3, WRONG), chain(4, WRONG)]), 0.95)
    assert (found["step_accuracy"]["hits"], found["step_accuracy"]["n"], found["steps_failed"]) == (2, 4, 1)
    kinds = {kind: (share["hits"], share["n"]) for kind, share in found["step_accuracy_by_kind"].items()}
    assert kinds == {"add": (1, 3), "days": (1, 1)}
    assert found["step_read"]["hits"] == 3 and found["steps_over_chains"]["value"] == 0.25
    none: dict[str, Any] = step_figures([], items(chains=[chain(1)]), 0.95)
    assert none["step_accuracy"] is None and none["steps_over_chains"] is None


def test_steps_are_distinct_and_the_same_for_the_same_seed() -> None:
    problems = {2: problem("b", DOSE, DAYS), 1: problem("a", DOSE, RATE)}
    every = choose_steps(problems, 9, 0)
    assert sorted(s.question for _, s in every) == sorted(SAID), "one that two problems share is asked once"
    assert choose_steps(problems, 2, 0) == every[:2] == choose_steps(dict(reversed(problems.items())), 2, 0)
    assert any(choose_steps(problems, 9, seed) != every for seed in range(1, 9))
    assert choose_steps(problems, 0, 0) == []
