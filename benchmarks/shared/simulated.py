"""Engines that cost no computing, for `benchmarks.scale`: what is left to measure is everything around them."""

import asyncio
import os
import random
import tempfile
import time
from pathlib import Path

from dgrc.config import Price
from dgrc.engines.base import Completion, Order, Request, Sample
from dgrc.engines.journal import Segment

LATENCY_S, AT_ONCE = 2.0, 10
RATE = AT_ONCE / LATENCY_S
"""Questions a second of a simulated replica: ten at once, two seconds each on average."""
TIMES = Path(tempfile.gettempdir()) / "dgrc-simulated"
"""Where replicas note when they finished a question, a file each, if the folder is there."""
TEXT = "The code says so in one place and means it. " * 4 + "<answer>30 days</answer>"
_SLOTS: list[asyncio.Semaphore] = []
RATES = {"five_a_second": RATE, "forty_a_second": 8 * RATE}
"""Scripts of `engine: scripted`, with the questions that a replica of theirs answers in a second."""


async def five_a_second(request: Request) -> list[str]:
    """The reply of a replica with ten slots, in turn; a script of `engine: scripted`."""
    return await _in_turn(request, AT_ONCE)


async def forty_a_second(request: Request) -> list[str]:
    """The same with eighty slots."""
    return await _in_turn(request, 8 * AT_ONCE)


async def _in_turn(request: Request, at_once: int) -> list[str]:
    if not _SLOTS:
        _SLOTS.append(asyncio.Semaphore(at_once))
    async with _SLOTS[0]:
        await asyncio.sleep(random.uniform(0.5, 1.5) * LATENCY_S)
    if TIMES.is_dir():
        with open(TIMES / str(os.getpid()), "a", encoding="utf-8") as file:
            file.write(f"{time.time()}\n")
    return [TEXT] * request.n


class AnswersInPlace:
    """Stands for the pool of a role and its client: replies without leaving the worker."""

    price: Price | None = None
    model = "none"
    _segment: Segment | None = None

    def __init__(self, role: str):
        self.role = role

    def client(self, max_retries: int = 3) -> "AnswersInPlace":
        """Itself."""
        return self

    def take_load(self) -> None:
        """Nothing: there is no engine."""

    async def owed(self) -> dict[Order, int]:
        """Nothing."""
        return {}

    async def generate(self, request: Request, sibling: int, order: Order, written: object) -> Completion:
        """The same text for everything, journaled as a replica does."""
        if self._segment is None:
            self._segment = Segment(order.journal)
        completion = Completion(tuple(Sample(TEXT, "stop", 40) for _ in range(request.n)), 60, 0)
        self._segment.put(order.owner, order.key, completion)
        return completion
