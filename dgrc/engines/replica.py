"""One engine in one Ray actor: what a pool has several of and its clients (`client.py`) send requests to."""

import asyncio
import logging
import os
import sys
import time
import traceback
from typing import Any

import psutil
import ray

from dgrc.config import EngineConfig
from dgrc.engines.api.ledger import SharedAccounts
from dgrc.engines.base import Completion, Engine, Order, Request, Telling
from dgrc.engines.journal import Segment
from dgrc.engines.load import LOOK_EVERY_S, Figures, Gauges, Load, Measured
from dgrc.engines.scripted import ScriptedEngine
from dgrc.errors import EngineError

LOG = logging.getLogger(__name__)
RESERVED_S = 30.0
"""So long a replica keeps free for a request that is to be served alone and does not come."""
KEPT = 256
"""Replies that a replica keeps for whoever asks again for the same."""


@ray.remote(max_restarts=-1, max_task_retries=0)
class Replica:
    """One engine in one actor. Counts what is in flight and says so with each reply.

    Ray restarts it whenever it dies; that ends because clients give up (`client.py`). A request that may be what kills
    it is served alone, so that it is known.
    """

    def __init__(
        self, config: EngineConfig, seed: int, ledger: Any | None = None, role: str = "engine", number: int = 0
    ):
        self._engine = make_engine(config, seed, ledger)
        self._ready: asyncio.Task[None] | None = None
        self._depth = 0
        self._progress = time.monotonic()
        self._weights = config.weights
        self._switching = asyncio.Lock()
        self._gate = asyncio.Lock()
        self._reservation: asyncio.TimerHandle | None = None
        self._under_way: dict[Order, asyncio.Task[tuple[Completion, int]]] = {}
        self._made: dict[Order, Completion] = {}
        self._segment: Segment | None = None
        self._called = (role, number)
        self._load = Load()
        self._looking: asyncio.Task[None] | None = None
        self._measured = True

    async def ready(self) -> list[int]:
        """Waits for the engine and returns the pids of all its processes."""
        await self._started()
        me = psutil.Process()
        return [me.pid, *(child.pid for child in me.children(recursive=True))]  # reads all of /proc

    async def _started(self) -> None:
        if self._ready is None:
            self._ready = asyncio.ensure_future(self._start())
        await self._ready

    async def _start(self) -> None:
        await self._engine.start()
        if isinstance(self._engine, Measured):
            self._looking = asyncio.create_task(self._look())

    def _figures(self) -> Figures | None:
        """The engine's own figures, as long as it gives them; one that fails is asked no more; that is logged."""
        if not self._measured or not isinstance(self._engine, Measured):
            return None
        try:
            return self._engine.figures()
        except Exception as e:  # noqa: BLE001 - of a library: whatever it is, no request may fail for it
            self._measured = False
            LOG.warning("%s %d: the engine's own figures cannot be read, so metrics and report lack them: %r",
                        *self._called, e)  # fmt: skip
            return None

    async def _look(self) -> None:
        gauges = Gauges(*self._called)
        while (now := self._figures()) is not None:
            self._load.see(now)
            gauges.show(now)
            await asyncio.sleep(LOOK_EVERY_S)

    async def take_load(self) -> dict[str, float] | None:
        """What the engine's own figures come to since this was asked before; None of one that has none."""
        now = self._figures()
        return None if now is None else self._load.take(now)

    async def stalled(self) -> float:
        """Seconds for which there were requests under way and none was finished; 0 while there are none."""
        return time.monotonic() - self._progress if self._depth else 0.0

    async def reserve(self) -> None:
        """Returns when nothing else is in flight; nothing else will be until the caller's request, `alone`, is served.

        A reservation that is not taken up ends by itself: its caller may be dead.
        """
        await self._started()
        await self._gate.acquire()
        while self._depth:
            await asyncio.sleep(0.01)
        self._reservation = asyncio.get_running_loop().call_later(RESERVED_S, self._release)

    def _release(self) -> None:
        self._reservation = None
        self._gate.release()

    async def owes(self) -> list[Order]:
        """The orders that are under way or were served lately."""
        return [*self._under_way, *self._made]

    async def generate(
        self, request: Request, weights: str, alone: bool = False, order: Order | None = None
    ) -> tuple[Completion, int]:
        """One request served by the weights of that directory, with the number of requests still in flight here.

        Every request names its weights, because a replica that Ray restarted begins with its first ones again. A
        process that dies leaves its orders to be served for nobody: the one in its place gives the same order again,
        and gets those replies instead of others.
        """
        if order is None:
            return await self._in_turn(request, weights, alone, None)
        if order in self._made or order in self._under_way:
            if alone and self._reservation is not None:
                self._reservation.cancel()
                self._release()
            if order in self._made:
                return self._made[order], self._depth
            return await asyncio.shield(self._under_way[order])
        self._under_way[order] = task = asyncio.create_task(self._in_turn(request, weights, alone, order))
        task.add_done_callback(lambda _: self._keep(order, task))
        return await asyncio.shield(task)

    def _keep(self, order: Order, task: "asyncio.Task[tuple[Completion, int]]") -> None:
        del self._under_way[order]
        if not task.cancelled() and task.exception() is None:
            self._made[order], _ = task.result()
            if len(self._made) > KEPT:
                del self._made[next(iter(self._made))]

    async def _in_turn(
        self, request: Request, weights: str, alone: bool, order: Order | None
    ) -> tuple[Completion, int]:
        """Serves it when nobody has the replica for himself; the reply is written down before anybody has it."""
        await self._started()
        reserved = alone and self._reservation is not None
        if reserved:
            assert self._reservation is not None
            self._reservation.cancel()
        else:
            async with self._gate:  # waits for one that is served alone
                pass
        try:
            # Opened before: storage that is away refuses what would be lost, instead of losing what was bought.
            segment = self._journal_of(order) if order is not None else None
            completion, depth = await self._serve(request, weights)
            if order is not None and segment is not None and _was_paid(completion):
                segment.put(order.owner, order.key, completion)
            return completion, depth
        finally:
            if reserved:
                self._release()

    def _journal_of(self, order: Order) -> Segment:
        before = self._segment  # passes come one after the other
        if before is None or before.folder != order.journal or before.is_deleted():
            self._segment = Segment(order.journal)
            if before is not None:
                before.close()
        assert self._segment is not None
        return self._segment

    async def _serve(self, request: Request, weights: str) -> tuple[Completion, int]:
        while weights != self._weights:
            await self._switch(weights)
        if not self._depth:
            self._progress = time.monotonic()
        self._depth += 1
        try:
            return await self._engine.generate(request), self._depth - 1
        except EngineError:  # it is well and says why no request will be served: a budget, a key, a server that is gone
            raise
        except Exception:  # noqa: BLE001 - whatever it was, this process must not serve another request
            # The engine is broken and would fail every later request too. Ending the process lets
            # Ray restart the actor and the client ask again, where an error would come back for ever.
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        finally:
            self._depth -= 1
            self._progress = time.monotonic()

    async def _switch(self, weights: str) -> None:
        async with self._switching:
            if weights == self._weights:
                return
            self._weights = ""  # from here on every request waits
            while self._depth:
                await asyncio.sleep(0.01)
            await self._engine.load(weights)
            self._weights = weights

    async def turn_to(self, weights: str) -> None:
        """Serves other weights from now on, without a request for them. Raises `EngineError` if it cannot."""
        await self._started()
        while weights != self._weights:
            await self._switch(weights)

    async def says_what_it_serves(self) -> bool:
        """Whether weights that are loaded in place are held against their files."""
        await self._started()
        return await self._engine.says_what_it_serves() if isinstance(self._engine, Telling) else True

    async def stop(self) -> None:
        """Ends the engine's processes. The segment stays open: what is finished until this process ends goes there."""
        if self._looking is not None:
            self._looking.cancel()
        self._engine.stop()


def _was_paid(completion: Completion) -> bool:
    """Whether it is to be kept: an error that cost nothing is asked for again, and may be none by then."""
    return completion.error is None or completion.prompt_tokens > 0


def make_engine(config: EngineConfig, seed: int, ledger: Any | None) -> Engine:
    """The engine that a section of the configuration asks for; one for an API shares the limits of a ledger actor."""
    if config.engine == "scripted":
        return ScriptedEngine(config, seed)
    if config.engine == "openai_api":
        from dgrc.engines.api.batches import BatchEngine
        from dgrc.engines.api.chat import OpenAIEngine

        client = BatchEngine if config.api is not None and config.api.mode == "batches" else OpenAIEngine
        return client(config, SharedAccounts(ledger))
    if config.engine == "embedding":
        from dgrc.engines.vllm.embeddings import EmbeddingEngine

        return EmbeddingEngine(config, seed)
    from dgrc.engines.vllm.engine import VllmEngine

    return VllmEngine(config, seed)
