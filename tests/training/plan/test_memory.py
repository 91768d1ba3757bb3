"""What a micro-batch is planned with, against what torch keeps and allocates: tensors saved for backward, and the
allocator's own peak."""

import contextlib
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from dgrc.config import Config
from dgrc.config.training import TrainingConfig
from dgrc.training.data.packing import IGNORED, MicroBatch
from dgrc.training.model.head import give_loss
from dgrc.training.plan.memory import HEAP, Attention, Setup, activations, kernel, layer_tensors
from dgrc.training.plan.planner import Work, setup_of
from dgrc.training.plan.shapes import Shape, shape_of
from dgrc.training.run.loop import batch_loss

ROWS, ROW = 4, 128
SIZES = {"hidden_size": 128, "intermediate_size": 320, "num_attention_heads": 4, "num_key_value_heads": 4,
         "vocab_size": 2048}  # fmt: skip
WAYS: dict[Attention, tuple[str, bool, bool]] = {  # transformers' name, torch's plain kernel, packed
    "math": ("sdpa", True, True), "eager": ("eager", False, True), "sdpa": ("sdpa", False, True),
    "flash": ("sdpa", False, False),
}  # fmt: skip
MADE = [torch.float32, torch.bfloat16]


def make(layers: int, dtype: torch.dtype, way: Attention, tied: bool = True, again: bool = False) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(num_hidden_layers=layers, tie_word_embeddings=tied, **SIZES)
    model: Any = LlamaForCausalLM._from_config(config, attn_implementation=WAYS[way][0]).to(dtype).train()
    if again:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    assert give_loss(model) is None
    return model


