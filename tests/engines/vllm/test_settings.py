"""Engines with other settings on real vLLM: a seed for each request, and a model split over processes."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from dgrc.config import EngineConfig
from dgrc.engines.base import Completion, Request
from dgrc.engines.pool import Pool
from tests.tiny import write_model

pytestmark = [pytest.mark.usefixtures("ray_here"), pytest.mark.slow]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("vllm") / "model", max_length=1024)


def drawn(model: Path, requests: list[Request], **settings: Any) -> list[Completion]:
    config = EngineConfig(
        **{"model": str(model), "max_model_len": 1024, "kv_cache_gib": 0.1, "max_num_seqs": 16, **settings}
    )

    async def ask(client: Any) -> list[Completion]:
        return list(await asyncio.gather(*(client.generate(request) for request in requests)))

    with Pool.start("teacher", config, 0) as pool:
        return asyncio.run(ask(pool.wait().client()))


def long(number: int, **more: Any) -> Request:
    text = f"case {number} " * 100
    return Request(({"role": "user", "content": text},), n=3, temperature=1.0, max_tokens=8, **more)


def test_a_seed_for_each_request_survives_full_batches_and_repeats(model: Path) -> None:
    """Chunks of prompts would kill vLLM's CPU build here; see `engine_args`."""
    replies = drawn(model, [long(number) for number in range(40)], request_seeds=True)
    assert all(reply.error is None and len({s.text for s in reply.samples}) > 1 for reply in replies)
    alone = drawn(model, [long(7), long(7, attempt=1)], request_seeds=True)
    assert alone[0].samples == replies[7].samples
    assert alone[1].samples != replies[7].samples


def test_a_model_over_two_processes_says_the_same(model: Path) -> None:
    greedy = [Request(({"role": "user", "content": f"case {n}"},), max_tokens=8) for n in range(4)]
    whole = drawn(model, greedy, dtype="float32")
    parts = drawn(model, greedy, dtype="float32", cpus=2, tensor_parallel=2)
    assert [reply.samples for reply in parts] == [reply.samples for reply in whole]
