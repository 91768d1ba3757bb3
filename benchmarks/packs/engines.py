"""Models that answer: a section of the configuration flows in, a started pool of replicas as an `Ask` flows out."""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.packs.steps import Ask
from dgrc.config import Config, EngineConfig
from dgrc.config.file import make_config
from dgrc.engines.base import Completion, Request
from dgrc.engines.client import PoolClient
from dgrc.engines.pool import Pool, sibling_key
from dgrc.runtime.driver import finish

IN_FLIGHT = 512
ON_CPU = {"max_model_len": 4096, "max_num_seqs": 24, "kv_cache_gib": 0.6}
"""What two small models take turns with in a few GiB of memory."""


def settings(teacher: str, student: str, gpus: int, overrides: Sequence[str], runs_dir: Path) -> Config:
    """A configuration of the two engines: on a CPU small, on GPUs as vLLM decides, split over all of them.

    Raises:
        ConfigError: an override is none.
    """
    machine = {"gpus": gpus, "tensor_parallel": gpus, "max_model_len": 8192} if gpus else ON_CPU
    engines = {role: {"model": model, **machine} for role, model in (("teacher", teacher), ("student", student))}
    return make_config({"name": "packs", "runs_dir": str(runs_dir), **engines}, overrides, "the engines' settings")


@contextlib.contextmanager
def asking(role: str, config: EngineConfig, seed: int) -> Iterator[Ask]:
    """The engine, up while entered.

    Raises:
        EngineError: it cannot start.
    """
    with Pool.start(role, config, seed) as pool:
        pool.wait()
        yield lambda requests: finish(_all(pool.client(), requests))


async def _all(client: PoolClient, requests: Sequence[Request]) -> list[Completion]:
    gate = asyncio.Semaphore(IN_FLIGHT)

    async def one(number: int, request: Request) -> Completion:
        async with gate:
            return await client.generate(request, sibling_key(number, "packs"))

    return list(await asyncio.gather(*(one(number, request) for number, request in enumerate(requests))))
