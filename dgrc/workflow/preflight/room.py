"""Memory and disk of this machine, held against what models and checkpoints are known to take. Findings out.

Only what is sure is counted: weights, KV cache, the object store, and what a training keeps of its state. So nothing
is refused that would have gone, and a job may still run out.
"""

import os
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from dgrc.config import Config, EngineConfig
from dgrc.runtime.cpu import is_told_bfloat16
from dgrc.runtime.extras import engines_of
from dgrc.runtime.memory import of_this_machine
from dgrc.storage.model_directory import WIDTHS, held_weights, settings_of
from dgrc.storage.objectstore.files import is_remote
from dgrc.storage.run_dir import RunDir
from dgrc.workflow.preflight.findings import Finding
from dgrc.workflow.preflight.models import directory_of
from dgrc.workflow.preflight.resources import stages_of

GIB = 2**30
STATE_BYTES = 12
"""Of a trained parameter in a checkpoint: the weight and both moments in float32."""
LEAST_FREE_GIB = 1.0


def room_suffices(config: Config, parts: Collection[str]) -> Iterator[Finding]:
    """What does not fit into the memory or on the disk of this machine; of a cluster that is joined its disk alone."""
    if config.ray.address is None:
        yield from _memory(config, parts)
    yield from _disk(config, parts)


def _memory(config: Config, parts: Collection[str]) -> Iterator[Finding]:
    engines = engines_of(config, parts).values()
    if not any(engine.engine == "vllm" and not engine.gpus and directory_of(engine.model) for engine in engines):
        return
    there = of_this_machine()
    for name, demands in stages_of(config, parts):
        taken = {"the object store": config.ray.object_store_gib * GIB}
        for role in dict.fromkeys(d.role for d in demands):
            engine = getattr(config, role, None)
            if isinstance(engine, EngineConfig) and engine.engine == "vllm" and not engine.gpus:
                taken[role] = engine.fewest_replicas * engine_bytes(engine)
        if (total := sum(taken.values())) > there:
            said = ", ".join(f"{who} {amount / GIB:,.1f}" for who, amount in taken.items() if amount)
            yield Finding(
                "replicas", f"{name} takes at least {total / GIB:,.1f} GiB of memory at once ({said}), and this "
                f"machine has {there / GIB:,.1f} GiB. Lower `replicas`, `kv_cache_gib` or `ray.object_store_gib`, or "
                "take smaller models.",
            )  # fmt: skip
            return


def _disk(config: Config, parts: Collection[str]) -> Iterator[Finding]:
    root = RunDir.of(config).root
    place = next((folder for folder in (root, *root.parents) if folder.exists()), Path("/"))
    if not place.is_dir():
        yield Finding("runs_dir", f"{place} is a file, and the run's folder {root} is wanted there. Name another.")
        return
    if not os.access(place, os.W_OK):
        yield Finding("runs_dir", f"{place} cannot be written to, and the run's folder is made in it. Name another.")
        return
    free = shutil.disk_usage(place).free
    wanted = _training_bytes(config) if "train" in parts else 0
    if wanted > free:
        yield Finding(
            "runs_dir", f"training writes {wanted / GIB:,.1f} GiB of students and checkpoints, and of the disk of "
            f"{place} {free / GIB:,.1f} GiB are free. Make room, or name another folder.",
        )  # fmt: skip
    elif free < LEAST_FREE_GIB * GIB:
        words = f"of the disk of {place} no more than {free / GIB:,.2f} GiB are free."
        yield Finding("runs_dir", f"{words} A run that finds it full stops; what it had is kept.", stops=False)


def engine_bytes(engine: EngineConfig) -> float:
    """What a replica on a CPU is sure to take: its weights and its KV cache."""
    folder = directory_of(engine.model)
    return (weight_bytes(engine, folder) if folder is not None else 0) + kv_cache_bytes(engine)


def kv_cache_bytes(engine: EngineConfig) -> float:
    """The KV cache of a replica on a CPU."""
    from dgrc.engines.vllm.engine import CPU_KV_CACHE_GIB

    return (engine.kv_cache_gib or CPU_KV_CACHE_GIB) * GIB


def weight_bytes(engine: EngineConfig, folder: Path) -> float:
    """What an engine is sure to take for a model's weights, in its precision; quantized ones are taken as they lie."""
    held, width = held_weights(folder)
    if settings_of(folder).get("quantization_config"):
        return held
    if engine.engine_args.get("quantization"):  # when they are loaded, to 4 bits at the least
        return held / width / 2
    return held / width * width_of(engine, width)


def width_of(engine: EngineConfig, own: int) -> int:
    """Bytes of a number in the engine's precision, of a model whose own has so many."""
    if engine.dtype != "auto":
        return WIDTHS[engine.dtype]
    return own if engine.gpus else WIDTHS["bfloat16" if is_told_bfloat16() else "float32"]


def _training_bytes(config: Config) -> float:
    """What is on the disk at once at the end of a training of all weights; adapters are small."""
    folder = directory_of(config.student.model) if config.training.adapter is None else None
    if folder is None:
        return 0
    held, width = held_weights(folder)
    storage = config.training.checkpoints.storage
    kept = 0 if storage and is_remote(storage) else 1  # while one is written, none need be there yet
    students = 1 + len(config.evaluation.baselines)
    return students * held + kept * held / width * STATE_BYTES
