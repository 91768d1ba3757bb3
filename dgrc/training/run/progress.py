"""How training goes: the workers' steps come to a small actor, the board, and from there to whoever listens."""

import contextlib
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
import torch.distributed as dist

from dgrc.runtime.driver import every
from dgrc.storage.objectstore.models import local_copy
from dgrc.training.data.packing import loss_tokens
from dgrc.training.plan.shapes import peak_flops, shape_of, step_flops

if TYPE_CHECKING:
    from dgrc.training.data.encode import Corpus
    from dgrc.training.run.loop import Step
    from dgrc.training.run.state import State
    from dgrc.training.run.task import Plan, WorkerTask


@dataclass(frozen=True, slots=True)
class TrainProgress:
    """One finished optimizer step of a plan: `step` of its `steps`.

    Losses are means in nats a token (`validation` of examples not trained on, where they were looked at), `grad_norm`
    is the gradient's before clipping, `memory_gib` the most that rank 0 has held (device memory on a GPU, else its
    resident memory), `mfu` the share of the GPUs' peak arithmetic that went into the model, None where it is not known.
    """

    plan: str
    stage: str
    step: int
    steps: int
    loss: float
    tokens: int
    tokens_per_second: float
    learning_rate: float
    grad_norm: float
    memory_gib: float
    mfu: float | None
    validation: float | None


OnProgress = Callable[[TrainProgress], None]


class Reporter:
    """Sends rank 0's finished steps with their speed to the board."""

    def __init__(self, task: "WorkerTask", plan: "Plan", position: int, corpus: "Corpus", state: "State"):
        self.board, self.plan, self.stage, self.corpus = task.board, plan, plan.stages[position], corpus
        self.before = sum(len(stage.steps) for stage in plan.stages[:position])
        self.rank, self.workers = dist.get_rank(), dist.get_world_size()
        self.peak = peak_flops(torch.cuda.get_device_name()) if torch.cuda.is_available() else None
        self.shape = shape_of(local_copy(task.base_model)) if self.peak is not None else None
        trained = sum(int(getattr(p, "ds_numel", p.numel())) for p in state.parameters.values())
        self.adapter = trained if task.config.adapter is not None else 0
        self.clock = time.monotonic()
        self.sent: Any = None

    def __call__(self, step: "Step", validation: float | None) -> None:
        if self.rank == 0:
            seconds = max(time.monotonic() - self.clock, 1e-9)
            visits = self.stage.steps[step.number]
            tokens = sum(self.corpus.length(v) for v in visits)
            self.sent = self.board.push.remote(
                TrainProgress(
                    plan=self.plan.name,
                    stage=self.stage.name,
                    step=self.before + step.number + 1,
                    steps=self.plan.steps,
                    loss=step.loss,
                    tokens=tokens,
                    tokens_per_second=tokens / seconds,
                    learning_rate=step.learning_rate,
                    grad_norm=step.grad_norm,
                    memory_gib=memory_gib(),
                    mfu=self._mfu(visits, seconds),
                    validation=validation,
                )
            )
        self.clock = time.monotonic()

    def flush(self) -> None:
        """Waits until the board has all steps: what is under way when a worker ends would be lost."""
        import ray

        if self.sent is not None:
            ray.get(self.sent)

    def _mfu(self, visits: tuple[int, ...], seconds: float) -> float | None:
        if self.peak is None or self.shape is None:
            return None
        lengths = [self.corpus.length(v) for v in visits]
        done = step_flops(self.shape, lengths, loss_tokens(self.corpus, visits), self.adapter)
        return done / seconds / self.peak / self.workers


def memory_gib() -> float:
    """The most that this process has held: device memory on a GPU, else resident memory."""
    if torch.cuda.is_available():
        return float(torch.cuda.max_memory_allocated() / 2**30)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # Linux counts in KiB


class TrainingLine:
    """Says how training goes, every few seconds."""

    def __init__(self, say: Callable[[str], None], every_s: float = 5.0):
        self._say, self._every = say, every_s
        self._last = time.monotonic()
        self._spent: dict[str, tuple[int, float]] = {}
        self.memory_gib = 0.0

    def rate(self, plan: str) -> float:
        """Tokens a second of a student's training so far, start-up and checkpoints left out."""
        tokens, seconds = self._spent.get(plan, (0, 0.0))
        return tokens / seconds if seconds else 0.0

    def __call__(self, progress: TrainProgress) -> None:
        now = time.monotonic()
        tokens, seconds = self._spent.get(progress.plan, (0, 0.0))
        self._spent[progress.plan] = tokens + progress.tokens, seconds + progress.tokens / progress.tokens_per_second
        self.memory_gib = max(self.memory_gib, progress.memory_gib)
        if now - self._last < self._every:
            return
        self._last = now
        self._say(
            f"  {progress.plan:<18} {progress.stage} step {progress.step}/{progress.steps}  loss {progress.loss:.3f}  "
            f"lr {progress.learning_rate:.1e}  grad {progress.grad_norm:.2g}  "
            f"{progress.tokens_per_second:,.0f} tokens/s"
            + (f"  MFU {progress.mfu:.0%}" if progress.mfu is not None else "")
            + f"  {progress.memory_gib:.1f} GiB"
            + (f"  validation {progress.validation:.3f}" if progress.validation is not None else "")
        )


class Board:
    """The actor that rank 0 writes its steps to and the driver reads them from."""

    def __init__(self) -> None:
        self.steps: list[TrainProgress] = []

    def push(self, step: TrainProgress) -> None:
        """Takes a step."""
        self.steps.append(step)

    def since(self, seen: int) -> list[TrainProgress]:
        """The steps after the first so many."""
        return self.steps[seen:]


@contextlib.contextmanager
def following(board: Any, listeners: list[OnProgress]) -> Iterator[None]:
    """Hands the board's steps to the listeners while entered, and the last of them on leaving.

    A listener that fails, a tracker whose server is away say, is told no more: it costs its curve, not the training.
    """
    import ray

    seen = 0
    told = list(listeners)

    def drain() -> None:
        nonlocal seen
        for step in ray.get(board.since.remote(seen)):
            seen += 1
            for listener in list(told):
                try:
                    listener(step)
                except Exception as e:  # noqa: BLE001 - whatever it is, the student is worth more
                    told.remove(listener)
                    # Not by way of `logging`: what Ray sets up there lets nothing of ours through.
                    sys.stderr.write(f"  {listener} is told of no more steps, it failed at step {step.step}: {e!r}\n")

    try:
        with every(0.2, drain):
            yield
    finally:
        drain()
