"""A pool that writes down what is asked of it: requests in order, with when they were sent and answered."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dgrc.engines.base import Completion, Order, Request
from dgrc.engines.client import PoolClient
from dgrc.engines.pool import Pool


class RecordedPool:
    """Stands for a pool and its client; each worker appends to a file of its own in the folder."""

    def __init__(self, pool: Pool, folder: Path):
        self._pool, self._folder = pool, folder
        folder.mkdir(parents=True)

    def client(self, max_retries: int = 3) -> "RecordedClient":
        """A client whose requests are written down."""
        return RecordedClient(self._pool.client(max_retries), str(self._folder))

    def take_load(self) -> dict[str, Any] | None:
        """The pool's."""
        return self._pool.take_load()


class RecordedClient:
    """A pool's client that writes its requests down."""

    def __init__(self, client: PoolClient, folder: str):
        self._client, self._folder = client, folder
        self.price, self.model, self.role = client.price, client.model, client.role

    async def owed(self) -> dict[Order, int]:
        """What replicas owe to processes before this one."""
        return await self._client.owed()

    async def generate(self, request: Request, *how: Any) -> Completion:
        """Serves one request."""
        sent = time.time()
        completion = await self._client.generate(request, *how)
        said = {
            "sent": sent, "answered": time.time(), "n": request.n, "messages": request.messages,
            "tokens": sum(sample.tokens for sample in completion.samples), "error": completion.error,
        }  # fmt: skip
        with open(f"{self._folder}/{os.getpid()}.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(said) + "\n")
        return completion


def recorded(folder: Path) -> list[dict[str, Any]]:
    """The requests of all workers in the order sent: `sent`, `answered`, `n`, `messages`, `tokens`, `error`."""
    return sorted(_lines(folder), key=lambda request: float(request["sent"]))


def _lines(folder: Path) -> Iterator[dict[str, Any]]:
    for file in folder.glob("*.jsonl"):
        with open(file, encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def window(requests: list[dict[str, Any]]) -> tuple[float, float]:
    """When the first was sent and the last was answered."""
    return min(r["sent"] for r in requests), max(r["answered"] for r in requests)
