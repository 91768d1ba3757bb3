"""A base model and settings in, a DeepSpeed engine that is ready to train out, fresh or where a checkpoint left it."""

from typing import Any

import torch
import torch.distributed as dist

from dgrc.config.training import TrainingConfig
from dgrc.training.model.ds_config import deepspeed_settings
from dgrc.training.model.load import load_model
from dgrc.training.run.state import SavedState, State, restore


def make_engine(config: TrainingConfig, base_model: str, saved: SavedState | None = None) -> State:
    """The model of a directory in a DeepSpeed engine with AdamW, and its state; torch.distributed must be set up."""
    import deepspeed

    if config.gpus_per_worker == 0:
        # DeepSpeed would compile a shared-memory all-reduce with the machine's C++ compiler. Gloo does without.
        vars(deepspeed.ops)["__compatible_ops__"] = {}
    deepspeed.init_distributed(dist.get_backend(), verbose=False)  # takes over the group that torch has
    settings = deepspeed_settings(config)
    model = load_model(config, base_model, settings)
    optimizer = torch.optim.AdamW(parameter_groups(model, config.weight_decay), lr=1.0, betas=config.betas, fused=True)
    engine, *_ = deepspeed.initialize(model=model, optimizer=optimizer, config=settings, dist_init_required=False)
    state = State(engine)
    if saved is None:
        state.reset()
    else:
        restore(state, saved)
    return state


def parameter_groups(model: Any, weight_decay: float) -> list[dict[str, Any]]:
    """Matrices with weight decay, and biases and norms without."""
    trained = [p for p in model.parameters() if p.requires_grad]
    matrices = [p for p in trained if len(getattr(p, "ds_shape", p.shape)) > 1]
    vectors = [p for p in trained if len(getattr(p, "ds_shape", p.shape)) <= 1]
    groups = [{"params": matrices, "weight_decay": weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    return [group for group in groups if group["params"]]
