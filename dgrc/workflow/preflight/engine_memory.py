"""Weights and KV cache of engines, held against a GPU's memory and against the KV cache that there is. Findings out.

Only what is sure is counted, against the most that a GPU can have; where nothing says how much that is, nothing is
claimed. No GPU is touched: its driver is asked, or Ray for the kind of GPU.
"""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from dgrc.config import Config, EngineConfig
from dgrc.config.passed_on.vllm import data_parallel_size
from dgrc.errors import DgrcError
from dgrc.runtime.memory import of_gpus_here
from dgrc.storage.model_directory import settings_of
from dgrc.workflow.preflight.findings import Finding
from dgrc.workflow.preflight.models import directory_of, engines
from dgrc.workflow.preflight.room import GIB, kv_cache_bytes, weight_bytes, width_of

MOST_GIB = {
    "V100": 32, "T4": 16, "P4": 8, "P100": 16, "L4": 24, "L40S": 48, "A10G": 24, "A100": 80, "A100-40G": 40,
    "A100-80G": 80, "H100": 96, "H20": 141, "H200": 141, "GH200": 144, "B200": 192, "GB200": 192,
    "B300": 288, "GB300": 288, "RTX-PRO-6000": 96,
}  # fmt: skip
"""Most memory that a GPU of a kind is sold with, by the name that Ray has for it."""
KIND = "accelerator_type:"
OTHER_CACHES = ("sliding_window", "kv_lora_rank", "layer_types", "linear_num_value_heads", "mamba_d_state", "ssm_cfg")
"""What in a config.json says that not all layers keep keys and values of all tokens."""


def engines_have_memory(config: Config, parts: Collection[str]) -> Iterator[Finding]:
    """What does not fit of the engines whose models lie on this machine."""
    local = {
        role: (engine, folder)
        for role, engine in engines(config, parts).items()
        if engine.engine in ("vllm", "embedding") and (folder := directory_of(engine.model)) is not None
    }
    gpu = gpu_bytes(config.ray.address) if any(engine.gpus for engine, _ in local.values()) else None
    for role, (engine, folder) in local.items():
        if engine.gpus:
            finding = _on_gpus(role, engine, folder, gpu) if gpu is not None else None
        else:
            finding = _on_cpu(role, engine, folder) if config.ray.address is None else None
        if finding is not None:
            yield finding


def gpu_bytes(address: str | None) -> float | None:
    """Most memory that a GPU of this machine, or of the cluster at an address, can have; None if nothing says."""
    from dgrc.runtime import cluster

    try:
        there = cluster.places(address)
    except DgrcError:  # that there is no cluster is told by itself
        return None
    if there.here:
        return max(of_gpus_here(), default=None)
    kinds = list[str | None]()
    for machines in there.machines:
        if machines.resources.get("GPU"):
            kinds += [name.removeprefix(KIND) for name in machines.resources if name.startswith(KIND)] or [None]
    if there.unknown or not kinds or any(kind not in MOST_GIB for kind in kinds):
        return None
    return max(MOST_GIB[kind] for kind in kinds if kind is not None) * GIB


def sequence_bytes(engine: EngineConfig, folder: Path) -> float:
    """KV cache of one sequence of full length, which vLLM wants room for; 0 where the model's layers do not say."""
    config = settings_of(folder)
    if engine.engine == "embedding" or any(config.get(name) for name in OTHER_CACHES):
        return 0
    try:
        layers, heads = int(config["num_hidden_layers"]), int(config["num_attention_heads"])
        head_size = int(config.get("head_dim") or config["hidden_size"] // heads)
        keys = int(config.get("num_key_value_heads") or heads) * head_size
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return 0
    kept: Any = engine.engine_args.get("kv_cache_dtype", "auto")
    width = width_of(engine, 2) if kept == "auto" else 1
    return 2.0 * layers * keys * width * engine.max_model_len


def _on_cpu(role: str, engine: EngineConfig, folder: Path) -> Finding | None:
    wanted, there = sequence_bytes(engine, folder), kv_cache_bytes(engine)
    if wanted <= there * engine.tensor_parallel:
        return None
    return Finding(
        f"{role}.kv_cache_gib", f"a sequence of `max_model_len` {engine.max_model_len:,} tokens takes "
        f"{_gib(wanted)} of KV cache, and a replica has {_gib(there)}: vLLM would not start. Set it to "
        f"{wanted / GIB:.1f} or more, or `{role}.max_model_len` to {int(engine.max_model_len * there / wanted):,} or "
        "less.",
    )  # fmt: skip


def _on_gpus(role: str, engine: EngineConfig, folder: Path, gpu: float) -> Finding | None:
    spread = engine.tensor_parallel * engine.pipeline_parallel
    offloads = any("offload" in name for name in engine.engine_args)  # so much as nobody here knows
    weights = 0 if offloads else weight_bytes(engine, folder) / (spread * data_parallel_size(engine.engine_args))
    may = gpu if engine.kv_cache_gib else gpu * engine.gpu_memory_utilization
    of = f"{_gib(may)} of its {_gib(gpu)}" if may < gpu else f"its {_gib(gpu)}"
    if weights > may:
        return Finding(
            f"{role}.gpus", f"each GPU of a replica would hold {_gib(weights)} of weights, and may take {of}. "
            f"Spread them over more GPUs (`{role}.tensor_parallel` with `{role}.gpus`), or take a quantized or "
            "smaller model.",
        )  # fmt: skip
    sequence = sequence_bytes(engine, folder) / spread
    cache = engine.kv_cache_gib * GIB or sequence
    if engine.kv_cache_gib and sequence > cache:
        words = f"takes {_gib(sequence)} of KV cache on each GPU, and `{role}.kv_cache_gib` gives {_gib(cache)}"
    elif weights + cache > may:
        words = f"takes {_gib(cache)} of KV cache beside {_gib(weights)} of weights on each GPU, which may take {of}"
        if engine.kv_cache_gib:
            return Finding(
                f"{role}.kv_cache_gib", f"{_gib(cache)} of KV cache and {_gib(weights)} of weights are more than "
                f"a GPU's {_gib(gpu)}. Lower it, or leave it out: vLLM then takes what is free.",
            )  # fmt: skip
    else:
        return None
    setting = f"{role}.kv_cache_gib" if engine.kv_cache_gib else f"{role}.max_model_len"
    return Finding(
        setting, f"a sequence of `max_model_len` {engine.max_model_len:,} tokens {words}: vLLM would not start. Lower "
        f"`{role}.max_model_len`, or spread the model over more GPUs (`{role}.tensor_parallel`).",
    )  # fmt: skip


def _gib(amount: float) -> str:
    return f"{amount / GIB:,.1f} GiB"
