"""What a training takes by its plan (`dgrc plan`), held against the memory of this machine or of a GPU. Findings out.

What it holds before it has an example is sure, and stops a run that it does not fit. Rows are planned as long as
`max_length`, and examples may be shorter, so what goes beyond by that is a warning. torch is not read.
"""

import dataclasses
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from dgrc.config import Config
from dgrc.errors import DgrcError
from dgrc.runtime.memory import of_this_machine
from dgrc.workflow.preflight.engine_memory import gpu_bytes
from dgrc.workflow.preflight.findings import Finding
from dgrc.workflow.preflight.models import directory_of
from dgrc.workflow.preflight.room import GIB

if TYPE_CHECKING:
    from dgrc.training.plan.memory import Setup
    from dgrc.training.plan.shapes import Shape


def training_has_memory(config: Config, parts: Collection[str]) -> Iterator[Finding]:
    """Whether a training has the memory that it is sure to take, and that it is planned with."""
    from dgrc.training.plan.memory import PROCESS, total
    from dgrc.training.plan.planner import setup_of
    from dgrc.training.plan.shapes import shape_of_files

    training, folder = config.training, directory_of(config.student.model)
    if (parts and "train" not in parts) or config.student.engine != "vllm" or folder is None:
        return
    shape = shape_of_files(folder)
    if shape is None:
        return
    workers = training.most_workers if isinstance(training.workers, int) else training.workers[0]
    try:
        setup = setup_of(config, shape, workers, learned=0.0)
    except DgrcError:  # a file of DeepSpeed's that is wrong is told by itself
        return
    there = _a_workers(config, workers)
    if there is None:
        return
    sure, (planned, host) = _sure(shape, setup), total(shape, setup)
    what = "a GPU has" if setup.device == "gpu" else f"of this machine's memory each of {workers} workers has"
    if sure > there:
        yield Finding(
            "training", f"a worker holds at least {sure / GIB:,.1f} GiB of weights, gradients and AdamW's state, and "
            f"{what} {there / GIB:,.1f} GiB. {_what_helps(config, shape, setup, there, sure=True)}",
        )  # fmt: skip
    elif planned > there:
        yield Finding(
            "training", f"a worker is planned with {planned / GIB:,.1f} GiB if examples fill `training.max_length`, "
            f"{training.max_length:,} tokens, and {what} {there / GIB:,.1f} GiB. "
            f"{_what_helps(config, shape, setup, there, sure=False)}", stops=False,
        )  # fmt: skip
    on_host = workers * (host + PROCESS["cpu"]) if host else 0
    if config.ray.address is None and on_host > of_this_machine():
        yield Finding(
            "training.offload", f"{workers} workers keep {on_host / GIB:,.1f} GiB in this machine's memory, which has "
            f"{of_this_machine() / GIB:,.1f} GiB. Offload less, or train an adapter (`training.adapter`).",
        )  # fmt: skip


def _a_workers(config: Config, workers: int) -> float | None:
    """Memory that a worker can have where it computes; None if nothing says."""
    if config.training.gpus_per_worker:
        return gpu_bytes(config.ray.address)
    if config.ray.address is not None:
        return None
    return (of_this_machine() - config.ray.object_store_gib * GIB) / workers


def _sure(shape: "Shape", setup: "Setup") -> float:
    """What a worker holds where it computes before it has an example: no buffers, which are made smaller, if need be,
    by a file of DeepSpeed's."""
    from dgrc.training.plan.memory import parts

    held = {name: device for name, (device, _) in parts(shape, dataclasses.replace(setup, tokens=1, row=1)).items()}
    return sum(amount for name, amount in held.items() if name not in ("buffers", "micro-batch"))


def _what_helps(config: Config, shape: "Shape", setup: "Setup", there: float, sure: bool) -> str:
    """The settings of which each by itself would make it fit."""
    from dgrc.training.plan.memory import total

    training, row, cpu = config.training, setup.row, setup.device == "cpu"
    changes = {
        "gradient_checkpointing: true": {"checkpointing": True},
        "micro_batch_rows: 1": {"tokens": row},
        f"max_length: {row // 4}": {"tokens": row // 4, "row": row // 4},
        "zero_stage: 3": {"stage": 3},
        "offload: optimizer": {"offload": "optimizer"},
        "adapter: {}": {"adapter": shape.adapter(16)},
    }
    if training.adapter is not None or sure:
        changes.pop("adapter: {}" if training.adapter is not None else "micro_batch_rows: 1")
    if cpu or training.deepspeed is not None:
        changes.pop("offload: optimizer")
    helping = []
    for said, change in changes.items():
        other = dataclasses.replace(setup, **change)  # type: ignore[arg-type]
        needs = _sure(shape, other) if sure else total(shape, other)[0]
        if other != setup and needs <= there:
            helping.append(f"`training.{said}`")
    if cpu and setup.workers > 1:
        alone = dataclasses.replace(setup, workers=1)
        if (_sure(shape, alone) if sure else total(shape, alone)[0]) <= there * setup.workers:
            helping.append("`training.workers: 1`")
    return f"It would fit by {' or '.join(helping)}." if helping else (
        "No one setting makes it fit: take a smaller model, or more machines."
    )
