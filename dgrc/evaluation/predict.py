"""Questions through an engine: what does this model answer?

The same engines, prompts and parsers as in curation. Models that differ in their weights alone (a student
before and after) take turns in one engine, because an engine's start takes longer than a small benchmark;
engines of different models work side by side.
"""

import asyncio
import dataclasses
import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dgrc.config import EngineConfig, EvaluationConfig, MethodConfig, Sampling
from dgrc.engines.base import drawn_by
from dgrc.engines.client import PoolClient
from dgrc.engines.pool import Pool, sibling_key
from dgrc.errors import EvaluationError
from dgrc.evaluation.likelihood import OptionLikelihoods, left_out, option_likelihoods
from dgrc.method import sample
from dgrc.method.compare import majority_answer
from dgrc.method.prompts import languages, load_pack
from dgrc.records import Chain, Question
from dgrc.runtime.driver import finish

IN_FLIGHT = 512


@dataclass(frozen=True)
class Prediction:
    """One model's reply to one question; `chain.answer` is None if nothing could be parsed.

    `majority` is the most frequent answer of `evaluation.majority_of` further replies, None without or if none parsed;
    `majority_error` is why there are no such replies.
    `options` are the log-likelihoods of the question's options, None where they were not asked for or not given.
    """

    id: int
    chain: Chain
    error: str | None
    majority: str | None = None
    options: OptionLikelihoods | None = None
    majority_error: str | None = None


def predict_all(
    engines: Sequence[tuple[EngineConfig, Mapping[str, str]]],
    questions: Sequence[Question],
    method: MethodConfig,
    evaluation: EvaluationConfig,
    seed: int,
    say: Callable[[str], None],
    answered: Callable[[], None] = lambda: None,
    up: Sequence[Pool | None] = (),
) -> dict[str, list[Prediction]]:
    """Predictions of every model by name, in the order of the questions.

    Args:
        engines: Each engine with the models that take turns in it: names to directories of the same architecture
            and tokenizer as its own.
        questions: What to ask.
        method: Names the prompt pack.
        evaluation: How replies are drawn, and how many for a majority.
        seed: Seeds the engines.
        say: Takes one line for the user at a time.
        answered: Is called after each question that a model has answered.
        up: Of each engine the pool that runs already, which is left running; None starts one.

    Raises:
        EvaluationError: questions have several right options, which the prompt pack cannot ask for.
    """
    if any(question.several for question in questions) and not sample.asks_for_several(load_pack(method.prompts)):
        raise EvaluationError(f"Held-out questions have several right options. {sample.one_letter(method.prompts)}")
    texts = (" ".join([question.text, *question.choices]) for question in questions[: languages.LOOKED_AT])
    if warning := languages.mismatch(load_pack(method.prompts), languages.shares(texts), "held-out questions"):
        say(f"  ! {warning}")
    started: list[Pool] = []
    pools: list[Pool] = []
    try:
        for (config, models), running in itertools.zip_longest(engines, up[: len(engines)]):
            if running is None:
                started.append(running := Pool.start(" and ".join(models), config, seed))
            pools.append(running)
        for pool in started:
            pool.wait(say)
        turns = []
        for pool, (config, models) in zip(pools, engines, strict=True):
            reason = left_out(config, load_pack(method.prompts), evaluation, questions)
            if reason and evaluation.option_likelihood != "off":
                say(f"  {' and '.join(models)}: likelihoods of options are left out: {reason}")
            elif not reason and (sets := sum(question.several for question in questions)):
                say(f"  likelihoods of options are left out of {sets:,} questions with several right options")
            clients = {name: pool.client(weights=directory) for name, directory in models.items()}
            turns.append((clients, not reason))
        return finish(_side_by_side(turns, questions, method, evaluation, say, answered))
    finally:
        for pool in started:
            pool.stop()


async def _side_by_side(
    turns: Sequence[tuple[dict[str, PoolClient], bool]],
    questions: Sequence[Question],
    method: MethodConfig,
    evaluation: EvaluationConfig,
    say: Callable[[str], None],
    answered: Callable[[], None],
) -> dict[str, list[Prediction]]:
    async def one_engine(clients: dict[str, PoolClient], scores_options: bool) -> dict[str, list[Prediction]]:
        results = {}
        for name, client in clients.items():
            began = time.monotonic()
            predictions = await predict(client, questions, method, evaluation, answered)
            said = f"  {name:<18} {len(questions):,} questions answered in {time.monotonic() - began:.0f} s"
            if scores_options:
                began = time.monotonic()
                options = await option_likelihoods(client, questions, IN_FLIGHT, load_pack(method.prompts).language)
                pairs = zip(predictions, options, strict=True)
                predictions = [dataclasses.replace(one, options=found) for one, found in pairs]
                said += f", likelihoods of options in {time.monotonic() - began:.0f} s"
            results[name] = predictions
            say(said)
        return results

    done = await asyncio.gather(*(one_engine(*turn) for turn in turns))
    return {name: predictions for results in done for name, predictions in results.items()}


async def predict(
    client: PoolClient,
    questions: Sequence[Question],
    method: MethodConfig,
    evaluation: EvaluationConfig,
    answered: Callable[[], None] = lambda: None,
) -> list[Prediction]:
    """One reply to each question, and a majority's where one is asked for, `IN_FLIGHT` at a time."""
    pack = load_pack(method.prompts)
    gate = asyncio.Semaphore(IN_FLIGHT)

    async def ask(question: Question, sampling: Sampling, n: int) -> tuple[list[Chain], str | None]:
        messages = sample.build_messages(pack, question.text, question.choices, question.several)
        request = drawn_by(sampling, messages, n=n)
        async with gate:
            completion = await client.generate(request, sibling_key(question.id, "evaluate"))
        replies = [
            sample.to_chain(
                reply.text, reply.finish_reason, reply.tokens, question.choices, method.answers, reply.thoughts,
                pack.reply == "tagged", question.several, question.text,
            )
            for reply in completion.samples
        ]
        return replies, completion.error

    async def one(question: Question) -> Prediction:
        chains, error = await ask(question, evaluation.sampling, 1)
        answered()
        if error is not None:
            return Prediction(question.id, Chain("", None, "error", 0), error)
        majority = unserved = None
        if evaluation.majority_of is not None:
            drawn, unserved = await ask(question, evaluation.majority_sampling, evaluation.majority_of)
            majority = majority_answer(drawn)
        return Prediction(question.id, chains[0], None, majority, majority_error=unserved)

    return list(await asyncio.gather(*(one(q) for q in questions)))
