"""Notice that a machine of this training is about to be taken away, as clouds give it for spot instances."""

import time

import torch
import torch.distributed as dist

LOOK_EVERY_S = 2.0
"""Ray Train asks all workers at once, through an actor: too dear for every step of a small model."""


class Notice:
    """Looks for it now and then. Ray Train begins anew on other machines once the machine is gone."""

    def __init__(self) -> None:
        self._looked_at = time.monotonic()
        self._taken = False

    def came(self) -> bool:
        """True once, at the first look after the notice; all workers must call it, and agree."""
        import ray.train

        if self._taken:
            return False
        due = torch.tensor(float(time.monotonic() - self._looked_at > LOOK_EVERY_S))
        if dist.get_backend() == "nccl":
            due = due.cuda()
        dist.all_reduce(due, op=dist.ReduceOp.MAX)
        if not bool(due):
            return False
        self._looked_at = time.monotonic()
        self._taken = ray.train.get_preemption_info() is not None
        return self._taken
