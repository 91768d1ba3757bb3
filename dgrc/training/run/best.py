"""The best weights of a stage under way: written to a folder beside the checkpoints, kept as long as one names them.

A checkpoint holds the place of a training, and with it where the best weights so far lie. So these may go only when no
checkpoint that may be taken up names them: not when better ones are found, nor when the stage that asked for them ends.
"""

import shutil
from collections import deque
from collections.abc import Iterable
from pathlib import Path

import torch.distributed as dist

from dgrc.training.run.state import State, save_state


class BestWeights:
    """The folder of one training. Every method must be called by all workers alike.

    Args:
        folder: On storage that all nodes share; made when it is needed.
        checkpoints: How many checkpoints are kept.
        named: What those that are there name, the oldest first.
    """

    def __init__(self, folder: Path, checkpoints: int, named: Iterable[str | None] = ()):
        self._folder = folder
        # One more, because the newest may not have arrived where it is kept when the workers are lost.
        self._named = deque(named, maxlen=checkpoints + 1)

    def write(self, state: State, name: str) -> str:
        """Writes the weights as they are now and returns their folder; others go that nothing names any more."""
        folder = self._folder / name
        if dist.get_rank() == 0:
            shutil.rmtree(folder, ignore_errors=True)  # of workers that came as far before, and may have been more
            folder.mkdir(parents=True)
        dist.barrier()
        save_state(state, str(folder), moments=False)
        self._drop({str(folder), *self._named})
        return str(folder)

    def checkpoint(self, best: str | None) -> None:
        """A checkpoint is made that names these."""
        self._named.append(best)

    def clear(self) -> None:
        """All go: a student is done, and no checkpoint before it will be taken up."""
        self._named.clear()
        self._drop(set())

    def _drop(self, but: set[str | None]) -> None:
        dist.barrier()  # others may be reading
        if dist.get_rank() == 0:
            for path in self._folder.glob("*"):
                if str(path) not in but:
                    shutil.rmtree(path, ignore_errors=True)
