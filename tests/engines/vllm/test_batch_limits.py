"""Limits that a configuration leaves open are those of `vllm.LLM` on the device, by vLLM's own reckoning.

No engine is started: vLLM's settings are made as `AsyncLLM` makes them, and its figures are asked for as if another
device were here.
"""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dgrc.config import EngineConfig
from dgrc.engines.vllm.engine import engine_args, started
from tests.tiny import write_model

GIB = 2**30
DEVICES = {
    "H100": ("NVIDIA H100 80GB HBM3", 79.6, 1024, 16384),
    "H200": ("NVIDIA H200", 139.8, 1024, 16384),
    "B200": ("NVIDIA B200", 178.4, 1024, 16384),
    "A100": ("NVIDIA A100-SXM4-80GB", 79.2, 256, 8192),
    "L4": ("NVIDIA L4", 22.0, 256, 8192),
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("vllm") / "model", max_length=1024)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The settings that engines would have started with."""
    from vllm.v1.engine.async_llm import AsyncLLM

    found: list[Any] = []
    monkeypatch.setattr(AsyncLLM, "__init__", lambda self, vllm_config, **_: found.append(vllm_config))
    monkeypatch.setattr(AsyncLLM, "shutdown", lambda self, timeout=None: None)
    return found


def device(monkeypatch: pytest.MonkeyPatch, name: str, gib: float) -> None:
    """Lets vLLM reckon its limits as on that GPU; all else stays this machine's."""
    from vllm.engine import arg_utils

    own = arg_utils.EngineArgs.get_batch_defaults.__func__
    here = SimpleNamespace(
        get_device_total_memory=lambda: int(gib * GIB), get_device_name=lambda: name, is_tpu=lambda: False,
        is_cpu=lambda: False,
    )  # fmt: skip

    def there(cls: Any, world_size: int) -> Any:
        with monkeypatch.context() as stand_in:
            stand_in.setattr(arg_utils, "current_platform", here)
            return own(cls, world_size)

    monkeypatch.setattr(arg_utils.EngineArgs, "get_batch_defaults", classmethod(there))


def limits(made: list[Any], model: Path, **settings: Any) -> tuple[int, int]:
    config = EngineConfig(model=str(model), kv_cache_gib=0.1, max_model_len=1024, **settings)
    started(engine_args(config, 0))
    scheduler = made.pop().scheduler_config
    return scheduler.max_num_seqs, scheduler.max_num_batched_tokens


@pytest.mark.parametrize("name", DEVICES)
def test_what_is_left_open_is_what_vllms_offline_class_takes(
    name: str, model: Path, made: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    gpu, gib, sequences, tokens = DEVICES[name]
    device(monkeypatch, gpu, gib)
    assert limits(made, model) == (sequences, tokens)
    assert limits(made, model, max_num_seqs=7) == (7, 7 * 1024)  # no more than so many whole contexts
    assert limits(made, model, max_num_batched_tokens=3000) == (sequences, 3000)
    assert limits(made, model, max_num_seqs=32, engine_args={"max_num_batched_tokens": 2048}) == (32, 2048)


def test_it_is_the_offline_class_on_this_machine_too(model: Path, made: list[Any]) -> None:
    from vllm.engine.arg_utils import EngineArgs
    from vllm.usage.usage_lib import UsageContext

    tokens, sequences = (found[UsageContext.LLM_CLASS] for found in EngineArgs.get_batch_defaults(1))
    assert limits(made, model) == (sequences, tokens)
    assert limits(made, model, request_seeds=True) == (sequences, tokens)  # prompts whole: a context has room


def test_prompts_that_are_not_cut_have_room(model: Path, made: list[Any], tmp_path: Path) -> None:
    """`request_seeds` on a CPU goes without chunked prefill, so a step must hold the longest prompt."""
    long = write_model(tmp_path / "long", max_length=9000)
    config = EngineConfig(model=str(long), kv_cache_gib=0.1, max_model_len=9000, request_seeds=True)
    started(engine_args(config, 0))
    assert made.pop().scheduler_config.max_num_batched_tokens == 9000
