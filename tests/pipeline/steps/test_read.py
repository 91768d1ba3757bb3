"""What is asked about chains that cannot be read, and what of it counts."""

import asyncio
import json
import re

import pytest

from dgrc.pipeline.steps import read as step
from dgrc.records import Asked, Chain, Question
from tests.pipeline.steps.tools import FakeCaller, toolbox

QUESTION = Question(1, "q1", "Which court?", ("crown", "mill", "senate"), None, "", "{}")
READ = Chain("B", "B", "stop", 1, "", "line")
UNREAD, CUT = Chain("I would say the mill.", None, "stop", 9), Chain("I would", None, "length", 9)


def run(said: str, ask_unread: object, role: str = "student") -> tuple[tuple[Chain, ...], list[Asked], FakeCaller]:
    """A reader that says the option `said`, wherever it stands; the letter itself where it is one of those shown."""

    def reply(_: str, __: str, turn: str) -> list[str]:
        found = re.search(rf"^([K-M])\. {said}$", turn, re.MULTILINE)
        return [json.dumps({"option": found.group(1) if found else said})]

    tools, caller = toolbox(reply, prompts="general")
    tools.method = tools.method.model_copy(update={"ask_unread": ask_unread})
    chains, asked, _ = asyncio.run(step.read_unread(tools, QUESTION, role, (READ, UNREAD, CUT)))
    return chains, asked, caller


@pytest.mark.parametrize(
    ("said", "answer", "read_by"),
    [("mill", "B", "asked"), ("senate", "C", "asked"), ("none", None, None), ("K", None, None), ("no", None, None)],
)
def test_the_same_option_both_times_counts_and_nothing_else(said: str, answer: str | None, read_by: str | None) -> None:
    chains, asked, caller = run(said, ("student",))
    assert caller.steps() == [("teacher", "read")] * 2, "of three chains one stopped without an answer"
    assert chains[0] == READ and chains[2] == CUT
    assert (chains[1].answer, chains[1].read_by, chains[1].text) == (answer, read_by, UNREAD.text)
    assert [row.chain for row in asked] == [1]
    assert (asked[0].first == asked[0].second) == (said != "K"), "a reader that takes the first letter is found out"
    assert not any(request.think for _, _, request in caller.asked)


def test_a_role_that_is_not_asked_about_costs_nothing_and_measuring_uses_nothing() -> None:
    chains, asked, caller = run("mill", ("student",), role="teacher")
    assert (chains, asked, caller.asked) == ((READ, UNREAD, CUT), [], [])
    chains, asked, caller = run("mill", step.MEASURE)
    assert chains == (READ, UNREAD, CUT) and len(caller.asked) == 4
    assert [(row.chain, row.first, row.second) for row in asked] == [(0, "B", "B"), (1, "B", "B")]
