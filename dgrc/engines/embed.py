"""Texts through an embedding engine: a list of texts in, a matrix of vectors out."""

import asyncio
from collections.abc import Sequence

import numpy as np

from dgrc.config import EngineConfig
from dgrc.engines.base import Request
from dgrc.engines.client import PoolClient
from dgrc.engines.pool import Pool, sibling_key
from dgrc.engines.waiting import OnWait
from dgrc.errors import EngineError
from dgrc.runtime.driver import finish

IN_FLIGHT = 256


def embed_texts(
    config: EngineConfig, seed: int, max_retries: int, texts: Sequence[str], on_wait: OnWait | None = None
) -> np.ndarray:
    """Vectors of length 1, (texts, width), by an engine that lives for this call; `on_wait` as of `Pool.wait`.

    Raises:
        EngineError: the engine cannot start, or cannot embed one of the texts.
    """
    if not texts:
        return np.zeros((0, 1), np.float32)
    with Pool.start("embedder", config, seed) as pool:
        return embed_with(pool.wait(on_wait).client(max_retries), texts)


def embed_with(client: PoolClient, texts: Sequence[str]) -> np.ndarray:
    """Vectors of length 1, (texts, width), by an engine that is up.

    Raises:
        EngineError: it cannot embed one of the texts.
    """
    gate = asyncio.Semaphore(IN_FLIGHT)

    async def one(number: int, text: str) -> tuple[float, ...]:
        request = Request(({"role": "user", "content": text},))
        async with gate:
            completion = await client.generate(request, sibling_key(number, "embed"))
        if completion.error is not None:
            raise EngineError(f"The embedder could not embed the atom {text[:80]!r}: {completion.error}.")
        return completion.embedding

    async def all_of_them() -> list[tuple[float, ...]]:
        return list(await asyncio.gather(*(one(number, text) for number, text in enumerate(texts))))

    return np.array(finish(all_of_them()), np.float32)
