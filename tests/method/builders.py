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


def assert_no_backtracking(work: Callable[[str], object], piece: str, before: str = "") -> None:
    """A text four times as long takes about four times as long, not sixteen: held to itself, since machines differ.

    The longer one is above the length at which anything is cut (20,000). What else a process does may take a while too,
    but not three times in a row.
    """
    times: list[float] = []

    def takes(size: int) -> float:
        text = before + piece * (size // len(piece)) + "x"
        began = time.process_time()
        work(text)
        times.append(time.process_time() - began)
        return times[-1]

    slow = all(8 * takes(6_000) + 0.06 < takes(24_000) for _ in range(3))
    assert not slow, f"of a quarter and of the whole, in turn: {', '.join(f'{seconds:.2f} s' for seconds in times)}"


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
