"""How a step asks an engine: journal first, then the pool, with everything spent written down.

One `Caller` lives in each worker. `ask` goes to the journal of the pass, then to the shared pool of
the role, whose replicas journal what they made before they reply. Spending is kept per row (it becomes the
row's `usage`) and sent to the progress board from time to time.
"""

import asyncio
import time
import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from dgrc.config import Sampling
from dgrc.engines.base import Completion, Order, Request, drawn_by, request_key
from dgrc.engines.client import PoolClient
from dgrc.engines.journal import Journal
from dgrc.engines.pool import sibling_key
from dgrc.method.replies import is_wrapped
from dgrc.pipeline.metrics import Meters
from dgrc.records import Message, Usage

REPORT_EVERY_S = 0.5


class Caller:
    """Asks engines on behalf of the rows that one worker has in flight."""

    def __init__(self, clients: dict[str, PoolClient], journal: Journal, board: Any | None):
        self._clients = clients
        self._journal = journal
        self._board = board
        self._unreported: dict[str, int] = defaultdict(int)
        self._reported_at = time.monotonic()
        self._in_flight: dict[str, int] = dict.fromkeys(clients, 0)
        self._buying: dict[tuple[int, int], asyncio.Future[Completion]] = {}
        self._catching_up: dict[str, asyncio.Future[None]] = {}
        self._name = uuid.uuid4().hex
        self._meters = Meters() if board is not None else None

    def has(self, role: str) -> bool:
        """Whether there is an engine for this role."""
        return role in self._clients

    async def ask(
        self,
        role: str,
        step: str,
        owner: int,
        messages: Sequence[Message],
        sampling: Sampling,
        *,
        n: int = 1,
        priority: int = 0,
        schema: str | None = None,
        attempt: int = 0,
        score: bool = False,
        think: bool = True,
    ) -> tuple[Completion, Usage]:
        """One request for the row `owner`; returns the completion and what it cost.

        Completions from the journal count as spent too: they were, in an earlier life of this pass.
        """
        client = self._clients[role]
        request = drawn_by(
            sampling, messages, n=n, priority=priority, schema=schema, attempt=attempt, score=score, think=think
        )
        key = request_key(f"{role}:{client.model}", request)
        completion, waited_ms = await self._journaled(client, owner, key), 0
        if completion is None:
            # A row may ask the same twice at once, of two chains that are alike, say: it is bought once.
            buying = self._buying.get((owner, key))
            if buying is None:
                buying = asyncio.ensure_future(self._buy(client, request, owner, step, key))
                self._buying[owner, key] = buying
                buying.add_done_callback(lambda _: self._buying.pop((owner, key)))
            began = time.monotonic()
            completion = await asyncio.shield(buying)
            waited_ms = round(1000 * n * (time.monotonic() - began))
        usage = Usage(
            role, step, n, completion.prompt_tokens,
            sum(s.tokens for s in completion.samples), completion.cached_tokens,
            sum(is_wrapped(s.text) for s in completion.samples) if schema is not None else 0,
        )
        if self._meters is not None:
            self._meters.spent(usage)
        spent = {"calls": n, "tokens": usage.completion_tokens, f"calls/{role}": n,
                 f"tokens/{role}": usage.completion_tokens, f"read/{role}": usage.prompt_tokens,
                 f"cached/{role}": usage.cached_tokens}  # fmt: skip
        if client.price is not None:
            bill = client.price.of(usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens)
            spent["millionths"] = round(bill * 1e6)
        if waited_ms:
            spent[f"sequence_ms/{role}"] = waited_ms
        self.count(**spent)
        return completion, usage

    async def _buy(self, client: PoolClient, request: Request, owner: int, step: str, key: int) -> Completion:
        """A completion from the pool, or what a replica that died on the way wrote down before."""
        order = Order(owner, key, str(self._journal.folder))

        def written() -> Completion | None:
            self._journal.look(self._buying)
            return self._journal.get(owner, key)

        self._in_flight[client.role] += 1
        self.count()  # so that a queue is seen before the first reply, which may be minutes away
        try:
            return await client.generate(request, sibling_key(owner, step), order, written)
        finally:
            self._in_flight[client.role] -= 1

    async def _journaled(self, client: PoolClient, owner: int, key: int) -> Completion | None:
        """What is written down already. At first it waits until it is known what replicas owe to a process that died
        before this one, and what they wrote down between the reading of the journal and that."""
        if (completion := self._journal.get(owner, key)) is not None:
            return completion
        if client.role not in self._catching_up:
            self._catching_up[client.role] = asyncio.ensure_future(self._catch_up(client))
        if self._catching_up[client.role].done():  # as with all requests but the first ones
            self._catching_up[client.role].result()
            return None
        await asyncio.shield(self._catching_up[client.role])
        return self._journal.get(owner, key)

    async def _catch_up(self, client: PoolClient) -> None:
        await client.owed()
        self._journal.look(None)

    def count(self, **deltas: int) -> None:
        """Adds to the counters on the progress board, without waiting for it."""
        for name, delta in deltas.items():
            self._unreported[name] += delta
        now = time.monotonic()
        if self._board is not None and now - self._reported_at > REPORT_EVERY_S:
            self._board.add.remote(dict(self._unreported), self._name, dict(self._in_flight))
            self._unreported.clear()
            self._reported_at = now


def merge(usages: Sequence[Usage]) -> tuple[Usage, ...]:
    """One `Usage` for each role and step, in order of first appearance."""
    total: dict[tuple[str, str], list[int]] = {}
    for u in usages:
        sums = total.setdefault((u.role, u.step), [0, 0, 0, 0, 0])
        for i, value in enumerate((u.calls, u.prompt_tokens, u.completion_tokens, u.cached_tokens, u.wrapped)):
            sums[i] += value
    return tuple(Usage(role, step, *sums) for (role, step), sums in total.items())
