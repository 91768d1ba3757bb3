"""How long is it from the end of a training to the next round's first sample, with engines kept and started anew?

A real run of the small proving world, two rounds, teacher and student on vLLM. In the place of the training stands a
copy of the student with its weights a little changed, so that what is measured does not depend on a training. The first
sample is there when the second round's journal has its first line. Kept and restarted take turns.
"""

import contextlib
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from dgrc.config.file import load_config
from dgrc.storage.run_dir import RunDir
from dgrc.workflow import rounds
from dgrc.workflow.job import Job

WAYS = ("kept", "restarted")
LOOK_EVERY_S = 0.02
NUDGE = 1e-3
"""By how much, relative to its size, each weight of the stand-in's student changes."""


class Timed(Job):
    """A job whose training takes no time and notes when it ended; the second round's is not needed."""

    ended = 0.0

    def train(self) -> None:
        """Leaves a student beside the base model's, and the time."""
        if self.run.number > 1:
            raise _Measured
        _nudge(Path(self.config.student.model), self.run.student())
        self.run.mark_done("train-dgrc", "stand-in", {})
        self.ended = time.monotonic()


class _Measured(Exception):
    """All that was wanted is known."""


def compare(config: Path, questions: int, turns: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Seconds of each turn by way, and the ratio of their medians."""
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory(prefix="dgrc-rounds-") as folder:
        for turn in range(turns):
            for way in WAYS if turn % 2 == 0 else reversed(WAYS):
                seconds[way].append(_turn(config, way, Path(folder) / f"{way}-{turn}", questions, say))
                say(f"{way}: {seconds[way][-1]:.2f} s from the end of the training to the first sample")
    ratio = statistics.median(seconds["kept"]) / statistics.median(seconds["restarted"])
    return {"rounds_kept_over_restarted": round(ratio, 3), "rounds_seconds": seconds}


def _turn(config: Path, way: str, folder: Path, questions: int, say: Callable[[str], None]) -> float:
    settings = (f"runs_dir={folder}", "rounds.count=2", f"questions.limit={questions}", "evaluation.files=[]")
    job = Timed(load_config(config, settings), say, allow_empty=True)
    never = mock.patch.object(rounds, "keepable", return_value=([], ["this is the turn of those that are restarted"]))
    with never if way == "restarted" else contextlib.nullcontext(), job.open("curate"):
        first: list[float] = []
        with _watching(job.run.in_round(2), first), contextlib.suppress(_Measured):
            rounds.run_rounds(job)
    if not first:
        raise RuntimeError(f"the second round of {folder} wrote no line into its journal; look into its logs")
    return first[0] - job.ended


@contextlib.contextmanager
def _watching(run: RunDir, first: list[float]) -> Iterator[None]:
    """Notes when the pass `gather` of a round has its first reply."""
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(LOOK_EVERY_S):
            for path in run.state("gather").glob("journal/*.jsonl"):
                with contextlib.suppress(OSError), path.open("rb") as file:
                    if file.read(1).strip(b"\0"):
                        first.append(time.monotonic())
                        return

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _nudge(model: Path, student: Path) -> None:
    from safetensors.torch import load_file, save_file

    shutil.copytree(model, student, dirs_exist_ok=True)
    for path in student.glob("*.safetensors"):
        weights = {name: (weight * (1 + NUDGE)).contiguous() for name, weight in load_file(path).items()}
        save_file(weights, path, {"format": "pt"})
