"""How often a pass is taken up again when the cluster loses a machine or a process under it.

What a pass committed is safe and its journal answers for the rest, so it goes on as a resumed run would, with the
engines that are still up. Ray's own retries do not cover this: a machine that is off refuses connections at once, so
that a finite number of them is used up in milliseconds, long before the cluster knows that the machine is gone.
"""

import time

from dgrc.config import PipelineConfig
from dgrc.pipeline.progress import tell

PAUSE_S = 5.0
"""Time for the cluster to notice that a machine is gone."""


class Lives:
    """Counts the lives of a pass that came to little in a row; one that came further makes up for those before it.

    Args:
        name: The pass.
        pipeline: A life comes further if it commits as many rows as the workers hold at once.
    """

    def __init__(self, name: str, pipeline: PipelineConfig):
        self._name = name
        self._left = self._most = pipeline.max_retries
        self._enough = pipeline.workers * pipeline.rows_per_block

    def another(self, error: Exception, committed: int) -> bool:
        """Whether to go on after a life that committed so many rows; says so and waits a little if it is."""
        if committed >= self._enough:
            self._left = self._most
        if self._left == 0:
            return False
        self._left -= 1
        said = (str(error).strip() or type(error).__name__).splitlines()[0][:300]
        tell(
            f"  {self._name:<8} lost a part of the cluster and goes on with the rest, {self._left} more times if "
            f"nothing comes of it: {said}"
        )
        time.sleep(PAUSE_S)
        return True
