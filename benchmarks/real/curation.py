"""The points about the run: `curate`, `premise` with the truth of every step, and `tokens` beside it."""

import math
from collections.abc import Sequence
from typing import Any

from benchmarks.real.bench import Bench, spent
from dgrc.config import Config
from dgrc.engines.base import Request
from dgrc.engines.client import PoolClient
from dgrc.engines.pool import sibling_key
from dgrc.method import answer, meaning
from dgrc.method.prompts import load_pack
from dgrc.proving.natural.problem import Problem, Step
from dgrc.records import hash64
from dgrc.runtime.driver import finish
from dgrc.workflow.job import Job

MOST_STEPS = 400
"""Distinct step questions that the teacher is asked: enough for a half-width of 0.05."""


def curate(bench: Bench) -> dict[str, Any]:
    """The domain's questions through the method, once; resumed pass by pass and row by row."""
    bench.points.need("domain")
    config = bench.settings.config()
    with Job(config, bench.say, allow_empty=True).open("curate") as job:
        report = job.curate()
    rows = report["gather"]["rows"]
    sampled = report["gather"]["usage"]["teacher/sample"]
    tokens = spent(report)
    return {
        "questions": rows,
        "status": report["gather"].get("status", {}),
        "counts": {name: report[name].get("counts", {}) for name in ("gather", "answer", "verify")},
        "atoms": {"asked": report["collect"]["asked"], "distinct": report["collect"]["distinct"]},
        "examples": {kind: report["assemble"].get(kind, 0) for kind in ("atomic", "cot")},
        "teacher_tokens": tokens,
        "tokens_a_question": round(tokens / rows, 2),
        "tokens_a_chain": round(sampled["completion_tokens"] / sampled["calls"], 2),
        "teacher_chains": config.method.teacher_chains,
        "pass_seconds": {name: report[name]["seconds"] for name in ("gather", "answer", "verify")},
    }


def premise(bench: Bench) -> dict[str, Any]:
    """What the method stands on, by computed truth: chains, atoms, verdicts; and the truth's own step questions."""
    from dgrc.evaluation.premise.figures import premise_figures
    from dgrc.evaluation.truth.computed import Computed

    from dgrc.evaluation.truth.items import items_of

    bench.points.need("curate")
    problems = list(bench.problems().values())
    items = items_of(bench.run, Computed(problems))
    stopped = [chain for chain in items.chains if chain.stopped]
    figures = premise_figures(items, knows_steps=True)
    return {
        "figures": figures,
        "read_share_of_stopped": round(sum(c.read for c in stopped) / len(stopped), 4) if stopped else None,
        "steps_asked": ask_steps(bench, [problem for problem in problems if problem.split == "train"]),
    }


def ask_steps(bench: Bench, problems: Sequence[Problem]) -> dict[str, Any]:
    """The teacher's greedy answers to the steps, each asked once and alone: what an ideal diagnosis would get."""
    config = bench.settings.config()
    distinct = {step.question: step for problem in problems for step in problem.steps}
    steps = sorted(distinct.values(), key=lambda step: hash64(step.question))[:MOST_STEPS]
    with bench.ray(config), bench.pool("teacher", config.teacher, config.seed) as pool:
        said = finish(_answers(pool.client(), steps, config))
    return score_steps(steps, said)


async def _answers(client: PoolClient, steps: Sequence[Step], config: Config) -> list[str | None]:
    import asyncio

    pack, sampling = load_pack(config.method.prompts), config.method.answer_sampling

    async def one(step: Step) -> str | None:
        messages = tuple(answer.build_messages(pack, step.question))
        request = Request(messages, max_tokens=sampling.max_tokens, schema=pack.schema("answer"))
        completion = await client.generate(request, sibling_key(hash64(step.question), "steps"))
        replies = [answer.parse_reply(pack, sample.text)[0] for sample in completion.samples]
        return replies[0] if replies else None

    return list(await asyncio.gather(*(one(step) for step in steps)))


def score_steps(steps: Sequence[Step], said: Sequence[str | None]) -> dict[str, Any]:
    """Share of steps that were answered right, in all and by kind; an answer that could not be read is wrong."""
    from dgrc.evaluation.truth.intervals import clustered

    hits = [
        (step.kind, step.question, got is not None and meaning.same(got, step.answer, question=step.question))
        for step, got in zip(steps, said, strict=True)
    ]
    kinds = sorted({kind for kind, _, _ in hits})
    by_kind = {
        kind: clustered((question, hit) for one, question, hit in hits if one == kind).to_dict() for kind in kinds
    }
    everything = clustered((question, hit) for _, question, hit in hits).to_dict()
    return {**everything, "read": sum(got is not None for got in said), "by_kind": by_kind}


def chains_for(tokens_a_question: float, tokens_a_chain: float) -> int:
    """How many teacher chains a question take as many tokens as DGRC spent, rounded up: never fewer tokens."""
    return max(1, math.ceil(tokens_a_question / tokens_a_chain))


def tokens(bench: Bench) -> dict[str, Any]:
    """A pass of sampling beside the run: so many teacher chains as equal DGRC's teacher tokens."""
    from dgrc.pipeline.curate import curate as passes
    from dgrc.runtime.session import ray_session

    found = bench.points.need("curate")
    more = chains_for(found["tokens_a_question"], found["tokens_a_chain"])
    bench.say(f"  {found['tokens_a_question']:,.0f} teacher tokens a question are {more} chains")
    job = Job(beside(bench, more), bench.say, allow_empty=True)
    with job.run.lock(), ray_session(job.config, job.run):
        job.run.claim(job.config)
        report = passes(job.run, job.config, bench.say, until="gather")
    generated = spent(report, ("gather",))
    return {"chains": more, "teacher_tokens": generated, "of_dgrc": round(generated / found["teacher_tokens"], 4)}


def beside(bench: Bench, chains: int) -> Config:
    """The configuration of the run beside DGRC's, which samples teacher chains and does nothing else."""
    return bench.settings.config(
        "tokens", f"method.teacher_chains={chains}", "method.student_chains=1", "method.max_pairs=0"
    )
