"""A stage in, its optimizer steps out, one at a time. What every worker computes, without Ray.

Loss is averaged over the assistant tokens of the whole step. DeepSpeed averages gradients over
workers, so each scales its sum by workers / tokens of the step; micro-batches add up. How examples
are packed and how many workers there are then changes nothing but rounding.
"""

import contextlib
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch.nn.attention import SDPBackend, sdpa_kernel

from dgrc.config.training import StageConfig, TrainingConfig
from dgrc.errors import TrainingError
from dgrc.training.data.encode import Corpus
from dgrc.training.data.packing import IGNORED, MicroBatch, Row, collate, loss_tokens, share_rows
from dgrc.training.data.stages import Stage
from dgrc.training.model.head import learns_in_chunks
from dgrc.training.model.probe import layout_of

NAMED = 20
"""So many examples of a step that failed are named."""


@dataclass(frozen=True, slots=True)
class Step:
    """One optimizer step: mean loss in nats a token, and the norm of the gradient before it was clipped."""

    number: int
    loss: float
    learning_rate: float
    grad_norm: float


def learning_rate_factor(step: int, steps: int, settings: StageConfig) -> float:
    """The share of the peak learning rate at a step counted from 0; it warms up from above 0 and decays to above 0."""
    warmup = math.ceil(settings.warmup * steps)
    if step < warmup:
        return (step + 1) / (warmup + 1)
    done = (step - warmup) / max(steps - warmup, 1)
    return {"constant": 1.0, "linear": 1 - done, "cosine": (1 + math.cos(math.pi * done)) / 2}[settings.schedule]


def train_stage(engine: Any, corpus: Corpus, stage: Stage, config: TrainingConfig, first: int = 0) -> Iterator[Step]:
    """Runs a stage's optimizer steps from `first` on, yielding each when it is done, on every worker.

    Raises:
        TrainingError: a step's loss or gradient is no number. It is raised before the step is yielded, so that no
            checkpoint holds its weights.
    """
    rank, workers, layout = dist.get_rank(), dist.get_world_size(), layout_of(engine)
    for number in range(first, len(stage.steps)):
        visits = stage.steps[number]
        shares = share_rows(
            corpus, visits, tokens_per_batch=tokens_per_batch(config), workers=workers, packed=layout != "alone"
        )
        rate = learning_rate_factor(number, len(stage.steps), stage.settings) * stage.settings.learning_rate
        for group in engine.optimizer.param_groups:
            group["lr"] = rate
        scale = workers / loss_tokens(corpus, visits)
        parts = _step(engine, [collate(corpus, rows, layout) for rows in shares[rank]], scale)
        loss = parts.sum()
        dist.all_reduce(loss)
        step = Step(number, float(loss) / workers, rate, float(engine.get_global_grad_norm() or 0.0))
        if not (math.isfinite(step.loss) and 0 <= step.grad_norm < math.inf):  # DeepSpeed says -1 for one that is none
            raise TrainingError(_no_number(stage, step, corpus, shares[rank], parts))
        yield step


def _no_number(stage: Stage, step: Step, corpus: Corpus, mine: Sequence[Sequence[Row]], parts: torch.Tensor) -> str:
    """What to say of a step that came to no number; all workers must call it. `parts` are the losses of `mine`."""
    here = [
        int(corpus.ids[example])
        for rows, finite in zip(mine, parts.isfinite().tolist(), strict=True)
        if not finite
        for row in rows
        for example in row
    ]
    gathered: list[list[int]] = [[] for _ in range(dist.get_world_size())]
    dist.all_gather_object(gathered, here)
    bad = sorted(itertools.chain.from_iterable(gathered))
    which = "micro-batches whose loss is none hold" if bad else "every loss by itself is one, and the step holds"
    bad = bad or sorted(int(corpus.ids[example]) for example in stage.steps[step.number])
    named = f"{', '.join(map(str, bad[:NAMED]))}{f' and {len(bad) - NAMED} more' if len(bad) > NAMED else ''}"
    return (
        f"Step {step.number + 1} of {len(stage.steps)} of the stage {stage.name} came to no number: loss {step.loss}, "
        f"gradient norm {step.grad_norm}, at a learning rate of {step.learning_rate:.2e}; {which} the examples {named} "
        "(ids of the curriculum). If all of a step are named, it is the weights: lower `learning_rate`, raise `warmup` "
        "or set `precision: fp32`. If few are, look at these. Nothing of this step was kept."
    )


def mean_loss(engine: Any, corpus: Corpus, visits: Sequence[int], config: TrainingConfig) -> float:
    """The loss of examples in nats a token, without learning from them. All workers must call it."""
    rank, workers, layout = dist.get_rank(), dist.get_world_size(), layout_of(engine)
    shares = share_rows(
        corpus, visits, tokens_per_batch=tokens_per_batch(config), workers=workers, packed=layout != "alone"
    )
    total = torch.zeros((), device=engine.device)
    engine.eval()
    with torch.no_grad(), _attention_kernel(engine.device):
        for rows in shares[rank]:
            total += batch_loss(engine, collate(corpus, rows, layout).to(engine.device))
    engine.train()
    dist.all_reduce(total)
    return float(total) / loss_tokens(corpus, visits)


def tokens_per_batch(config: TrainingConfig) -> int:
    """Tokens that a worker computes at once."""
    return config.micro_batch_rows * config.max_length


def batch_loss(model: Any, batch: MicroBatch, scale: float = 1.0) -> torch.Tensor:
    """The summed cross-entropy of a micro-batch in nats, in float32, times `scale`; of padding alone it is a 0 that has
    a graph.

    A model that was not given a loss of its own (`head.give_loss`) makes whole logits.
    """
    if learns_in_chunks(model):
        loss: torch.Tensor = model(**batch.inputs, targets=batch.labels, scale=scale)
        return loss
    wanted = batch.labels != IGNORED
    # Only columns where some row has loss go through the vocabulary; prompts are most of a row.
    columns = wanted.any(0).nonzero().squeeze(1)
    if len(columns) == 0:
        columns = torch.zeros(1, dtype=torch.int64, device=wanted.device)
    logits = model(**batch.inputs, logits_to_keep=columns).logits
    logits = logits if logits.shape[1] == len(columns) else logits[:, columns]  # not all know of `logits_to_keep`
    labels, kept = batch.labels[:, columns], wanted[:, columns]
    if not bool(kept.any()):
        return logits.float().sum() * 0.0
    return torch.nn.functional.cross_entropy(logits[kept].float(), labels[kept], reduction="sum") * scale


def _attention_kernel(device: torch.device) -> contextlib.AbstractContextManager[object]:
    """On a CPU the plain kernel: the flash kernel's backward in bf16 costs as much as all the rest at short lengths."""
    if device.type == "cpu":
        return sdpa_kernel(SDPBackend.MATH)
    return contextlib.nullcontext()


def _step(engine: Any, batches: Sequence[MicroBatch], scale: float) -> torch.Tensor:
    """One optimizer step over a worker's micro-batches; returns the scaled loss of each [B]."""
    losses = []
    for n, batch in enumerate(batches):
        engine.set_gradient_accumulation_boundary(n == len(batches) - 1)
        with _attention_kernel(engine.device):  # backward too: gradient checkpointing computes forward again there
            loss = batch_loss(engine, batch.to(engine.device), scale)
            engine.backward(loss)
        losses.append(loss.detach())
    engine.step()
    return torch.stack(losses)
