"""Hidden states and the tokens they have to predict in, the summed loss and its gradients out, without whole logits.

Logits of all positions are the largest thing that a training makes: 8,192 positions over 151,936 words take 2.5 GB in
bf16, and cross-entropy makes them anew in float32 more than once. Here a few positions at a time go through the head.
What is left of a chunk is its loss and its part of the gradients, so forward does what backward would do later, and
computes nothing twice; backward only hands on. A chunk's logits lie once in memory, in the model's own precision: in
their place, a few rows in float32 at a time, comes their gradient. docs/log.md has what this was measured against.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from dgrc.training.data.packing import IGNORED

CHUNK_BYTES = 160 * 2**20
"""A chunk has about so many bytes of logits: 552 positions of Qwen2.5 in bf16, 276 in float32."""
SLICES = 8
"""In so many parts a chunk's logits become their gradient, in float32."""

Map = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True, slots=True)
class Head:
    """How hidden states [n, width] become logits [n, `vocabulary`].

    `module` is the head itself, and `after` what the model does with its logits (None: nothing). `trained` are the
    head's parameters that learn. If all the head is, is a matrix (and perhaps a bias), these are `weight` and `bias`,
    and its gradients are made without a graph.
    """

    vocabulary: int
    module: Map
    after: Map | None = None
    trained: tuple[torch.Tensor, ...] = ()
    weight: torch.Tensor | None = None
    bias: torch.Tensor | None = None


def chunked_loss(head: Head, hidden: torch.Tensor, labels: torch.Tensor, scale: float = 1.0) -> torch.Tensor:
    """The cross-entropy of `labels` [n] at `hidden` [n, width], summed in float32, times `scale`.

    Positions labelled `IGNORED` count nothing, but have a graph.
    """
    loss: torch.Tensor = _ChunkedLoss.apply(head, hidden, labels, scale, *head.trained)
    return loss


class _ChunkedLoss(torch.autograd.Function):
    """The scale goes in, and not onto what comes out, or a gradient that is whole would be rounded once more."""

    @staticmethod
    def forward(
        ctx: Any, head: Head, hidden: torch.Tensor, labels: torch.Tensor, scale: float, *trained: torch.Tensor
    ) -> torch.Tensor:
        wanted = [ctx.needs_input_grad[1], *ctx.needs_input_grad[4:]]
        work = _by_module if head.weight is None else _by_matrix
        total = torch.zeros((), device=hidden.device)
        of_hidden = torch.zeros_like(hidden) if wanted[0] else None
        sums = [torch.zeros_like(p) if want else None for p, want in zip(trained, wanted[1:], strict=True)]
        size = chunk_size(head.vocabulary, hidden.element_size())
        for at in range(0, len(hidden), size):
            here = slice(at, at + size)
            total += work(head, hidden[here], labels[here], scale, None if of_hidden is None else of_hidden[here], sums)
        ctx.gradients = of_hidden, *sums
        return total * scale

    @staticmethod
    def backward(ctx: Any, *given: torch.Tensor) -> Any:
        of_hidden, *sums = (g if g is None else g.mul_(given[0]) for g in ctx.gradients)
        ctx.gradients = None  # or they would live as long as the loss
        return None, of_hidden, None, None, *sums


def chunk_size(vocabulary: int, precision: int) -> int:
    """Positions that go through the head at once; `precision` is a number's bytes."""
    return max(16, CHUNK_BYTES // (vocabulary * precision))


def _by_matrix(
    head: Head,
    hidden: torch.Tensor,
    labels: torch.Tensor,
    scale: float,
    of_hidden: torch.Tensor | None,
    sums: list[torch.Tensor | None],
) -> torch.Tensor:
    """A chunk's loss; its gradients go into `of_hidden` and, added, into `sums`. The head is no more than a matrix."""
    assert head.weight is not None
    learns = of_hidden is not None or any(s is not None for s in sums)
    logits = torch.nn.functional.linear(hidden, head.weight, head.bias)
    if head.after is None:
        loss, gradient = _loss(logits, labels, scale, learns), logits
    else:
        with torch.set_grad_enabled(learns):
            said = head.after(logits.requires_grad_(learns))
        of_said = said.detach().clone()
        loss = _loss(of_said, labels, scale, learns)
        gradient = torch.autograd.grad(said, logits, of_said)[0] if learns else logits
    if of_hidden is not None:
        torch.mm(gradient, head.weight, out=of_hidden)
    for parameter, total in zip(head.trained, sums, strict=True):
        if total is not None and parameter is head.weight:
            total.addmm_(gradient.t(), hidden)
        elif total is not None:
            total.add_(gradient.sum(0))
    return loss


def _by_module(
    head: Head,
    hidden: torch.Tensor,
    labels: torch.Tensor,
    scale: float,
    of_hidden: torch.Tensor | None,
    sums: list[torch.Tensor | None],
) -> torch.Tensor:
    """The same for any head, an adapter on one say, by a graph of its own."""
    totals = [total for total in (of_hidden, *sums) if total is not None]
    with torch.set_grad_enabled(bool(totals)):
        hidden = hidden.detach().requires_grad_(of_hidden is not None)
        said = head.module(hidden)
        said = said if head.after is None else head.after(said)
    gradient = said.detach().clone()
    loss = _loss(gradient, labels, scale, bool(totals))
    sources = [s for s, total in zip((hidden, *head.trained), (of_hidden, *sums), strict=True) if total is not None]
    if sources:
        found = torch.autograd.grad(said, sources, gradient, allow_unused=True)
        for total, part in zip(totals, found, strict=True):
            if part is not None:
                total.add_(part)
    return loss


def _loss(logits: torch.Tensor, labels: torch.Tensor, scale: float, learns: bool) -> torch.Tensor:
    """The sum of the losses; if it `learns`, what it gets as `logits` holds their gradient afterwards."""
    total = torch.zeros((), device=logits.device)
    size = -(-len(logits) // SLICES)
    for at in range(0, len(logits), size):
        rows, of_rows = logits[at : at + size], labels[at : at + size]
        counts = of_rows != IGNORED
        target = of_rows.clamp(min=0)[:, None]
        exact = rows.float()
        norm = exact.logsumexp(1, keepdim=True)
        total += ((norm - exact.gather(1, target)).squeeze(1) * counts).sum()
        if learns:
            exact.sub_(norm).exp_()
            exact.scatter_add_(1, target, exact.new_full(target.shape, -1.0))
            rows.copy_(exact.mul_(counts[:, None] * scale))
    return total
