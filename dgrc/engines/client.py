"""How workers reach the replicas of a pool: to the less busy of two that are up, and past those that die.

A client learns each replica's queue depth from its replies. Which two replicas a request may go to follows from its
sibling key, so that requests which share a prompt prefix meet in one cache. Replicas that are not up (an elastic
pool's that wait for room, one whose process or node died and which Ray restarts) are watched, and used once they
answer.

A replica that dies takes all of its requests with it, and one of them may be why. Each is asked again, now alone on its
replica, so that the next death tells: a request under which replicas died alone, `max_retries` times, becomes an error
of its own and the rest goes on. Several of those in a row with no reply between them mean that the engine is broken.

A replica that hangs does not die by itself. Whoever has waited long for a reply asks the replica when it last finished
one; if that is as long ago, or it does not even say, the replica is killed, and what follows is as above.
"""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Callable, Sequence
from typing import Any

import ray

from dgrc.config import Price
from dgrc.engines.base import ENGINE_DIED, Completion, Order, Request, failed
from dgrc.errors import EngineAwayError, EngineError

START_TIMEOUT_S = 1800.0
LOOK_AGAIN_S = 0.1
BROKEN_AFTER = 3
"""So many requests in a row that kill every replica they are sent to: it is not the requests."""
SAYS_AFTER_S = 60.0
"""So long a replica has, at most, to say whether it makes progress."""
GONE_AFTER = 2
"""So many refusals in a row mean that a replica will not come back; one that is being restarted is `unavailable`."""


