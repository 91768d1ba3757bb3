"""What every training worker runs: base model, encoded corpora and stages in, one checkpoint a stage out.

Each stage starts from a directory of weights (the base model, then the stage before) with a fresh
optimizer. So a stage's end is a point from which training can be resumed exactly: after a crash
Ray Train starts the workers again, finished stages are skipped, and the unfinished one begins anew.
Several students (recipes to compare) are trained by the same workers one after the other, because
starting workers takes longer than a small training.

Loss is averaged over the assistant tokens of the whole step. DeepSpeed averages gradients over
workers, so each scales its sum by workers / tokens of the step; micro-batches add up. How examples
are packed and how many workers there are then changes nothing but rounding.
"""

import contextlib
import math
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch.nn.attention import SDPBackend, sdpa_kernel

from dgrc.config import StageConfig, TrainingConfig
from dgrc.training.encode import Corpus
from dgrc.training.packing import IGNORED, MicroBatch, collate, loss_tokens, share_rows
from dgrc.training.stages import Stage


@dataclass(frozen=True, slots=True)
class TrainProgress:
    """One finished optimizer step of a plan: `step` of its `steps`, mean loss in nats a token, tokens trained on."""

    plan: str
    stage: str
    step: int
    steps: int
    loss: float
    tokens: int
    tokens_per_second: float
    learning_rate: float


@dataclass(frozen=True, slots=True)
class Plan:
    """One student: `corpus` is a Ray object reference, `output` where it goes, `card` the facts of its model card."""

    name: str
    corpus: Any
    stages: tuple[Stage, ...]
    output: str
    card: dict[str, str]

    @property
    def steps(self) -> int:
        """Optimizer steps of all stages."""
        return sum(len(stage.steps) for stage in self.stages)


@dataclass(frozen=True, slots=True)
class WorkerTask:
    """What one worker needs: the students to train in order, and `board`, the actor that gathers progress."""

    config: TrainingConfig
    base_model: str
    plans: tuple[Plan, ...]
    seed: int
    board: Any
    log_dir: str


def learning_rate_factor(step: int, steps: int, settings: StageConfig) -> float:
    """The share of the peak learning rate at a step counted from 0; it warms up from above 0 and decays to above 0."""
    warmup = math.ceil(settings.warmup * steps)
    if step < warmup:
        return (step + 1) / (warmup + 1)
    done = (step - warmup) / max(steps - warmup, 1)
    return {"constant": 1.0, "linear": 1 - done, "cosine": (1 + math.cos(math.pi * done)) / 2}[settings.schedule]


def deepspeed_config(config: TrainingConfig) -> dict[str, Any]:
    """DeepSpeed's settings. Accumulation is counted by `train_stage`, so DeepSpeed is told of none."""
    return {
        "train_micro_batch_size_per_gpu": config.micro_batch_rows,
        "gradient_accumulation_steps": 1,
        "gradient_clipping": config.max_grad_norm,
        "zero_optimization": {"stage": config.zero_stage, "overlap_comm": config.gpus_per_worker > 0},
        "bf16": {"enabled": config.precision == "bf16"},
        "zero_allow_untested_optimizer": True,
        "zero_force_ds_cpu_optimizer": False,
        "steps_per_print": 10**9,
        "wall_clock_breakdown": False,
    }


def make_engine(config: TrainingConfig, model_dir: str) -> Any:
    """The model of a directory in a DeepSpeed engine with a fresh AdamW; torch.distributed must be set up."""
    import deepspeed
    from transformers import AutoModelForCausalLM
    from transformers.integrations import HfDeepSpeedConfig

    if config.gpus_per_worker == 0:
        # DeepSpeed would compile a shared-memory all-reduce with the machine's C++ compiler. Gloo does without.
        vars(deepspeed.ops)["__compatible_ops__"] = {}
    deepspeed.init_distributed(dist.get_backend(), verbose=False)  # takes over the group that torch has
    settings = deepspeed_config(config)
    # While this object lives, transformers partitions weights as it loads them: no worker holds a ZeRO-3 model whole.
    partitioned_load = HfDeepSpeedConfig(settings) if config.zero_stage == 3 else None
    dtype = torch.bfloat16 if config.precision == "bf16" else torch.float32
    model = AutoModelForCausalLM.from_pretrained(
        model_dir, dtype=dtype, attn_implementation="sdpa", use_safetensors=True, trust_remote_code=False
    )
    del partitioned_load
    if config.gradient_checkpointing:
        # ZeRO-3 has let go of the weights when torch's newer kind compares what it recomputes with what it saw.
        model.gradient_checkpointing_enable({"use_reentrant": config.zero_stage == 3})
    model.train()
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=1.0, betas=config.betas, weight_decay=config.weight_decay, foreach=True
    )
    engine, *_ = deepspeed.initialize(model=model, optimizer=optimizer, config=settings, dist_init_required=False)
    return engine


def batch_loss(model: Any, batch: MicroBatch) -> torch.Tensor:
    """The summed cross-entropy of a micro-batch in nats, in float32; of padding alone it is a 0 that has a graph."""
    wanted = batch.labels != IGNORED
    # Only columns where some row has loss go through the vocabulary; prompts are most of a row.
    columns = wanted.any(0).nonzero().squeeze(1)
    if len(columns) == 0:
        columns = torch.zeros(1, dtype=torch.int64, device=wanted.device)
    with _attention_kernel(batch.input_ids.device):
        logits = model(
            input_ids=batch.input_ids,
            position_ids=batch.position_ids,
            attention_mask=batch.attention,
            use_cache=False,
            logits_to_keep=columns,
        ).logits
    labels, kept = batch.labels[:, columns], wanted[:, columns]
    if not bool(kept.any()):
        return logits.float().sum() * 0.0
    return torch.nn.functional.cross_entropy(logits[kept].float(), labels[kept], reduction="sum")


