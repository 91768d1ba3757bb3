"""Questions through an engine: what does this model answer?

The same engines, prompts and parsers as in curation. Two models are asked side by side, each on its
own pool, because a model's start takes longer than a small benchmark.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dgrc.config import EngineConfig, MethodConfig, Sampling
from dgrc.engines.base import Request
from dgrc.engines.pool import Pool, PoolClient, sibling_key
from dgrc.method import sample
from dgrc.method.prompts import load_pack
from dgrc.records import Chain, Question

IN_FLIGHT = 512
AT_ONCE = 2


@dataclass(frozen=True)
class Prediction:
    """One model's reply to one question; `chain.answer` is None if nothing could be parsed."""

    id: int
    chain: Chain
    error: str | None


def predict_all(
    models: dict[str, EngineConfig],
    questions: Sequence[Question],
    method: MethodConfig,
    sampling: Sampling,
    seed: int,
    say: Callable[[str], None],
) -> dict[str, list[Prediction]]:
    """Predictions of every model, in the order of the questions."""
    results: dict[str, list[Prediction]] = {}
    names = list(models)
    for start in range(0, len(names), AT_ONCE):
        group = names[start : start + AT_ONCE]
        pools: list[Pool] = []
        try:
            for name in group:
                pools.append(Pool.start(name, models[name], seed))
            for pool in pools:
                pool.wait()
            clients = [pool.client() for pool in pools]
            for name, predictions in zip(group, asyncio.run(_ask(clients, questions, method, sampling)), strict=True):
                results[name] = predictions
        finally:
            for pool in pools:
                pool.stop()
        say(f"  answered {', '.join(group)}: {len(questions):,} questions each")
    return results


async def _ask(
    clients: Sequence[PoolClient], questions: Sequence[Question], method: MethodConfig, sampling: Sampling
) -> list[list[Prediction]]:
    return list(await asyncio.gather(*(predict(c, questions, method, sampling) for c in clients)))


async def predict(
    client: PoolClient, questions: Sequence[Question], method: MethodConfig, sampling: Sampling
) -> list[Prediction]:
    """One reply to each question, `IN_FLIGHT` at a time."""
    pack = load_pack(method.prompts)
    gate = asyncio.Semaphore(IN_FLIGHT)

    async def one(question: Question) -> Prediction:
        request = Request(
            messages=tuple(sample.build_messages(pack, question.text, question.choices)),
            temperature=sampling.temperature, top_p=sampling.top_p, top_k=sampling.top_k,
            max_tokens=sampling.max_tokens,
        )
        async with gate:
            completion = await client.generate(request, sibling_key(question.id, "evaluate"))
        if completion.error is not None:
            return Prediction(question.id, Chain("", None, "error", 0), completion.error)
        (reply,) = completion.samples
        return Prediction(
            question.id, sample.to_chain(reply.text, reply.finish_reason, reply.tokens, question.choices), None
        )

    return list(await asyncio.gather(*(one(q) for q in questions)))
