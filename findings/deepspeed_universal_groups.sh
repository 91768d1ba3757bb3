#!/bin/sh
# DeepSpeed 0.19.8: a universal checkpoint loaded under ZeRO 3 gives all parameter groups the first one's settings.
#
# An optimizer with two groups (here: weight decay 0.1 and 0, learning rates 1e-3 and 1e-4) is saved, converted by
# `ds_to_universal` and loaded into an engine built just like the first. Then both groups have the first one's learning
# rate and decay: biases decay from there on, without a word. Without the conversion the same checkpoint loads right.
# The code says that settings are generally the same. Right: those of each group.
# Output: saved and loaded plainly (0.001, 0.1) and (0.0001, 0.0); as universal checkpoint (0.001, 0.1) twice.
# Source: deepspeed/runtime/zero/stage3.py (`load_hp_checkpoint_state_from_checkpoint_dir_stage3`); DeepSpeed's page on
# universal checkpointing. Seen 2026-11-28.
. "$(dirname "$0")/common"
install deepspeed==0.19.8 torch==2.13.0
try_it <<'END'
import os
import socket
import subprocess
import sys

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
os.environ |= dict(
    DS_ACCELERATOR="cpu", RANK="0", LOCAL_RANK="0", WORLD_SIZE="1", MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port)
)
import deepspeed
import torch

vars(deepspeed.ops)["__compatible_ops__"] = {}  # or it compiles an all-reduce of its own, with a C++ compiler
deepspeed.init_distributed("gloo", verbose=False)

def engine(universal=False):
    model = torch.nn.Linear(8, 8)
    optimizer = torch.optim.AdamW([
        {"params": [model.weight], "lr": 1e-3, "weight_decay": 0.1},
        {"params": [model.bias], "lr": 1e-4, "weight_decay": 0.0},
    ])
    settings = {
        "train_micro_batch_size_per_gpu": 1, "zero_allow_untested_optimizer": True, "zero_optimization": {"stage": 3},
        "checkpoint": {"load_universal": universal}, "zero_force_ds_cpu_optimizer": False,
    }
    return deepspeed.initialize(model=model, optimizer=optimizer, config=settings)[0]

def groups(of):
    return [(group["lr"], group["weight_decay"]) for group in of.optimizer.optimizer.param_groups]

first = engine()
first.backward(first(torch.ones(1, 8)).sum())
first.step()
first.save_checkpoint("saved", tag="one")
subprocess.run(
    [sys.executable, "-m", "deepspeed.checkpoint.ds_to_universal", "--input_folder", "saved/one", "--output_folder",
     "saved/universal"], check=True, stdout=subprocess.DEVNULL,
)
plain, universal = engine(), engine(universal=True)
plain.load_checkpoint("saved", tag="one")
universal.load_checkpoint("saved", tag="universal")
seen = groups(first), groups(plain), groups(universal)
print("(learning rate, weight decay) of each group: saved %s; loaded %s; loaded as universal checkpoint %s" % seen)
assert seen[0] == seen[1] == [(1e-3, 0.1), (1e-4, 0.0)] and seen[2] == [(1e-3, 0.1)] * 2
END
