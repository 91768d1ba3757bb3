"""A base model and settings in, a DeepSpeed engine that is ready to train out, fresh or where a checkpoint left it."""

import sys
from typing import Any

import torch
import torch.distributed as dist

from dgrc.config.training import TrainingConfig
from dgrc.runtime.cpu import has_bfloat16
from dgrc.training.data.packing import Layout
from dgrc.training.model.ds_config import deepspeed_settings
from dgrc.training.model.head import give_loss
from dgrc.training.model.load import load_model
from dgrc.training.model.probe import probe
from dgrc.training.run.state import SavedState, State, restore

SAID: dict[Layout, str] = {
    "rows": "examples are packed into rows, and were found to be computed in them as if each stood alone",
    "flat": "examples are packed end to end, and were found to be computed there as if each stood alone",
    "alone": "one example a row: packed ones would not be computed as if each stood alone (layers other than attention "
    "carry on from one into the next, or the attention knows no places)",
}
"""What the log says of how examples lie."""
SLOW = (
    "this CPU has no instructions for bfloat16, so that `training.precision: bf16` is many times slower than fp32: set "
    "`training.precision: fp32`, or train where there are some"
)


def make_engine(config: TrainingConfig, base_model: str, saved: SavedState | None = None) -> State:
    """The model of a directory in a DeepSpeed engine with AdamW, and its state; torch.distributed must be set up."""
    import deepspeed

    if config.gpus_per_worker == 0:
        # DeepSpeed would compile a shared-memory all-reduce with the machine's C++ compiler. Gloo does without.
        vars(deepspeed.ops)["__compatible_ops__"] = {}
    deepspeed.init_distributed(dist.get_backend(), verbose=False)  # takes over the group that torch has
    settings = deepspeed_settings(config)
    model = load_model(config, base_model, settings)
    whole = give_loss(model)
    optimizer = torch.optim.AdamW(parameter_groups(model, config.weight_decay), lr=1.0, betas=config.betas, fused=True)
    engine, *_ = deepspeed.initialize(model=model, optimizer=optimizer, config=settings, dist_init_required=False)
    layout = probe(engine, engine.device)
    few = "the loss is made a few positions at a time"
    _say(f"the loss keeps whole logits, which takes memory, for {whole}" if whole else few)
    _say(SAID[layout])
    if config.gpus_per_worker == 0 and config.precision == "bf16" and not has_bfloat16():
        _say(SLOW)
    state = State(engine)
    if saved is None:
        state.reset()
    else:
        restore(state, saved)
    return state


def _say(text: str) -> None:
    """A line for the worker's log."""
    sys.stdout.write(f"dgrc: {text}\n")
    sys.stdout.flush()


def parameter_groups(model: Any, weight_decay: float) -> list[dict[str, Any]]:
    """Matrices with weight decay, and biases and norms without."""
    trained = [p for p in model.parameters() if p.requires_grad]
    matrices = [p for p in trained if len(getattr(p, "ds_shape", p.shape)) > 1]
    vectors = [p for p in trained if len(getattr(p, "ds_shape", p.shape)) <= 1]
    groups = [{"params": matrices, "weight_decay": weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    return [group for group in groups if group["params"]]
