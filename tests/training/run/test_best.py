"""The best weights of a stage stay as long as a checkpoint that may be taken up names them, and a stage that begins
from weights that were saved steps on them."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from dgrc.config.training import TrainingConfig
from dgrc.training.run.loop import train_stage
from dgrc.training.run.state import SavedState, save_state
from tests.training.builders import write_base_model
from tests.training.run.test_state import CORPUS, config, stage_of
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


def a_step_after_it_was_taken_up(base: str, config: TrainingConfig, folder: str) -> tuple[Any, Any, Any]:
    """Types of the tensors that AdamW steps on, and how far a step at almost no rate takes weights that were trained,
    saved as a stage's beginning and set again; beside it how far they had been from the base model."""
    from dgrc.training.run.engine import make_engine

    state = make_engine(config, base)
    before = {name: state.get(name).detach().clone() for name in state.parameters}
    stage = stage_of(config)
    for _ in zip(range(7), train_stage(state.engine, CORPUS, stage, config), strict=False):
        pass
    save_state(state, folder, moments=False)
    saved = SavedState(folder)
    trained = {name: saved.tensor(f"weight/{name}") for name in state.parameters}
    state = make_engine(config, base, saved)
    idle = stage.settings.model_copy(update={"learning_rate": 1e-12})
    next(iter(train_stage(state.engine, CORPUS, dataclasses.replace(stage, settings=idle), config)))

    def far(one: dict[str, torch.Tensor]) -> float:
        return max(float((one[name].float() - trained[name].float()).abs().max()) for name in trained)

    types = {str(master.dtype) for master in state._masters()}
    return types, far({name: state.engine.module.get_parameter(name).detach() for name in trained}), far(before)


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
def test_a_stage_that_begins_from_a_checkpoint_steps_on_its_weights_under_zero_0(
    tmp_path: Path, precision: str
) -> None:
    """In bf16 DeepSpeed then keeps copies in float32 that it knows by no name, and writes them over the weights."""
    (tmp_path / "state").mkdir()
    base, own = write_base_model(tmp_path / "base"), config(zero_stage=0, precision=precision)
    for types, moved, trained in on_workers(2, a_step_after_it_was_taken_up, base, own, str(tmp_path / "state")):
        assert types == {"torch.float32"}
        assert moved < 0.004 < trained / 2, "rounding to bf16, against seven steps"
