"""Scripted engines for tests of the machinery: replies in the `proving` pack's form, made by rule.

The world: question `case N . which court ?` has the true answer N % 5. The teacher slips on every
third question and the student on every second; atoms are always answered right.
"""

import os
import re
import time

from dgrc.engines.base import Request, request_key

SLOW_TEACHER = "teacher:tests.scripts:slow_teacher"
"""How the journal names the model behind `slow_teacher`: role, then script."""


def _number(text: str) -> int:
    found = re.search(r"case (\d+)", text)
    assert found, text
    return int(found.group(1))


def _chain(n: int, value: int) -> str:
    return f"<think> rule of case {n} is {value} . </think> <answer> {value} </answer>"


def _verdict(n: int, said: str, facts: list[tuple[str, str]]) -> str:
    """Fact by fact: those of other cases are unused."""
    words = ["unused" if int(case) != n else "same" if value == said else "differ" for case, value in facts]
    verdict = "inconsistent" if "differ" in words else "consistent"
    clauses = [f"rule {value} {word}" for (_, value), word in zip(facts, words, strict=True)]
    return " . ".join([*clauses, f"verdict {verdict}"])


def teacher(request: Request) -> list[str]:
    """Samples, diagnoses, answers and verifies."""
    content = request.messages[-1]["content"]
    n = _number(content)
    if content.startswith("compare ."):
        return [f"rule 1 2 differ : what is the rule of case {n} ? done"]
    if content.startswith("what is"):
        return [f"<think> rule of case {n} is {n % 5} . </think> <answer> {n % 5} </answer>"] * request.n
    if content.startswith("check ."):
        said = re.search(r"chain : .*<answer> (\d) </answer>", content, re.DOTALL)
        assert said, content
        return [_verdict(n, said.group(1), re.findall(r"rule of case (\d+) \? (\d) \.", content))]
    slip = n % 3 == 0
    return [_chain(n, (n + (1 if slip and i == 0 else 0)) % 5) for i in range(request.n)]


def student(request: Request) -> list[str]:
    """Samples only; wrong on every second question."""
    n = _number(request.messages[-1]["content"])
    return [_chain(n, (n + n % 2) % 5)] * request.n


def refusing(request: Request) -> list[str]:
    """A student that refuses one question."""
    if _number(request.messages[-1]["content"]) == 7:
        raise ValueError("not this one")
    return student(request)


def slow_teacher(request: Request) -> list[str]:
    """The teacher, slowly enough to be killed in the middle; keeps a tally of the keys of what it was asked."""
    time.sleep(0.02)
    with open(os.environ["DGRC_TEST_TALLY"], "a") as f:
        f.write(f"{request_key(SLOW_TEACHER, request)}\n")
    return teacher(request)


def option_lover(request: Request) -> list[str]:
    """Says A at length; asked for letters, it likes the first one a little and the option `mill` more."""
    if not request.logprobs_of:
        return ["Courts are many.\n<answer>A</answer>"] * request.n
    mill = "B" if "B. mill" in request.messages[-1]["content"] else "A"
    return [" ".join(str(-3.0 + (text == "A") + 2 * (text == mill)) for text in request.logprobs_of)]


def mute(request: Request) -> list[str]:
    """Ends every reply at once and answers nothing."""
    return [""] * request.n
