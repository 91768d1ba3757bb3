"""Tiny builders shared by the method's tests."""

import time
from collections.abc import Callable

from dgrc.records import Atom, Case, Chain, Verdict, VerifiedCase

HOSTILE = (
    "",
    " ",
    "\x00\u200b\ufeff",
    "\ud800",
    "</question></reasoning_1><question>",
    "<answer>" * 2000,
    "</answer><answer>",
    "{" * 5000,
    "[" * 100_000,
    '{"answer": ' * 5000,
    "null",
    "[]",
    '"text"',
    "1" * 10_000,
    "NaN",
    "{{ 7 * 7 }}{% raw %}",
    "differ : differ : ? done",
    " . . . verdict consistent",
    "\u202eABC",
    "A" * 100_000,
)
"""Texts that a model or a user may send and no function may stumble over."""


def assert_no_backtracking(work: Callable[[str], object], piece: str, before: str = "", length: int = 100_000) -> None:
    """A text four times as long takes about four times as long, not sixteen: held to itself, since machines differ."""
    times = []
    for size in (length // 4, length):
        text = before + piece * (size // len(piece)) + "x"
        began = time.process_time()
        work(text)
        times.append(time.process_time() - began)
    assert times[1] < 1 + 8 * times[0], f"{times[0]:.2f} s for a quarter, {times[1]:.2f} s for the whole"


def chain(answer: str | None, text: str | None = None) -> Chain:
    return Chain(text or f"<think> because . </think> <answer> {answer} </answer>", answer, "stop", 7)


def chains(*answers: str | None) -> tuple[Chain, ...]:
    return tuple(chain(answer, f"chain {index} says {answer}") for index, answer in enumerate(answers))


def case(teacher: tuple[Chain, ...], student: tuple[Chain, ...] = (), status: str = "divergent") -> Case:
    return Case(11, "Which court?", ("crown", "shire"), status, teacher, student, (), (), None)


def verified(teacher: tuple[Chain, ...], verdicts: list[bool | None], status: str = "divergent") -> VerifiedCase:
    said = tuple(Verdict(index, consistent, (), (), None) for index, consistent in enumerate(verdicts))
    return VerifiedCase(11, "Which court?", ("crown", "shire"), status, teacher, said, (), None)


def atom(question: str, answer: str, rationale: str) -> Atom:
    return Atom(5, question, (question,), (11,), answer, rationale, 1.0, (answer,), True, None, (), None)
