"""What a training has come to, by parameter name: weights in float32, AdamW's moments, random numbers.

DeepSpeed spreads all of it over the workers, otherwise for every ZeRO stage. Here each tensor is gathered, and one
worker writes it to a safetensors file; so what was saved can be set again under any ZeRO stage, offload and number of
workers, and holds no pickle. No more than about `FILE_BYTES` are held before they are written.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from dgrc.errors import TrainingError
from dgrc.records import hash64
from dgrc.training.model.load import fill, read_tensor

MOMENTS = ("exp_avg", "exp_avg_sq")
WEIGHT = "weight"
FILE_BYTES = 2**30
"""A worker writes its tensors to files of about this size."""
MANIFEST = "files-{rank:05d}.json"
"""What a worker wrote: names of tensors, bytes and hash of each file, and how many workers there were."""


class State:
    """The trainable state of a DeepSpeed engine. Every method must be called by all workers alike."""

    def __init__(self, engine: Any):
        self.engine = engine
        self.parameters = {name: p for name, p in engine.module.named_parameters() if p.requires_grad}
        wrapped = engine.optimizer
        self._adam = getattr(wrapped, "optimizer", wrapped)
        self._copies = _copies_apart(wrapped)

    def reset(self, steps: int = 0) -> None:
        """Moments of zero after so many steps: what a stage begins with."""
        for master in self._masters():
            self._adam.state[master] = {
                "step": torch.tensor(float(steps), device=master.device),
                **{key: torch.zeros_like(master) for key in MOMENTS},
            }
        wrapped = self.engine.optimizer
        if hasattr(wrapped, "_hp_optimizer_states_linked"):  # ZeRO 1 and 2 keep views of the moments for each parameter
            wrapped._hp_optimizer_states_linked = False
            wrapped._lazy_init_hp_params_optimizer_state()

    def steps(self) -> int:
        """Steps that AdamW has counted since `reset`."""
        return int(self._adam.state[self._masters()[0]]["step"])

    def get(self, name: str, part: str = WEIGHT) -> torch.Tensor:
        """A parameter's weight or moment, whole and in float32. The tensor may be the engine's own."""
        from deepspeed.utils import safe_get_full_fp32_param, safe_get_full_optimizer_state

        parameter = self.parameters[name]
        if part == WEIGHT:
            full = safe_get_full_fp32_param(parameter)  # None where no ZeRO divides a master copy
            return self._stepped(parameter).detach() if full is None else full
        full = safe_get_full_optimizer_state(parameter, part)
        return self._adam.state[self._stepped(parameter)][part] if full is None else full

    def set(self, name: str, part: str, value: torch.Tensor) -> None:
        """Sets what `get` gives. The low-precision copy of a weight, which forward uses, is another (`model.fill`)."""
        from deepspeed.utils import safe_set_full_fp32_param, safe_set_full_optimizer_state

        parameter = self.parameters[name]
        if hasattr(parameter, "ds_id"):
            self._set_local(parameter, part, value)
        elif not hasattr(parameter, "_hp_mapping"):
            stepped = self._stepped(parameter)
            (stepped.data if part == WEIGHT else self._adam.state[stepped][part]).copy_(value)
        elif part == WEIGHT:
            safe_set_full_fp32_param(parameter, value)
        else:
            safe_set_full_optimizer_state(parameter, value, part)

    def _set_local(self, parameter: Any, part: str, value: torch.Tensor) -> None:
        """Under ZeRO 3. DeepSpeed's own setter of whole tensors cannot take sizes that the workers do not divide."""
        from deepspeed.utils import (
            safe_get_local_fp32_param,
            safe_get_local_optimizer_state,
            safe_set_local_fp32_param,
            safe_set_local_optimizer_state,
        )

        is_weight = part == WEIGHT
        here = safe_get_local_fp32_param(parameter) if is_weight else safe_get_local_optimizer_state(parameter, part)
        mine, workers, rank = here.numel(), dist.get_world_size(), dist.get_rank()
        padded = torch.nn.functional.pad(value.flatten(), (0, mine * workers - value.numel()))
        local = padded[rank * mine : (rank + 1) * mine].to(here.device)
        if is_weight:
            safe_set_local_fp32_param(parameter, local)
        else:
            safe_set_local_optimizer_state(parameter, local, part)

    def _stepped(self, parameter: Any) -> Any:
        """The tensor that AdamW steps on for a parameter that no ZeRO divides: its copy in float32, or itself."""
        return self._copies.get(id(parameter), parameter)

    def _masters(self) -> list[Any]:
        """The tensors that AdamW steps on: flat parts of the parameters, or the parameters themselves."""
        for name in ("fp32_partitioned_groups_flat", "single_partition_of_fp32_groups", "fp32_groups_flat_partition"):
            if hasattr(self.engine.optimizer, name):
                return list(getattr(self.engine.optimizer, name))
        return [p for group in self.engine.optimizer.param_groups for p in group["params"]]


def _copies_apart(optimizer: Any) -> dict[int, Any]:
    """By id of each parameter its copy in float32 that ZeRO 0 in bf16 keeps beside it; nothing else knows of these."""
    from deepspeed.runtime.fp16.unfused_optimizer import FP16_UnfusedOptimizer

    if not isinstance(optimizer, FP16_UnfusedOptimizer):
        return {}
    groups = zip(optimizer.fp16_groups, optimizer.fp32_groups, strict=True)
    return {id(low): high for lows, highs in groups for low, high in zip(lows, highs, strict=True)}


