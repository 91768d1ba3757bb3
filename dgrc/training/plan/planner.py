"""A configuration in, what its training takes out: parameters, memory for each way to train, steps, time, cost."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dgrc.config import Config
from dgrc.errors import TrainingError
from dgrc.records import Example
from dgrc.storage.objectstore.files import is_remote
from dgrc.storage.objectstore.models import local_copy
from dgrc.storage.run_dir import RunDir
from dgrc.training.model.ds_config import deepspeed_settings
from dgrc.training.plan.memory import GIB, Attention, Setup, total
from dgrc.training.plan.shapes import QWEN2_5, Shape, shape_of, step_flops

WAYS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("full, ZeRO 0", {"stage": 0}),
    ("full, ZeRO 1", {"stage": 1}),
    ("full, ZeRO 2", {"stage": 2}),
    ("full, ZeRO 2, optimizer offloaded", {"stage": 2, "offload": "optimizer"}),
    ("full, ZeRO 3", {"stage": 3}),
    ("full, ZeRO 3, all offloaded", {"stage": 3, "offload": "all"}),
    ("LoRA, ZeRO 2", {"stage": 2, "lora": True}),
    ("LoRA, ZeRO 3", {"stage": 3, "lora": True}),
    ("QLoRA, ZeRO 2", {"stage": 2, "lora": True, "four_bits": True}),
)
"""What a plan compares."""
LORA_RANK = 16
"""Rank of the adapters in the comparison where the configuration has none."""


@dataclass(frozen=True, slots=True)
class Work:
    """What there is to train on: of each stage steps, visits, tokens and tokens with loss; tokens of the longest
    example, and of the largest step; how many of the user's own examples there are, are learned from, and visits to
    them."""

    stages: tuple[tuple[str, int, int, int, int], ...]
    longest: int
    largest_step: int
    replayed: tuple[int, int, int] = (0, 0, 0)

    @property
    def tokens(self) -> int:
        """Tokens of all stages."""
        return sum(stage[3] for stage in self.stages)


def setup_of(config: Config, shape: Shape, workers: int, work: Work | None = None, learned: float = 0.5) -> Setup:
    """How a configuration trains, on so many workers.

    If the work is known, rows are as long as its longest example, and a micro-batch is no larger than a worker's share
    of the largest step.
    """
    t = config.training
    zero = deepspeed_settings(t)["zero_optimization"]
    offload = "none"
    if (zero.get("offload_optimizer") or {}).get("device", "none") != "none":
        offload = "optimizer"
    if (zero.get("offload_param") or {}).get("device", "none") != "none":
        offload = "all"
    row = min(t.max_length, work.longest) if work else t.max_length
    tokens = max(1, t.micro_batch_rows * t.max_length // row) * row
    if work:
        tokens = max(row, min(tokens, math.ceil(work.largest_step / workers)))
    return Setup(
        workers=workers,
        stage=int(zero.get("stage", 0)),
        offload=offload,
        adapter=shape.adapter(t.adapter.rank) if t.adapter else 0,
        precision=2 if t.precision == "bf16" else 4,
        four_bits=bool(t.adapter and t.adapter.quantize == "nf4"),
        checkpointing=t.gradient_checkpointing,
        tokens=tokens,
        row=row,
        learned=learned,
        device="gpu" if t.gpus_per_worker else "cpu",
        attention=_attention(config, shape),
        accumulated=work is None or work.largest_step > workers * tokens,
    )


def _attention(config: Config, shape: Shape) -> Attention | None:
    """What a configuration's attention leaves; `auto` on a GPU takes flash attention where it is installed, which is
    not known here, so a mask is planned."""
    named = config.training.attention
    if named == "eager" or (named == "auto" and shape.eager):
        return "eager"
    return None if named in ("auto", "sdpa") else "flash"


def work_of(config: Config, replayed: Iterable[Example] = ()) -> Work | None:
    """What the run's curriculum asks for, with the examples of `training.replay.files`; None if the run has none yet.

    Raises:
        TrainingError: the base model has no tokenizer, or no example fits.
    """
    from dgrc.training.data.inputs import load_tokenizer
    from dgrc.training.data.packing import loss_tokens
    from dgrc.training.run.course import Course, lay_down

    folder = RunDir.of(config).curriculum()
    kinds = [str(folder / kind) if (folder / kind).is_dir() else None for kind in ("atomic", "cot")]
    if not any(kinds):
        return None
    tokenizer = load_tokenizer(config.student.model)
    course = Course("plan", kinds[0], kinds[1], "", {})
    planned, _ = lay_down(config.training, course, tokenizer, config.seed, None, config.student, replayed)
    corpus, own, visited = planned.corpus, len(planned.corpus) - planned.corpus.replayed, 0
    rows, largest = [], 0
    for stage in planned.stages:
        largest = max(largest, *(sum(corpus.length(visit) for visit in step) for step in stage.steps))
        visits = [visit for step in stage.steps for visit in step]
        tokens = sum(corpus.length(visit) for visit in visits)
        visited += sum(visit >= own for visit in visits)
        rows.append((stage.name, len(stage.steps), len(visits), tokens, loss_tokens(corpus, visits)))
    longest = max(corpus.length(e) for e in range(len(corpus)))
    return Work(tuple(rows), longest, largest, (planned.own_examples, corpus.replayed, visited))


def compare(
    config: Config, shape: Shape, gpus: Sequence[int], gpu_gib: float, checkpointing: bool | None = None
) -> list[tuple[str, list[tuple[str, bool]]]]:
    """For each way to train and number of GPUs: memory a GPU (and a worker's host memory), and whether it fits.

    Gradient checkpointing is the configuration's unless it is given.
    """
    rank = config.training.adapter.rank if config.training.adapter else LORA_RANK
    own = setup_of(config, shape, 1)
    table = []
    for name, way in WAYS:
        cells = []
        for count in gpus:
            setup = Setup(
                workers=count,
                stage=way["stage"],
                offload=way.get("offload", "none"),
                adapter=shape.adapter(rank) if way.get("lora") else 0,
                precision=own.precision,
                four_bits=bool(way.get("four_bits")),
                checkpointing=own.checkpointing if checkpointing is None else checkpointing,
                tokens=own.tokens,
                row=own.row,
                attention=own.attention,
            )
            device, host = total(shape, setup)
            text = f"{device / GIB:,.0f}" + (f" + {host / GIB:,.0f} host" if host else "")
            cells.append((text, device <= gpu_gib * GIB))
        table.append((name, cells))
    return table


def seconds(
    shape: Shape, work: Work, setup: Setup, tokens_per_second: float | None, peak: float | None, mfu: float
) -> float | None:
    """How long the training takes: by a measured rate, or else by the model's arithmetic at a share of the peak; None
    if neither is known."""
    if tokens_per_second:
        return work.tokens / tokens_per_second
    if not peak:
        return None
    mean = work.longest  # an upper bound of attention's part, which is small at these lengths
    done = sum(
        step_flops(shape, [mean] * math.ceil(tokens / mean), learned, setup.adapter)
        for _, _, _, tokens, learned in work.stages
    )
    return done / (peak * mfu * setup.workers)


def measured_rate(config: Config) -> float | None:
    """Tokens a second of the run's own training, if it has been trained before."""
    file = RunDir.of(config).state("train-dgrc") / "done.json"
    if not file.is_file():
        return None
    return json.loads(file.read_text(encoding="utf-8"))["report"].get("tokens_per_second") or None


def check_fits(config: Config, shape: Shape, workers: int, gpu_gib: float) -> tuple[int, int]:
    """Bytes on the device and the host of the configuration's own way to train.

    Raises:
        TrainingError: it does not fit.
    """
    setup = setup_of(config, shape, workers)
    device, host = total(shape, setup)
    if device > gpu_gib * GIB:
        raise TrainingError(
            f"This training needs {device / GIB:,.0f} GiB a worker on {workers} workers, but {gpu_gib:g} GiB are "
            f"there. {_what_fits(config, shape, workers, gpu_gib)} A smaller micro_batch_rows or max_length lowers "
            "what a micro-batch needs."
        )
    return device, host


def _what_fits(config: Config, shape: Shape, workers: int, gpu_gib: float) -> str:
    """A sentence on the ways to train that do fit, with gradient checkpointing if none does without."""
    for checkpointing, heading in ((None, "These fit:"), (True, "With gradient_checkpointing these fit:")):
        table = compare(config, shape, [workers], gpu_gib, checkpointing)
        if fitting := [name for name, ((_, fits),) in table if fits]:
            return f"{heading} {'; '.join(fitting)}."
    return "No way that dgrc knows fits: take more workers."


def model_shape(config: Config, model: str | None) -> Shape:
    """The shape of the model that is planned for: the configuration's student, or another."""
    name = model or config.student.model
    if not name:
        raise TrainingError(
            f"There is no model to plan for: `student.engine: {config.student.engine}` names no weights. Set "
            "`student.model`, or give a model by --model."
        )
    if is_remote(name):
        name = local_copy(name, weights=False)
    if not (Path(name) / "config.json").is_file():  # a name on the Hub, perhaps of a shape that is known
        short = name.rsplit("/", 1)[-1].lower().removesuffix("-instruct")
        name = short if short in QWEN2_5 else name
    return shape_of(name)
