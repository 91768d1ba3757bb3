"""The points about the run: `curate`, `premise` with the truth of every step, and `tokens` beside it."""

import math
from collections.abc import Mapping
from typing import Any

from benchmarks.real.bench import Bench, spent
from dgrc.config import Config
from dgrc.proving.natural.files import TRUTH
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
    """What the method stands on, by computed truth: chains, atoms, verdicts, and the truth's own steps, asked alone;
    and what `dgrc premise` expects of a training."""
    from dgrc.workflow.premise import run_premise

    bench.points.need("curate")
    with Job(bench.settings.config(), bench.say, allow_empty=True).open("curate") as job:
        figures = run_premise(job, bench.settings.domain / TRUTH, MOST_STEPS)
    return {"figures": figures, "read_share_of_stopped": of_all(figures["read_share"])}


def of_all(shares: Mapping[str, Mapping[str, Any] | None]) -> float | None:
    """The share over all roles together."""
    found = [share for share in shares.values() if share]
    n = sum(share["n"] for share in found)
    return round(sum(share["hits"] for share in found) / n, 4) if n else None


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