def _attention_kernel(device: torch.device) -> contextlib.AbstractContextManager[object]:
    """On a CPU the plain kernel: the flash kernel's backward in bf16 costs as much as all the rest at short lengths."""
    if device.type == "cpu":
        return sdpa_kernel(SDPBackend.MATH)
    return contextlib.nullcontext()


def train_stage(
    engine: Any,
    corpus: Corpus,
    stage: Stage,
    config: TrainingConfig,
    on_step: Callable[[int, float, int, float], None],
) -> None:
    """Runs a stage's optimizer steps; `on_step(step, loss, tokens, learning rate)` follows each, on every worker."""
    rank, workers = dist.get_rank(), dist.get_world_size()
    tokens = config.micro_batch_rows * config.max_length
    for step, visits in enumerate(stage.steps):
        shares = share_rows(corpus, visits, tokens_per_batch=tokens, workers=workers)
        factor = learning_rate_factor(step, len(stage.steps), stage.settings)
        rate = factor * stage.settings.learning_rate
        for group in engine.optimizer.param_groups:
            group["lr"] = rate
        loss = _step(engine, [collate(corpus, rows) for rows in shares[rank]], workers / loss_tokens(corpus, visits))
        dist.all_reduce(loss)
        on_step(step, float(loss) / workers, sum(corpus.length(v) for v in visits), rate)


def _step(engine: Any, batches: Sequence[MicroBatch], scale: float) -> torch.Tensor:
    """One optimizer step over a worker's micro-batches; returns the scaled sum of their losses."""
    total = torch.zeros((), device=engine.device)
    for n, batch in enumerate(batches):
        engine.set_gradient_accumulation_boundary(n == len(batches) - 1)
        loss = batch_loss(engine, batch.to(engine.device)) * scale
        engine.backward(loss)
        total += loss.detach()
    engine.step()
    return total


def train_worker(task: dict[str, WorkerTask]) -> None:
    """The function that Ray Train runs on every worker (its one argument is Ray Train's config mapping)."""
    _run(task["task"])


def _run(task: WorkerTask) -> None:
    import ray
    import ray.train

    rank = ray.train.get_context().get_world_rank()
    _redirect_output(os.path.join(task.log_dir, f"worker-{rank}.log"))
    checkpoint = ray.train.get_checkpoint()
    # Losses by plan, one list a finished stage: what is known of stages that are not run again.
    finished: dict[str, list[list[float]]] = checkpoint.get_metadata()["finished"] if checkpoint else {}
    for plan in task.plans:
        corpus: Corpus = ray.get(plan.corpus)
        for position in range(len(finished.get(plan.name, [])), len(plan.stages)):
            with checkpoint.as_directory() if position else contextlib.nullcontext(task.base_model) as source:
                engine = make_engine(task.config, source)
            reporter = _Reporter(task.board, plan, position, rank)
            torch.manual_seed(task.seed)
            train_stage(engine, corpus, plan.stages[position], task.config, reporter)
            reporter.flush()
            finished = {**finished, plan.name: [*finished.get(plan.name, []), reporter.losses]}
            checkpoint = _save(engine, task, plan, finished, rank)


def _save(engine: Any, task: WorkerTask, plan: Plan, finished: dict[str, list[list[float]]], rank: int) -> Any:
    """Ends a stage: its checkpoint, and after the last one the student. Returns the checkpoint once it is safe."""
    import ray.train
    from ray.train import Checkpoint

    from dgrc.training.export import save_weights, write_student

    with tempfile.TemporaryDirectory() as folder:
        save_weights(engine, task.base_model, folder)
        engine.destroy()
        checkpoint = None
        if rank == 0:
            if len(finished[plan.name]) == len(plan.stages):
                # Before the checkpoint that says so: a crash between the two repeats the stage, and loses nothing.
                write_student(folder, task.base_model, plan.output, plan.card)
            checkpoint = Checkpoint.from_directory(folder)
            checkpoint.set_metadata({"finished": finished})
        name = f"{plan.name}-{len(finished[plan.name])}"
        ray.train.report({"stage": name}, checkpoint=checkpoint, checkpoint_dir_name=name)
    # Waits until Ray Train has the checkpoint for good: a crash from here on does not cost this stage again.
    return ray.train.get_all_reported_checkpoints()[-1].checkpoint


class _Reporter:
    """Keeps the losses of a stage, and sends rank 0's finished steps with their speed to the board."""

    def __init__(self, board: Any, plan: Plan, position: int, rank: int) -> None:
        self.board, self.plan, self.stage, self.rank = board, plan, plan.stages[position].name, rank
        self.before = sum(len(stage.steps) for stage in plan.stages[:position])
        self.losses: list[float] = []
        self.clock = time.monotonic()
        self.sent: Any = None

    def __call__(self, step: int, loss: float, tokens: int, rate: float) -> None:
        self.losses.append(loss)
        now = time.monotonic()
        if self.rank == 0:
            speed = tokens / max(now - self.clock, 1e-9)
            done = self.before + step + 1
            progress = TrainProgress(self.plan.name, self.stage, done, self.plan.steps, loss, tokens, speed, rate)
            self.sent = self.board.push.remote(progress)
        self.clock = now

    def flush(self) -> None:
        """Waits until the board has all steps: what is under way when a worker ends would be lost."""
        import ray

        if self.sent is not None:
            ray.get(self.sent)


def _redirect_output(path: str) -> None:
    """Sends all this process prints from now on to a file: DeepSpeed's and its children's chatter included."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
