"""What all clients of one API share: who may send when, and what was spent. An actor of its own in the cluster.

An engine asks for leases of the requests that wait in it, many at a time; a lease says when it begins. No more is
leased than can begin within `HORIZON` seconds, so that a pause that the server asks for holds for all that waits.
Spending is written to the run's folder, so that a budget is one of the run and not of its last start.
"""

import asyncio
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from dgrc.config import ApiConfig, Price
from dgrc.engines.api.rate_limit import Pace

HORIZON = 1.0
"""Seconds."""
WRITE_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Lease:
    """Seconds until each of the first requests asked for may leave. If those are fewer than asked for, ask again after
    `wait` seconds; `refused` says that the budget is used up."""

    delays: tuple[float, ...]
    wait: float = 0.0
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Bill:
    """The tokens that an answered request took; cached ones are among those of the prompt."""

    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int


class Accounts(Protocol):
    """How an engine reaches the ledger."""

    async def lease(self, tokens: Sequence[int]) -> Lease:
        """Asks to send requests of about so many tokens each."""

    async def settle(self, bill: Bill | None, leased_tokens: int) -> None:
        """Says what a leased request took, or (None) that it was not served."""

    async def hold(self, seconds: float) -> None:
        """Lets nobody send for so long: the server said so."""

    async def remember(self, batch: str, names: Sequence[str]) -> None:
        """Writes down which requests went into a batch."""

    async def batches(self) -> dict[str, list[str]]:
        """All batches of the run, its earlier lives' too, with their requests."""


class Ledger:
    """The shared limits of one role's API.

    Args:
        config: Its limits.
        price: What tokens cost, if it is known.
        file: Where spending is kept; None keeps it in memory.
    """

    def __init__(self, config: ApiConfig, price: Price | None, file: str | None):
        self._config, self._price = config, price or Price()
        self._file = Path(file) if file else None
        self._requests, self._tokens = Pace(config.requests_per_minute), Pace(config.tokens_per_minute)
        self._reserved = 0
        self._written = float("-inf")
        self._spent = {"requests": 0, "prompt_tokens": 0, "cached_tokens": 0, "completion_tokens": 0}
        if self._file is not None and self._file.is_file():
            self._spent |= json.loads(self._file.read_text(encoding="utf-8"))
        self._batches: dict[str, list[str]] = {}
        if self._file is not None:
            self._book = self._file.with_suffix(".batches.jsonl")
            self._batches = _read_book(self._book)

    def lease(self, tokens: Sequence[int]) -> Lease:
        """See `Accounts`."""
        now = time.monotonic()
        delays: list[float] = []
        for amount in tokens:
            if refused := self._over_budget():
                return Lease(tuple(delays), refused=refused)
            delay = max(self._requests.delay(now), self._tokens.delay(now))
            if delay > HORIZON:
                return Lease(tuple(delays), wait=delay - HORIZON / 2)
            self._requests.take(1, now)
            self._tokens.take(amount, now)
            self._reserved += amount
            delays.append(delay)
        return Lease(tuple(delays))

    def settle(self, bill: Bill | None, leased_tokens: int) -> None:
        """See `Accounts`."""
        self._reserved -= leased_tokens
        if bill is None:
            return
        self._tokens.correct(bill.prompt_tokens + bill.completion_tokens - leased_tokens)
        self._spent["requests"] += 1
        for name in ("prompt_tokens", "cached_tokens", "completion_tokens"):
            self._spent[name] += getattr(bill, name)
        self._write()

    def hold(self, seconds: float) -> None:
        """See `Accounts`."""
        until = time.monotonic() + seconds
        self._requests.hold(until)
        self._tokens.hold(until)

    def remember(self, batch: str, names: Sequence[str]) -> None:
        """See `Accounts`. Durable when it returns."""
        self._batches[batch] = list(names)
        if self._file is not None:
            self._book.parent.mkdir(parents=True, exist_ok=True)
            with open(self._book, "a", encoding="utf-8") as book:
                book.write(json.dumps({"batch": batch, "requests": list(names)}) + "\n")
                book.flush()
                os.fsync(book.fileno())

    def batches(self) -> dict[str, list[str]]:
        """See `Accounts`."""
        return self._batches

    def spent(self) -> dict[str, float]:
        """Requests, tokens and money so far, in the run's earlier lives too."""
        return {**self._spent, "money": self._money()}

    def close(self) -> None:
        """Writes what was spent."""
        self._write(now=True)

    def _money(self) -> float:
        return self._price.of(*(self._spent[f"{kind}_tokens"] for kind in ("prompt", "cached", "completion")))

    def _over_budget(self) -> str | None:
        """Whether what was spent, and what is under way at the dearest, reaches a budget."""
        tokens = self._spent["prompt_tokens"] + self._spent["completion_tokens"] + self._reserved
        if self._config.token_budget is not None and tokens >= self._config.token_budget:
            return f"{tokens:,} tokens of `api.token_budget` {self._config.token_budget:,}"
        money = self._money() + self._reserved * max(self._price.prompt, self._price.completion) / 1e6
        if self._config.budget is not None and money >= self._config.budget:
            return f"{money:,.2f} of `api.budget` {self._config.budget:,.2f}"
        return None

    def _write(self, now: bool = False) -> None:
        if self._file is None or (not now and time.monotonic() - self._written < WRITE_EVERY_S):
            return
        self._written = time.monotonic()
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_suffix(".draft")
        draft.write_text(json.dumps(self._spent), encoding="utf-8")
        os.replace(draft, self._file)


def _read_book(book: Path) -> dict[str, list[str]]:
    """The batches written down; a last line that was cut off by a crash is left out."""
    found: dict[str, list[str]] = {}
    for line in book.read_text(encoding="utf-8").split("\n") if book.is_file() else ():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        found[entry["batch"]] = entry["requests"]
    return found


class LocalAccounts:
    """A ledger in this process."""

    def __init__(self, ledger: Ledger):
        self.ledger = ledger

    async def lease(self, tokens: Sequence[int]) -> Lease:
        """See `Accounts`."""
        return self.ledger.lease(tokens)

    async def settle(self, bill: Bill | None, leased_tokens: int) -> None:
        """See `Accounts`."""
        self.ledger.settle(bill, leased_tokens)

    async def hold(self, seconds: float) -> None:
        """See `Accounts`."""
        self.ledger.hold(seconds)

    async def remember(self, batch: str, names: Sequence[str]) -> None:
        """See `Accounts`."""
        self.ledger.remember(batch, names)

    async def batches(self) -> dict[str, list[str]]:
        """See `Accounts`."""
        return self.ledger.batches()


class SharedAccounts:
    """A ledger in an actor, for engines anywhere in the cluster."""

    def __init__(self, actor: Any):
        self._actor = actor

    async def lease(self, tokens: Sequence[int]) -> Lease:
        """See `Accounts`."""
        lease: Lease = await self._actor.lease.remote(list(tokens))
        return lease

    async def settle(self, bill: Bill | None, leased_tokens: int) -> None:
        """See `Accounts`. Nobody waits for it."""
        self._actor.settle.remote(bill, leased_tokens)

    async def hold(self, seconds: float) -> None:
        """See `Accounts`."""
        await asyncio.wrap_future(self._actor.hold.remote(seconds).future())

    async def remember(self, batch: str, names: Sequence[str]) -> None:
        """See `Accounts`."""
        await self._actor.remember.remote(batch, list(names))

    async def batches(self) -> dict[str, list[str]]:
        """See `Accounts`."""
        return dict(await self._actor.batches.remote())
