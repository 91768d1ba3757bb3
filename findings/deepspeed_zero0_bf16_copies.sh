#!/bin/sh
# DeepSpeed 0.19.8: under ZeRO 0 in bf16 it steps on float32 copies that its own accessor does not know of.
#
# With `bf16` and stage 0 the optimizer is wrapped in `FP16_UnfusedOptimizer`, which keeps a float32 copy of every
# weight, steps on it and writes it over the weight. `safe_get_full_fp32_param` gives None for such a weight, as for
# one that has no copy. So who has new weights to set finds nothing to set beside the weights themselves, and the next
# step brings the old ones back. From stage 1 on the accessor gives the copy, and what is set there stays. Right: the
# copy, or an error.
# Output: stage 0: FP16_UnfusedOptimizer, no copy is given, weights set to 1 are off by more than 1 after a step of 1e-6;
# stage 1: DeepSpeedZeroOptimizer, the copy is given, off by 0.
# Source: deepspeed/utils/tensor_fragment.py, deepspeed/runtime/fp16/unfused_optimizer.py; DeepSpeed's page on ZeRO
# ("Debugging"). Seen 2026-11-30.
. "$(dirname "$0")/common"
install deepspeed==0.19.8 torch==2.13.0
try_it <<'END'
import os
import socket

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
os.environ |= dict(
    DS_ACCELERATOR="cpu", RANK="0", LOCAL_RANK="0", WORLD_SIZE="1", MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port)
)
import deepspeed
import torch
from deepspeed.utils import safe_get_full_fp32_param, safe_set_full_fp32_param

vars(deepspeed.ops)["__compatible_ops__"] = {}  # or it compiles an all-reduce of its own, with a C++ compiler
deepspeed.init_distributed("gloo", verbose=False)

seen = {}
for stage in (0, 1):
    torch.manual_seed(0)
    model = torch.nn.Linear(4, 4, bias=False)
    engine, *_ = deepspeed.initialize(
        model=model,
        model_parameters=model.parameters(),
        config={
            "train_micro_batch_size_per_gpu": 1,
            "bf16": {"enabled": True},
            "zero_optimization": {"stage": stage},
            "optimizer": {"type": "AdamW", "params": {"lr": 1e-6, "weight_decay": 0.0, "torch_adam": True}},
        },
    )
    weight = engine.module.weight
    given = safe_get_full_fp32_param(weight) is not None
    if given:
        safe_set_full_fp32_param(weight, torch.ones(4, 4))
    with torch.no_grad():
        weight.fill_(1.0)
    engine.backward(engine(torch.ones(1, 4, dtype=torch.bfloat16)).sum())
    engine.step()
    off = float((weight.detach().float() - 1).abs().max())
    wrapped = type(engine.optimizer).__name__
    print(f"stage {stage}: {wrapped}, copy given: {given}, weights that were set to 1 are off by {off:.2f}")
    seen[stage] = (wrapped, given, off > 1)
assert seen == {0: ("FP16_UnfusedOptimizer", False, True), 1: ("DeepSpeedZeroOptimizer", True, False)}, seen
END
