"""Texts through an embedding engine: a list of texts in, a matrix of vectors out."""

import asyncio
from collections.abc import Sequence

import numpy as np

from dgrc.config import EngineConfig
from dgrc.engines.base import Request
from dgrc.engines.pool import Pool, sibling_key
from dgrc.errors import EngineError

IN_FLIGHT = 256


def embed_texts(config: EngineConfig, seed: int, max_retries: int, texts: Sequence[str]) -> np.ndarray:
    """Vectors of length 1, (texts, width), by an engine that lives for this call.

    Raises:
        EngineError: the engine cannot start, or cannot embed one of the texts.
    """
    if not texts:
        return np.zeros((0, 1), np.float32)
    with Pool.start("embedder", config, seed) as pool:
        client = pool.wait().client(max_retries)
        gate = asyncio.Semaphore(IN_FLIGHT)

        async def one(number: int, text: str) -> tuple[float, ...]:
            async with gate:
                completion = await client.generate(
                    Request(({"role": "user", "content": text},)), sibling_key(number, "embed")
                )
            if completion.error is not None:
                raise EngineError(f"The embedder could not embed the atom {text[:80]!r}: {completion.error}.")
            return completion.embedding

        async def all_of_them() -> list[tuple[float, ...]]:
            return list(await asyncio.gather(*(one(number, text) for number, text in enumerate(texts))))

        return np.array(asyncio.run(all_of_them()), np.float32)
