"""Is the teacher reliable on small questions? Steps of problems go to it one by one; what it answers comes back.

Each step is asked as an atom is: alone, in a fresh context, by the `answer` prompt of the pack, and its answer is
compared with the truth as all answers are. The problems' own steps are asked, not what the teacher asks itself: so the
figure is of the same questions for every teacher.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dgrc.config import EngineConfig, MethodConfig
from dgrc.engines.base import drawn_by
from dgrc.engines.client import PoolClient
from dgrc.engines.pool import Pool, sibling_key
from dgrc.engines.waiting import OnWait
from dgrc.evaluation.premise.differences import difference, shares
from dgrc.evaluation.score import is_right
from dgrc.evaluation.truth.items import Items
from dgrc.method import answer
from dgrc.method.prompts import load_pack
from dgrc.proving.natural.problem import Problem, Step
from dgrc.records import hash64
from dgrc.runtime.driver import finish

IN_FLIGHT = 512


@dataclass(frozen=True)
class Asked:
    """A step of a question, what the teacher answered (None: nothing that can be read) and whether that is right;
    `error` is why there is no reply."""

    question: int
    kind: str
    text: str
    truth: str
    answer: str | None
    right: bool
    error: str | None


def choose_steps(problems: dict[int, Problem], count: int, seed: int) -> list[tuple[int, Step]]:
    """So many distinct steps of these problems, by their questions' ids; the same for the same seed."""
    distinct: dict[str, tuple[int, Step]] = {}
    for question in sorted(problems):
        for step in problems[question].steps:
            distinct.setdefault(step.question, (question, step))
    return sorted(distinct.values(), key=lambda one: hash64("steps", str(seed), one[1].question))[:count]


def ask_steps(
    engine: EngineConfig, steps: Sequence[tuple[int, Step]], method: MethodConfig, seed: int,
    on_wait: OnWait | None = None,
) -> list[Asked]:  # fmt: skip
    """Starts the teacher's engine, puts all steps to it and ends it; `on_wait` as of `Pool.wait`.

    Raises:
        EngineError: the engine cannot be started.
    """
    with Pool.start("teacher", engine, seed) as pool:
        pool.wait(on_wait)
        return finish(put(pool.client(), steps, method))


async def put(client: PoolClient, steps: Sequence[tuple[int, Step]], method: MethodConfig) -> list[Asked]:
    """One reply to each step, `IN_FLIGHT` at a time."""
    pack, gate, sampling = load_pack(method.prompts), asyncio.Semaphore(IN_FLIGHT), method.answer_sampling

    async def one(question: int, step: Step) -> Asked:
        request = drawn_by(sampling, answer.build_messages(pack, step.question), schema=pack.schema("answer"))
        async with gate:
            completion = await client.generate(request, sibling_key(question, "premise"))
        said, right = None, False
        if completion.error is None and completion.samples[0].finish_reason == "stop":
            said, _, _ = answer.parse_reply(pack, completion.samples[0].text, step.question)
            right = is_right(said, step.answer, (), tolerance=method.number_tolerance, question=step.question)
        return Asked(question, step.kind, step.question, step.answer, said, right, completion.error)

    return list(await asyncio.gather(*(one(*each) for each in steps)))


def step_figures(asked: Sequence[Asked], items: Items, confidence: float) -> dict[str, Any]:
    """`step_accuracy` (an unread answer is wrong), `step_read`, `step_accuracy_by_kind`, how many requests failed and
    are left out, and `steps_over_chains`: steps right minus teacher chains right, by answer."""
    replied = [one for one in asked if one.error is None]
    hits = [(one.question, one.right) for one in replied]
    chains = [(c.question, c.truth.answer_right) for c in items.chains if c.role == "teacher"]
    over = difference(hits, chains, confidence)
    return {
        "step_accuracy": shares(hits, confidence),
        "step_read": shares([(one.question, one.answer is not None) for one in replied], confidence),
        "step_accuracy_by_kind": {
            kind: shares([(one.question, one.right) for one in replied if one.kind == kind], confidence)
            for kind in sorted({one.kind for one in replied})
        },
        "steps_failed": len(asked) - len(replied),
        "steps_over_chains": over.to_dict() if over else None,
    }