def save_state(state: State, folder: str, moments: bool) -> None:
    """Writes this worker's share of weights, of moments if wanted, and its random numbers."""
    rank, workers = dist.get_rank(), dist.get_world_size()
    parts = (WEIGHT, *MOMENTS) if moments else (WEIGHT,)
    writer = _Writer(Path(folder), rank, workers)
    owners = share({name: size(parameter) for name, parameter in state.parameters.items()}, workers)
    for name, owner in owners.items():
        for part in parts:
            tensor = state.get(name, part)
            if owner == rank:
                writer.add(f"{part}/{name}", tensor)
    for key, numbers in _random_state().items():
        writer.add(f"{key}/{rank}", numbers)
    writer.close(state.steps() if moments else 0)
    dist.barrier()


def restore(state: State, saved: "SavedState") -> None:
    """Sets weights, and moments and random numbers if they were saved."""
    fill(state.parameters, lambda name: saved.tensor(f"{WEIGHT}/{name}"))
    state.reset(saved.steps)
    for name in state.parameters:
        for part in (WEIGHT, *MOMENTS) if saved.steps else (WEIGHT,):
            state.set(name, part, saved.tensor(f"{part}/{name}"))
    if not saved.steps:
        return  # a stage begins: its random numbers are its own
    rank = dist.get_rank()
    if f"cpu/{rank}" in saved.files and saved.workers == dist.get_world_size():
        torch.set_rng_state(saved.tensor(f"cpu/{rank}"))
        if torch.cuda.is_available():
            torch.cuda.set_rng_state(saved.tensor(f"cuda/{rank}"))


def _random_state() -> dict[str, torch.Tensor]:
    numbers = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        numbers["cuda"] = torch.cuda.get_rng_state()
    return numbers


def size(parameter: Any) -> int:
    """Elements of a parameter, also of one that ZeRO 3 has partitioned."""
    return int(getattr(parameter, "ds_numel", parameter.numel()))


def share(sizes: dict[str, int], workers: int) -> dict[str, int]:
    """Which worker writes each tensor, so that all write about as much; in the order of the names."""
    load, owners = [0] * workers, {}
    for name in sorted(sizes, key=lambda name: -sizes[name]):
        owners[name] = min(range(workers), key=load.__getitem__)
        load[owners[name]] += sizes[name]
    return {name: owners[name] for name in sizes}


class _Writer:
    def __init__(self, folder: Path, rank: int, workers: int):
        self.folder, self.rank, self.workers = folder, rank, workers
        self.held: dict[str, torch.Tensor] = {}
        self.files: dict[str, dict[str, Any]] = {}

    def add(self, key: str, tensor: torch.Tensor) -> None:
        self.held[key] = tensor.detach().to("cpu", copy=True)
        if sum(t.nbytes for t in self.held.values()) >= FILE_BYTES:
            self._flush()

    def close(self, steps: int) -> None:
        self._flush()
        said = {"workers": self.workers, "steps": steps, "files": self.files}
        (self.folder / MANIFEST.format(rank=self.rank)).write_text(json.dumps(said), encoding="utf-8")

    def _flush(self) -> None:
        from safetensors.torch import save_file

        if not self.held:
            return
        path = self.folder / f"state-{self.rank:05d}-{len(self.files):05d}.safetensors"
        save_file(self.held, path)
        self.files[path.name] = {"bytes": path.stat().st_size, "hash": file_hash(path), "tensors": list(self.held)}
        self.held = {}


class SavedState:
    """A folder that `save_state` wrote.

    Raises:
        TrainingError: the folder lacks a worker's files, or one that this worker looks at is not as it was written.
    """

    def __init__(self, folder: str):
        self.folder = Path(folder)
        manifests = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(self.folder.glob("files-*.json"))]
        self.workers = manifests[0]["workers"] if manifests else 0
        self.steps = manifests[0]["steps"] if manifests else 0
        if not manifests or len(manifests) != self.workers:
            raise TrainingError(
                f"The checkpoint {folder} has the files of {len(manifests)} workers; {self.workers or 'some'} wrote it."
            )
        self.files: dict[str, Path] = {}
        for manifest in manifests:
            for name, facts in manifest["files"].items():
                self._check(self.folder / name, facts)
                self.files |= dict.fromkeys(facts["tensors"], self.folder / name)

    def tensor(self, key: str) -> torch.Tensor:
        """One of its tensors."""
        return read_tensor(self.files[key], key)

    def _check(self, path: Path, facts: dict[str, Any]) -> None:
        """By its size and, on one of the workers, by its content."""
        found = path.stat().st_size if path.is_file() else -1
        mine = hash64(path.name) % dist.get_world_size() == dist.get_rank()
        if found != facts["bytes"] or (mine and file_hash(path) != facts["hash"]):
            raise TrainingError(
                f"The checkpoint file {path} is not as it was written: {found:,} bytes, {facts['bytes']:,} wanted, or "
                "another content."
            )


def file_hash(path: Path) -> str:
    """A file's content hash."""
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "blake2b").hexdigest()[:32]


