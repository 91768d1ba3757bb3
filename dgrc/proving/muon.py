"""Muon (Jordan et al., 2024), the optimizer of the made models' matrices. Gradients flow in, orthogonal steps flow out.

`torch.optim.Muon` does the same in bfloat16, whatever the machine. A CPU that has no instructions for it takes twice as
long for that as for all the rest of a training, so here it is float32.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch

QUINTIC = (3.4445, -4.7750, 2.0315)
"""Coefficients of the iteration that draws all singular values near 1; five turns of it are enough."""
TURNS = 5


class Muon(torch.optim.Optimizer):
    """Each matrix moves by its gradient's momentum (Nesterov's), with all singular values near 1.

    Args:
        matrices: Parameters of two dimensions.
        lr: Learning rate.
        momentum: Decay of the running mean of gradients.
    """

    def __init__(self, matrices: Iterable[torch.nn.Parameter], lr: float, momentum: float = 0.95):
        super().__init__(matrices, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:
        """One step; a closure is not needed and not called."""
        for group in self.param_groups:
            for matrix in group["params"]:
                if matrix.grad is None:
                    continue
                mean = self.state[matrix].setdefault("mean", torch.zeros_like(matrix))
                mean.lerp_(matrix.grad, 1 - group["momentum"])
                rows, columns = matrix.shape
                rate = group["lr"] * math.sqrt(max(1, rows / columns))
                matrix.sub_(orthogonal(matrix.grad.lerp(mean, group["momentum"])), alpha=rate)


def orthogonal(matrix: torch.Tensor) -> torch.Tensor:
    """The matrix with its singular values drawn near 1, by Newton and Schulz's iteration; same shape."""
    tall = matrix.shape[0] > matrix.shape[1]
    found = matrix.T if tall else matrix
    found = found / found.norm().clamp(min=1e-7)  # no singular value above 1, or it would not converge
    one, three, five = QUINTIC
    for _ in range(TURNS):
        square = found @ found.T
        found = one * found + (three * square + five * square @ square) @ found
    return found.T if tall else found
