"""Chains that cannot be read, and a reader that is asked for their answers: see `method.reading.asked`.

In a pilot readers are asked about chains that were read anyway as well, and nothing that they say is used: so it is
known for each role how far they can be trusted. In a run they are asked where the pilot found that they can.
"""

import asyncio
import dataclasses
from collections.abc import Sequence

from dgrc.config import Sampling
from dgrc.method.reading import asked as asking
from dgrc.pipeline.steps.toolbox import PRIORITY, Toolbox, request_error
from dgrc.records import Asked, Chain, Question, Usage

MEASURE = "measure"
READER = "teacher"
"""Who reads: of the models at hand the one that reads best."""


def asks_somebody(tools: Toolbox) -> bool:
    """Whether there are roles whose chains a reader may be asked about."""
    return tools.method.ask_unread == MEASURE or isinstance(tools.method.ask_unread, tuple)


async def read_unread(
    tools: Toolbox, question: Question, role: str, chains: Sequence[Chain]
) -> tuple[tuple[Chain, ...], list[Asked], list[Usage]]:
    """The chains, among them those with an answer that only asking could read; what was said, and what it cost."""
    setting = tools.method.ask_unread
    measured, roles = setting == MEASURE, setting if isinstance(setting, tuple) else ()
    if not (measured or role in roles) or not asking.can_be_asked(tools.pack, question.choices, question.several):
        return tuple(chains), [], []
    # A chain that was cut off has not come to its answer: nobody can read one there.
    numbers = [n for n, chain in enumerate(chains) if chain.finish_reason == "stop" and (measured or not chain.answer)]
    found = await asyncio.gather(*(_ask(tools, question, role, n, chains[n]) for n in numbers))
    told = list(chains)
    for asked, _ in found:
        chain = told[asked.chain]
        if not measured and chain.answer is None and asked.first is not None and asked.first == asked.second:
            told[asked.chain] = dataclasses.replace(chain, answer=asked.first, read_by="asked")
    return tuple(told), [asked for asked, _ in found], [usage for _, spent in found for usage in spent]


async def _ask(tools: Toolbox, question: Question, role: str, number: int, chain: Chain) -> tuple[Asked, list[Usage]]:
    said: list[str | None] = []
    spent = []
    for order in asking.orders(len(question.choices)):
        messages, schema = asking.build_messages(tools.pack, question.text, question.choices, chain, order)
        completion, usage = await tools.caller.ask(
            READER, "read", question.id, messages, Sampling(temperature=0, max_tokens=asking.LONGEST_REPLY),
            priority=PRIORITY["read"], schema=schema, think=False,
        )  # fmt: skip
        spent.append(usage)
        error = request_error(READER, "read", completion)
        said.append(None if error else asking.parse_reply(completion.samples[0].text, order))
    return Asked(role, number, said[0], said[1]), spent
