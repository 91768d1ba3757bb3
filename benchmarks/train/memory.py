"""What the loss takes, a few positions at a time against whole logits: `python -m benchmarks.train --memory`.

Qwen2.5-1.5B's head and vocabulary (1,536 x 151,936, tied) on a body of one small layer, so that the loss is what is
measured, in bf16 or, where the CPU has no kernels for it, in float32. Each contender has a process of its own and they
take turns. A step is forward, backward and AdamW's; its peak is counted over weights, gradients and AdamW's state, and
speed is of the second step. On a CPU the peak is the kernel's own high-water mark, set back before the step.

Of its own: `python -m benchmarks.train.memory WHO TOKENS PRECISION FOLDER`, whose last line is a JSON object.
"""

import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.shared.record import ROOT
from dgrc.runtime.cpu import has_bfloat16

CONTENDERS = ("chunks", "whole")
WIDTH, VOCABULARY = 1536, 151_936
DTYPES, BYTES = {"bf16": "bfloat16", "fp32": "float32"}, {"bf16": 2, "fp32": 4}
WARM_UP = 64
"""Tokens of the first step."""
ROW = 512
"""Tokens of a row; all of them learn."""


def compare(
    tokens: int, turns: int, precision: str | None = None, say: Callable[[str], None] = lambda text: None
) -> dict[str, Any]:
    """Both contenders in turn, and the loss in chunks alone on twice the tokens.

    Args:
        tokens: Tokens of the step that is measured; all of them learn.
        turns: How often each contender has its turn.
        precision: `bf16`, `fp32`, or what the machine is good at.
        say: What is told of each turn.
    """
    precision = precision or best_precision()
    seen: dict[str, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory(prefix="dgrc-loss-") as folder:
        for turn in range(turns):
            for who in CONTENDERS if turn % 2 == 0 else CONTENDERS[::-1]:
                seen.setdefault(who, []).append(_turn(who, tokens, precision, Path(folder) if turn == 0 else None))
                say(f"turn {turn + 1} of {turns}, {who}: {json.dumps(seen[who][-1])}")
        apart = _apart(Path(folder))
    twice = _turn("chunks", 2 * tokens, precision, None)
    say(f"chunks alone on {2 * tokens:,} tokens: {json.dumps(twice)}")
    peak = {who: statistics.median(t["peak_gb"] for t in runs) for who, runs in seen.items()}
    rate = {who: statistics.median(t["tokens_per_second"] for t in runs) for who, runs in seen.items()}
    return {
        "loss_memory_ratio": round(peak["chunks"] / peak["whole"], 4),
        "loss_speed_ratio": round(rate["chunks"] / rate["whole"], 3),
        **apart,
        "loss_plan_error": {str(n): round(planned_gb(n, precision) / p - 1, 3) for n, p in ((tokens, peak["chunks"]),
                                                                              (2 * tokens, twice["peak_gb"]))},
        "peak_gb": {**peak, f"chunks_{2 * tokens}": twice["peak_gb"]},
        "loss_tokens_per_second": {**rate, f"chunks_{2 * tokens}": twice["tokens_per_second"]},
        "tokens": tokens,
        "turns": turns,
        "precision": precision,
    }  # fmt: skip


def best_precision() -> str:
    """`bf16` where there are kernels for it, on a GPU or in this CPU, else `fp32`."""
    import torch

    return "bf16" if torch.cuda.is_available() or has_bfloat16() else "fp32"


def planned_gb(tokens: int, precision: str) -> float:
    """What `dgrc plan` says of the same."""
    from dgrc.training.plan.memory import Setup, activations

    setup = Setup(1, 0, precision=BYTES[precision], tokens=tokens, row=ROW, learned=1.0, device="cpu",
                  attention="flash", accumulated=False)  # rows of one example have no mask
    return activations(_shape(), setup) / 1e9


def _turn(who: str, tokens: int, precision: str, folder: Path | None) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.train.memory", who, str(tokens), precision, str(folder or "")]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
    said: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return said


def _apart(folder: Path) -> dict[str, float]:
    """How far the contenders' losses and gradients are from each other."""
    import torch

    mine, theirs = (torch.load(folder / f"{who}.pt", mmap=True) for who in CONTENDERS)
    apart = {name: (mine["gradients"][name].float() - of.float()).abs() for name, of in theirs["gradients"].items()}
    count = sum(of.numel() for of in apart.values())
    return {
        "loss_difference": abs(mine["loss"] / theirs["loss"] - 1),
        # bf16 rounds a gradient of 0.13 by up to 0.0005: two that are both right can be 0.001 apart.
        "loss_gradient_difference": max(float(of.max()) for of in apart.values()),
        "loss_gradient_difference_rms": math.sqrt(sum(float(of.square().sum()) for of in apart.values()) / count),
        "loss_largest_gradient": max(float(of.abs().max()) for of in theirs["gradients"].values()),
    }


def main() -> None:
    """One contender."""
    import torch

    from dgrc.training.data.packing import MicroBatch
    from dgrc.training.model.head import give_loss
    from dgrc.training.run.loop import batch_loss

    who, tokens, precision, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = _model(device, precision)
    if who == "chunks":
        assert give_loss(model) is None
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-6, weight_decay=0.0, fused=True)

    def step(count: int, keep: bool) -> tuple[float, dict[str, Any]]:
        rows = torch.Size((-(-count // ROW), min(count, ROW)))  # or attention's square would be what is measured
        ids = torch.randint(0, VOCABULARY, rows, generator=torch.Generator().manual_seed(count)).to(device)
        batch = MicroBatch(ids, torch.arange(rows[1], device=device).expand(rows), ids.roll(-1, 1))
        loss = batch_loss(model, batch, 1 / count)
        loss.backward()
        kept = {n: p.grad.clone() for n, p in model.named_parameters()} if keep else {}
        optimizer.step()
        optimizer.zero_grad()
        return loss.item(), kept

    step(WARM_UP, False)
    held = _held(device) + sum(p.nbytes for p in model.parameters())  # gradients, of which none are left
    began = time.monotonic()
    loss, _ = step(tokens, False)
    seconds = time.monotonic() - began
    peak = _peak(device) - held
    if folder:
        loss, gradients = step(tokens, True)  # after what is measured: what is kept takes memory too
        torch.save({"loss": loss, "gradients": gradients}, Path(folder) / f"{who}.pt")
    print(json.dumps({"peak_gb": round(peak / 1e9, 4), "tokens_per_second": round(tokens / seconds, 2), "loss": loss}))


def _config() -> Any:
    from transformers import Qwen2Config

    return Qwen2Config(
        hidden_size=WIDTH, num_hidden_layers=1, num_attention_heads=12, num_key_value_heads=2, intermediate_size=512,
        vocab_size=VOCABULARY, tie_word_embeddings=True, max_position_embeddings=32768,
    )  # fmt: skip


def _model(device: Any, precision: str) -> Any:
    import torch
    from transformers import Qwen2ForCausalLM

    torch.manual_seed(0)
    before = torch.get_default_dtype()
    torch.set_default_dtype(getattr(torch, DTYPES[precision]))  # or the head would be made in float32 first
    try:
        return Qwen2ForCausalLM(_config()).to(device).train()
    finally:
        torch.set_default_dtype(before)


def _shape() -> Any:
    from dgrc.training.plan.shapes import shape_of

    with tempfile.TemporaryDirectory() as folder:
        _config().save_pretrained(folder)
        return shape_of(folder)


def _held(device: Any) -> int:
    """Bytes that are held now; the peak is counted anew from here."""
    if device.type == "cuda":
        import torch

        torch.cuda.reset_peak_memory_stats()
        return int(torch.cuda.memory_allocated())
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _status("VmRSS")


def _peak(device: Any) -> int:
    if device.type == "cuda":
        import torch

        return int(torch.cuda.max_memory_allocated())
    return _status("VmHWM")


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) * 1024


if __name__ == "__main__":
    main()
