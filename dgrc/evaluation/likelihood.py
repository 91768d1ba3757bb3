"""What a model knows, without the form of its replies: the log-likelihoods of a question's options.

A question with its options flows in, in every cyclic order; the log-probability of each option's letter as the first
token of the reply flows back, and an average for each option flows out. Over all cyclic orders each option stands once
at each place, so a liking for a letter or a place adds the same to all of them. Nothing is generated, so there is
nothing to read and no form to learn.
"""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass

from dgrc.config import EngineConfig, EvaluationConfig
from dgrc.engines.base import Completion, Request
from dgrc.engines.client import PoolClient
from dgrc.engines.pool import sibling_key
from dgrc.method.prompts import Pack
from dgrc.method.reading.options import letter, lettered
from dgrc.records import Message, Question, hash64

MOST_ORDERS = 10
"""A question with more options is asked in so many orders, evenly spaced, instead of all."""
MOST_OPTIONS = 26
"""More options have names of two letters, which are more than one token."""
SPELLINGS = ("", " ")
"""What may stand before the letter: tokenizers differ in whether a reply begins with `A` or with a space and `A`."""
TIE = 1e-6
"""Averages as near to each other as this are one: rounding must not decide."""


@dataclass(frozen=True)
class OptionLikelihoods:
    """The average log-probability of each option, and how probable it was that the reply begins with a letter at all.

    `letter_probability` is the sum over the letters, averaged over the orders: near 0 the model would have begun its
    reply otherwise, and the likelihoods say little. With an `error` there are no log-probabilities.
    """

    logprobs: tuple[float, ...]
    letter_probability: float
    error: str | None = None


def left_out(engine: EngineConfig, pack: Pack, evaluation: EvaluationConfig, questions: Sequence[Question]) -> str:
    """Why the likelihoods of options are not asked of an engine; empty if they are."""
    if evaluation.option_likelihood == "off":
        return "`evaluation.option_likelihood` is off"
    if not any(has_letters(question) for question in questions):
        return f"no question has from 2 to {MOST_OPTIONS} options of which one is right"
    if engine.engine == "openai_api":
        return "a server's API does not give them"
    if evaluation.option_likelihood == "on":
        return ""
    if engine.engine == "scripted":
        return "a scripted engine has none (`evaluation.option_likelihood: on` asks it all the same)"
    if pack.reply == "tagged":
        return f"models of the pack `{pack.name}` know no prompts but its own (`evaluation.option_likelihood: on` asks)"
    return ""


def has_letters(question: Question) -> bool:
    """Whether the options of a question can be told apart by one letter each, and one of them is the answer."""
    return not question.several and 2 <= len(question.choices) <= MOST_OPTIONS


def cyclic_orders(options: int) -> list[tuple[int, ...]]:
    """Orders of the options, each rotated further than the one before: all of them, or `MOST_ORDERS` evenly spaced."""
    count = min(options, MOST_ORDERS)
    starts = [number * options // count for number in range(count)]
    return [tuple((start + place) % options for place in range(options)) for start in starts]


def build_messages(text: str, choices: Sequence[str]) -> tuple[Message, ...]:
    """Asks for the letter alone; one wording for all packs. The question comes first: its orders share the prefix."""
    asked = [text, "", *lettered(choices), "", "Which option is right? Reply with its letter alone."]
    return ({"role": "user", "content": "\n".join(asked)},)


def build_requests(question: Question) -> list[Request]:
    """One request an order; its answer is one log-probability for each letter in each spelling."""
    letters = [letter(place) for place in range(len(question.choices))]
    spelled = tuple(before + name for before in SPELLINGS for name in letters)
    return [
        Request(
            build_messages(question.text, [question.choices[option] for option in order]),
            max_tokens=1, think=False, logprobs_of=spelled,
        )
        for order in cyclic_orders(len(question.choices))
    ]  # fmt: skip


def average(by_order: Sequence[Sequence[float]], options: int) -> OptionLikelihoods:
    """The averages of each option, from what the letters in all their spellings got in each of the cyclic orders."""
    if any(len(logprobs) != options * len(SPELLINGS) for logprobs in by_order):
        return OptionLikelihoods((), 0.0, f"the engine did not give {options * len(SPELLINGS)} log-probabilities")
    sums, letters = [0.0] * options, 0.0
    for order, logprobs in zip(cyclic_orders(options), by_order, strict=True):
        for place, option in enumerate(order):
            said = _log_of_sum(logprobs[place::options])
            sums[option] += said
            letters += math.exp(said)
    if not all(map(math.isfinite, sums)):
        return OptionLikelihoods((), 0.0, "a letter is more than one token of this model")
    orders = len(by_order)
    return OptionLikelihoods(tuple(total / orders for total in sums), letters / orders)


def best_option(found: OptionLikelihoods, question: Question) -> str:
    """The letter of the likeliest option. Among equals a hash of their texts draws, so that no place is preferred."""
    top = max(found.logprobs)
    equal = [place for place, logprob in enumerate(found.logprobs) if top - logprob <= TIE]
    return letter(min(equal, key=lambda place: hash64(question.text, question.choices[place])))


async def option_likelihoods(
    client: PoolClient, questions: Sequence[Question], in_flight: int
) -> list[OptionLikelihoods | None]:
    """Those of each question, in their order; None without options that letters can name, or where several may be
    right: the first letter says nothing of the others."""
    gate = asyncio.Semaphore(in_flight)

    async def ask(request: Request, sibling: int) -> Completion:
        async with gate:
            return await client.generate(request, sibling)

    async def one(question: Question) -> OptionLikelihoods | None:
        if not has_letters(question):
            return None
        sibling = sibling_key(question.id, "options")
        completions = await asyncio.gather(*(ask(request, sibling) for request in build_requests(question)))
        errors = [completion.error for completion in completions if completion.error is not None]
        if errors:
            return OptionLikelihoods((), 0.0, errors[0])
        return average([completion.logprobs for completion in completions], len(question.choices))

    return list(await asyncio.gather(*(one(question) for question in questions)))


def _log_of_sum(logarithms: Sequence[float]) -> float:
    top = max(logarithms)
    return top if top == -math.inf else top + math.log(sum(math.exp(value - top) for value in logarithms))