def batch(packed: bool) -> MicroBatch:
    ids = torch.randint(0, SIZES["vocab_size"], (ROWS, ROW), generator=torch.Generator().manual_seed(0))
    positions = torch.arange(ROW) % (ROW // 2 if packed else ROW)
    labels = ids.clone()
    labels[:, : ROW // 2] = IGNORED
    return MicroBatch(ids, positions.expand(ROWS, ROW).clone(), labels)


def plain_kernel(way: Attention) -> contextlib.AbstractContextManager[object]:
    return sdpa_kernel(SDPBackend.MATH) if WAYS[way][1] else contextlib.nullcontext()


def planned(folder: Path, model: Any, way: Attention, dtype: torch.dtype) -> tuple[Shape, Setup]:
    model.config.save_pretrained(folder)
    return shape_of(str(folder)), Setup(
        workers=1, precision=dtype.itemsize, tokens=ROWS * ROW, row=ROW, attention=way, accumulated=False
    )


def kept_by(shape: Shape, setup: Setup) -> float:
    return sum(sum(kept) for kept, _ in layer_tensors(shape, setup))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dtype", MADE)
def test_a_layer_leaves_what_torch_saves(tmp_path: Path, way: Attention, dtype: torch.dtype) -> None:
    def kept(layers: int) -> int:
        model = make(layers, dtype, way)
        own = {p.untyped_storage().data_ptr() for p in model.parameters()}
        seen: dict[int, int] = {}

        def note(tensor: torch.Tensor) -> torch.Tensor:
            seen[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        with plain_kernel(way), torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
            loss = batch_loss(model, batch(WAYS[way][2]))
        assert loss.isfinite()
        return sum(size for place, size in seen.items() if place not in own)

    shape, setup = planned(tmp_path, make(1, dtype, way), way, dtype)
    # Left out are two numbers a token for the norms, and one a token and head for fused attention.
    assert kept_by(shape, setup) == pytest.approx(kept(2) - kept(1), rel=0.01)


@pytest.mark.parametrize(("tied", "again"), [(True, False), (False, False), (True, True)])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dtype", MADE)
def test_the_peak_is_that_of_torchs_allocator(
    tmp_path: Path, way: Attention, dtype: torch.dtype, tied: bool, again: bool
) -> None:
    model = make(4, dtype, way, tied, again)

    def step() -> None:
        with plain_kernel(way):
            batch_loss(model, batch(WAYS[way][2])).backward()

    step()  # what is made once is not counted
    peak = allocated(step, tmp_path)  # onto the gradients that are there
    shape, setup = planned(tmp_path, model, way, dtype)
    setup = dataclasses.replace(setup, checkpointing=again, accumulated=True)
    assert activations(shape, setup) == pytest.approx(peak, rel=0.15)


def allocated(step: Any, folder: Path) -> int:
    """The most bytes that torch's allocator held above what was held before."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profiler:
        step()
    profiler.export_chrome_trace(str(folder / "trace.json"))
    events = json.loads((folder / "trace.json").read_text())["traceEvents"]
    held = most = 0
    for event in sorted((e for e in events if e.get("name") == "[memory]"), key=lambda e: e["ts"]):
        held += event["args"]["Bytes"]
        most = max(most, held)
    return most


def test_the_square_is_planned_where_a_kernel_keeps_it() -> None:
    shape = shape_of("qwen2.5-0.5b")
    setup = Setup(workers=1, tokens=4096, row=4096, learned=0.0)
    by = {way: kept_by(shape, dataclasses.replace(setup, attention=way)) for way in WAYS}
    square = 4096 * 4096
    assert shape.heads == 14
    assert by["sdpa"] - by["flash"] == square * 2  # packed rows' mask as numbers, one for all heads
    assert by["eager"] - by["flash"] == square * 14 * (4 + 2)
    assert by["math"] - by["flash"] == square * 14 * 4 + 3 * 4096 * shape.attention * 2  # queries and so on in float32
    assert kernel(setup) == "sdpa" and kernel(dataclasses.replace(setup, device="cpu")) == "math"


def test_at_the_end_of_backward_a_tied_head_has_two_gradients_and_the_heap_is_full() -> None:
    shape = shape_of("qwen2.5-0.5b")
    few = Setup(workers=1, tokens=64, row=64, learned=1.0, accumulated=False)
    second = shape.head * 2
    assert activations(shape, few) == second
    assert activations(shape, dataclasses.replace(few, accumulated=True)) == 2 * second
    assert activations(dataclasses.replace(shape, tied=False), few) < 0.5 * second
    assert activations(shape, dataclasses.replace(few, adapter=1)) < 0.5 * second
    on_cpu = activations(shape, dataclasses.replace(few, device="cpu", attention="flash"))
    body = kept_by(shape, dataclasses.replace(few, attention="flash")) * shape.layers
    assert second + HEAP + body < on_cpu < second + HEAP + 1.1 * body


def test_attention_that_is_planned_is_the_one_that_is_configured() -> None:
    shape = shape_of("qwen2.5-0.5b")

    def said(name: str, shape: Shape = shape, gpus: int = 1) -> Attention:
        return kernel(setup_of(Config(training=TrainingConfig(attention=name, gpus_per_worker=gpus)), shape, 1))

    assert [said(name) for name in ("auto", "sdpa", "eager")] == ["sdpa", "sdpa", "eager"]
    assert [said(name) for name in ("flash_attention_2", "flex_attention", "kernels-community/fa")] == ["flash"] * 3
    assert [said("auto", gpus=0), said("eager", gpus=0)] == ["math", "eager"]
    assert said("auto", dataclasses.replace(shape, eager=True), gpus=0) == "eager"


def test_a_step_of_one_micro_batch_accumulates_nothing() -> None:
    config, shape = Config(training=TrainingConfig(micro_batch_rows=4, max_length=512)), shape_of("qwen2.5-0.5b")
    assert not setup_of(config, shape, 2, Work((), 300, 1900)).accumulated
    assert setup_of(config, shape, 2, Work((), 300, 9000)).accumulated
    assert setup_of(config, shape, 2).accumulated  # nothing is known of the work