class PoolClient:
    """Sends requests to the replicas of one pool. Picklable; many may be used at once.

    Args:
        role: Who the engine speaks for.
        model: The weights that answer: a directory, or a script's name.
        replicas: Actor handles.
        up: Numbers of the replicas that are known to answer.
        max_retries: How often a request is asked again whose replica died.
        price: What tokens cost.
        hung_after_s: A replica that has requests and finishes none for so long hangs; None: that is for the engine.
    """

    def __init__(
        self,
        role: str,
        model: str,
        replicas: Sequence[Any],
        up: Sequence[int],
        max_retries: int,
        price: Price | None,
        hung_after_s: float | None = None,
    ):
        self.role = role
        self.model = model
        self.price = price
        self._replicas = list(replicas)
        self._up = sorted(up)
        self._gone: dict[int, str] = {}
        self._max_retries = max_retries
        self._hung_after_s = hung_after_s
        self._poisonous = 0
        self._reported = [0] * len(replicas)
        self._sent = [0] * len(replicas)
        self._watches: dict[int, asyncio.Task[None]] = {}
        self._turns: dict[tuple[int, int], asyncio.Lock] = {}
        self._debts: asyncio.Task[dict[Order, int]] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_watches": {}, "_turns": {}, "_debts": None}

    async def generate(
        self,
        request: Request,
        sibling: int = 0,
        order: Order | None = None,
        written: Callable[[], Completion | None] | None = None,
    ) -> Completion:
        """Serves one request.

        Args:
            request: What to generate.
            sibling: Requests with the same key prefer the same replicas.
            order: Whom it is for. If another process gave the same order and died before it had the reply, that reply
                is given.
            written: Looks whether a replica that died wrote the reply down before.

        Raises:
            EngineError: the engine is broken, or no replica is up for half an hour.
        """
        died = False
        deaths = 0  # of replicas that served this request alone
        for attempt in itertools.count():
            debtor = (await self.owed()).pop(order, None) if order is not None else None
            if debtor is not None and written is not None and (completion := written()) is not None:
                return completion  # the replica may have forgotten it meanwhile
            index = debtor if debtor in self._up else await self._choose(sibling, attempt)
            replica = self._replicas[index]
            self._sent[index] += 1
            reserved = False
            try:
                # One at a time: if this process dies, at most one reservation is waited for in vain.
                async with self._turn(index) if died else contextlib.nullcontext():
                    if died:
                        await self._watched(index, replica.reserve.remote())
                        reserved = True
                    serving = replica.generate.remote(request, self.model, alone=died, order=order)
                    completion, depth = await self._watched(index, serving)
                self._reported[index] = depth
                self._poisonous = 0
                return completion
            except ray.exceptions.RayTaskError as e:
                if isinstance(e.cause, EngineError):  # other weights could not be loaded, a budget is used up
                    raise e.cause from e
                raise
            except ray.exceptions.RayActorError as e:  # it died, for good or until Ray has restarted it
                self._down(index)
                if written is not None and (completion := written()) is not None:
                    return completion
                died = True
                deaths += reserved
                if deaths >= max(1, self._max_retries):
                    return self._poisoned(deaths, e)
            finally:
                self._sent[index] -= 1
        raise AssertionError("counted to infinity")

    async def owed(self) -> dict[Order, int]:
        """Which replica has a reply, or makes one, that a process before this one asked for; looked up once."""
        if self._debts is None:
            self._debts = asyncio.create_task(self._ask_what_is_owed())
        return self._debts.result() if self._debts.done() else await asyncio.shield(self._debts)

    async def _ask_what_is_owed(self) -> dict[Order, int]:
        asked = {index: asyncio.ensure_future(self._replicas[index].owes.remote()) for index in self._up}
        if asked:
            await asyncio.wait(asked.values(), timeout=SAYS_AFTER_S)
        said = {index: reply for index, reply in asked.items() if reply.done() and reply.exception() is None}
        return {order: index for index, reply in said.items() for order in reply.result()}

    def _turn(self, index: int) -> asyncio.Lock:
        return self._turns.setdefault((id(asyncio.get_running_loop()), index), asyncio.Lock())

    async def _watched(self, index: int, call: Any) -> Any:
        """What a call to a replica returns; one that hangs is killed, so that Ray restarts it and the call fails."""
        waiting = asyncio.ensure_future(call)
        while self._hung_after_s is not None:
            done, _ = await asyncio.wait({waiting}, timeout=self._hung_after_s)
            if done:
                break
            if await self._hangs(index, self._hung_after_s) and not waiting.done():
                ray.kill(self._replicas[index], no_restart=False)
        return await waiting

    async def _hangs(self, index: int, seconds: float) -> bool:
        asking = asyncio.ensure_future(self._replicas[index].stalled.remote())
        done, _ = await asyncio.wait({asking}, timeout=min(seconds, SAYS_AFTER_S))
        if not done:
            return True
        return asking.exception() is None and asking.result() >= seconds

    def _poisoned(self, deaths: int, error: Exception) -> Completion:
        self._poisonous += 1
        if self._poisonous >= BROKEN_AFTER:
            what = f"died under {self._poisonous} requests in a row, {deaths} times under each alone"
            raise EngineError(self._given_up(what, _first_line(error))) from error
        return failed(f"{ENGINE_DIED}: {deaths} times while it served this request alone")  # the same in every run

    async def _choose(self, sibling: int, attempt: int) -> int:
        """The less busy of two of the replicas that are up; waits while none is."""
        self._watch_the_rest()
        began = time.monotonic()
        while not self._up:
            if len(self._gone) == len(self._replicas):
                raise EngineAwayError(self._given_up("is gone for good", next(iter(self._gone.values()))))
            if time.monotonic() - began > START_TIMEOUT_S:
                raise EngineAwayError(self._given_up(f"stayed away for {START_TIMEOUT_S:.0f} s", "no replica answered"))
            await asyncio.sleep(LOOK_AGAIN_S)
        first = (sibling + attempt) % len(self._up)
        second = (sibling // len(self._up) + first + 1) % len(self._up)
        return min((self._up[first], self._up[second]), key=lambda i: self._reported[i] + self._sent[i])

    def _down(self, index: int) -> None:
        if index in self._up:
            self._up.remove(index)
            self._reported[index] = 0
        self._watch_the_rest()

    def _watch_the_rest(self) -> None:
        """Sees to it that each replica that is not up has somebody waiting for it, in the loop that runs now."""
        loop = asyncio.get_running_loop()
        for index in set(range(len(self._replicas))) - set(self._up) - set(self._gone):
            watch = self._watches.get(index)
            if watch is None or watch.done() or watch.get_loop() is not loop:
                self._watches[index] = loop.create_task(self._watch(index))

    async def _watch(self, index: int) -> None:
        """Adds a replica to those that are up once it answers, or to those that are gone once it never will."""
        refused = 0
        while True:
            try:
                await self._replicas[index].ready.remote()
                break
            except ray.exceptions.ActorUnavailableError:
                refused = 0
            except ray.exceptions.RayError as e:  # its engine cannot start, or Ray restarts it no more
                refused += 1
                if refused == GONE_AFTER:
                    self._gone[index] = _first_line(e)
                    return
            await asyncio.sleep(min(0.5 * 2**refused, 5))
        self._up = sorted({*self._up, index})

    def _given_up(self, what: str, reason: str) -> str:
        return (
            f"The {self.role} engine ({self.model}) {what}: {reason} Look into the worker logs of the Ray session; "
            "give the replica more memory or a shorter max_model_len, then resume."
        )


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
