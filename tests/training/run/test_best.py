"""The best weights of a stage stay as long as a checkpoint that may be taken up names them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.training.run.workers import on_workers

pytestmark = pytest.mark.stack


def written(folder: str) -> list[Any]:
    """What lies there after each step of a training that keeps one checkpoint, as this worker sees it."""
    import torch.distributed as dist

    from dgrc.training.run import best
    from dgrc.training.run.best import BestWeights

    def save(state: Any, to: str, moments: bool) -> None:
        (Path(to) / f"files-{dist.get_rank()}.json").write_text("{}")
        dist.barrier()

    best.save_state = save
    weights, seen = BestWeights(Path(folder), checkpoints=1, named=[None, f"{folder}/s-0-1"]), []

    def look() -> None:
        dist.barrier()
        seen.append(sorted(path.name for path in Path(folder).iterdir()))
        dist.barrier()

    state: Any = None
    first = weights.write(state, "s-0-2")
    look()
    weights.checkpoint(first)
    weights.write(state, "s-0-3")
    weights.write(state, "s-0-4")
    look()
    weights.checkpoint(None)  # another stage has begun, and its checkpoint may not have arrived yet
    weights.write(state, "s-1-1")
    look()
    weights.checkpoint(None)
    last = weights.write(state, "s-1-2")
    look()
    seen.append(sorted(path.name for path in Path(last).iterdir()))
    weights.clear()
    look()
    return seen


def test_what_a_checkpoint_names_stays_until_it_cannot_be_taken_up(tmp_path: Path) -> None:
    (tmp_path / "s-0-1").mkdir()  # of before: the checkpoint that was taken up names it
    (tmp_path / "s-1-2").mkdir()
    (tmp_path / "s-1-2" / "files-7.json").write_text(json.dumps("of eight workers that came as far"))
    for seen in on_workers(2, written, str(tmp_path)):
        begun, better, in_the_next_stage, later, files, done = seen
        assert begun == ["s-0-1", "s-0-2"]
        assert better == ["s-0-1", "s-0-2", "s-0-4"]
        assert in_the_next_stage == ["s-0-2", "s-1-1"], "one checkpoint and the newest"
        assert later == ["s-1-2"]
        assert files == ["files-0.json", "files-1.json"]
        assert done == []
