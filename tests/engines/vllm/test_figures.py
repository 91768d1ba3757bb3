"""What a real vLLM says of itself through a pool: its waiting requests, its KV cache, its prefix cache, and no more of
them than there were. A cache too small for what is asked at once shows in preemptions or in a queue."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from dgrc.config import EngineConfig
from dgrc.engines.base import Completion, Request
from dgrc.engines.load import LOOK_EVERY_S
from dgrc.engines.pool import Pool
from tests.tiny import write_model

pytestmark = [pytest.mark.usefixtures("ray_here"), pytest.mark.slow]
AT_ONCE = 4


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("vllm") / "model", max_length=512)


def test_an_engine_says_how_it_is_doing(model: Path) -> None:
    config = EngineConfig(model=str(model), max_model_len=512, kv_cache_gib=0.1, max_num_seqs=AT_ONCE)
    beginning = "the same beginning " * 10
    asked = [
        Request(({"role": "user", "content": f"{beginning} {number}"},), temperature=1.0, max_tokens=200)
        for number in range(48)
    ]

    async def ask(client: Any, requests: list[Request]) -> list[Completion]:
        return list(await asyncio.gather(*(client.generate(request) for request in requests)))

    with Pool.start("teacher", config, 0) as pool:
        client = pool.wait().client()
        first = asyncio.run(ask(client, asked))
        load = pool.take_load()
        asyncio.run(asyncio.sleep(3 * LOOK_EVERY_S))
        idle = pool.take_load()
    assert load is not None and idle is not None
    assert load["max_num_seqs"] == AT_ONCE
    tokens = sum(reply.prompt_tokens for reply in first)
    assert tokens <= load["prefix_cache_queries"] <= tokens + 100  # and those of the engine's own first request
    assert load["prefix_cache_hits"] == sum(reply.cached_tokens for reply in first) > 0
    assert 0 < load["running"] <= AT_ONCE and load["waiting"] > 0
    assert 0 < load["kv_cache_usage"] <= load["kv_cache_peak"] <= 1
    assert idle["prefix_cache_queries"] == idle["preemptions"] == 0
    assert idle["running"] == idle["waiting"] == 0
