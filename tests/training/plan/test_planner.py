"""What a plan says: parameters against the published ones, arithmetic against torch's own count, memory against the
ZeRO paper's table, and what is refused."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from dgrc.config import Config
from dgrc.config.training import AdapterConfig, TrainingConfig
from dgrc.errors import TrainingError
from dgrc.training.data.packing import collate, loss_tokens
from dgrc.training.model.load import add_adapter
from dgrc.training.plan.memory import GIB, Setup, activations, layer_tensors, loss, parts, total
from dgrc.training.plan.planner import Work, check_fits, compare, model_shape, seconds, setup_of
from dgrc.training.plan.shapes import peak_flops, shape_of, step_flops
from dgrc.training.run.loop import batch_loss
from tests.training.builders import make_corpus, make_model, write_base_model

PUBLISHED = {  # parameters, as the models' cards round them to billions
    "qwen2.5-0.5b": 0.49, "qwen2.5-1.5b": 1.54, "qwen2.5-3b": 3.09, "qwen2.5-7b": 7.61, "qwen2.5-14b": 14.7,
    "qwen2.5-32b": 32.5,
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_known_models_have_their_published_parameters(name: str) -> None:
    assert shape_of(name).parameters / 1e9 == pytest.approx(PUBLISHED[name], rel=0.011)


def test_the_shape_of_a_directory_is_that_of_its_model(tmp_path: Path) -> None:
    shape, model = shape_of(write_base_model(tmp_path)), make_model()
    assert shape.parameters == sum(p.numel() for p in model.parameters())
    adapted = add_adapter(model, AdapterConfig(rank=4))
    assert shape.adapter(4) == sum(p.numel() for p in adapted.parameters() if p.requires_grad)


@pytest.mark.parametrize("adapter", [None, AdapterConfig(rank=4)])
def test_arithmetic_is_what_torch_counts(tmp_path: Path, adapter: AdapterConfig | None) -> None:
    """torch counts attention's whole square; the mask leaves half of it to be done, and that half is what we count."""
    shape, corpus = shape_of(write_base_model(tmp_path)), make_corpus([40, 40, 40])
    model: Any = make_model()
    if adapter is not None:
        model = add_adapter(model, adapter)
    learned = loss_tokens(corpus, range(3))
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        batch_loss(model, collate(corpus, [[0], [1], [2]])).backward()
    other_half = 6 * shape.layers * shape.attention * 3 * 40**2
    expected = step_flops(shape, [40] * 3, learned, shape.adapter(4) if adapter else 0)
    # With an adapter torch still does without a few gradients at the bottom of the model.
    assert counter.get_total_flops() == pytest.approx(expected + other_half, rel=0.05 if adapter else 1e-9)


def test_memory_is_that_of_the_zero_papers_table() -> None:
    """7.5 billion parameters on 64 GPUs, mixed precision and Adam (Rajbhandari et al., 2020, figure 1): 120, 31.4, 16.6
    and 1.9 GB."""
    shape = dataclasses.replace(shape_of("qwen2.5-7b"), parameters=7_500_000_000)

    def states(stage: int) -> float:
        held = parts(shape, Setup(workers=64, stage=stage))
        return sum(held[name][0] for name in ("weights", "gradients", "master weights", "moments")) / 1e9

    assert [states(stage) for stage in (1, 2, 3)] == pytest.approx([31.4, 16.6, 1.9], abs=0.1)
    # Nothing is divided under ZeRO 0, and in bf16 DeepSpeed steps on a copy in float32 (test_state.py looks at it).
    assert states(0) == pytest.approx(7.5 * (2 + 2 + 4 + 8))
    assert sum(parts(shape, Setup(workers=64, stage=0, precision=4))["master weights"]) == 0


def test_offload_moves_bytes_and_loses_none() -> None:
    shape = shape_of("qwen2.5-7b")
    on_device, offloaded = (Setup(workers=8, stage=3, offload=kind) for kind in ("none", "all"))
    for name, (device, host) in parts(shape, on_device).items():
        moved = parts(shape, offloaded)[name]
        assert sum(moved) == device + host
        assert (moved[1] > 0) == (name in ("weights", "gradients", "master weights", "moments", "step"))
    assert total(shape, offloaded)[0] < total(shape, on_device)[0]


def test_checkpointing_keeps_a_layers_input_and_one_layer() -> None:
    shape = shape_of("qwen2.5-7b")
    kept = Setup(workers=1, tokens=4096, row=4096, learned=0.0)
    again = dataclasses.replace(kept, checkpointing=True)
    (attention, _), (network, made) = layer_tensors(shape, kept)
    layer, state = [*attention, *network], 4096 * shape.width * 2
    assert activations(shape, kept) == shape.layers * sum(layer) + sum(made) + state
    assert activations(shape, again) == shape.layers * state + sum(layer) + sum(made) + state


def test_the_loss_takes_a_chunk_of_logits_however_many_tokens_learn() -> None:
    shape = shape_of("qwen2.5-1.5b")
    few, many = (Setup(workers=1, tokens=n, row=n, learned=1.0, accumulated=False) for n in (4096, 8192))
    chunk = pytest.approx(552 * shape.vocabulary * (2 + 1), rel=1e-3)
    assert loss(shape, few) == loss(shape, many) == (chunk, shape.head * 2, 0)  # one more gradient of the head
    assert loss(shape, dataclasses.replace(few, accumulated=True)) == (chunk, shape.head * 2, shape.head * 2)
    assert loss(dataclasses.replace(shape, tied=False), few) == (chunk, 0, 0)
    assert loss(shape, dataclasses.replace(few, adapter=1, accumulated=True)) == (chunk, 0, 0)
    whole = dataclasses.replace(shape, whole_logits="for a reason")
    assert loss(whole, many)[0] == 2 * loss(whole, few)[0] == pytest.approx(19.9e9, rel=0.01)
    assert loss(shape, dataclasses.replace(few, learned=0.0)) == (0, 0, 0)


@pytest.mark.parametrize("model", ["qwen2.5-1.5b", "qwen2.5-7b", "qwen2.5-32b"])
def test_more_gpus_and_higher_stages_never_take_more_of_a_gpu(model: str) -> None:
    shape = shape_of(model)
    need = {w: [total(shape, Setup(workers=w, stage=s))[0] for s in (1, 2)] for w in (2, 8, 32)}
    assert all(one >= two for one, two in need.values())
    assert all(need[2][i] > need[8][i] > need[32][i] for i in (0, 1))


def test_what_fits_on_how_many_gpus() -> None:
    """A 32B student on 79 GiB: no full training on one GPU or by ZeRO 0 anywhere, adapters on one, ZeRO 3 on 32."""
    config = Config(training=TrainingConfig(gradient_checkpointing=True, gpus_per_worker=1))
    table = dict(compare(config, shape_of("qwen2.5-32b"), [1, 32], 79))
    fits = {way: [fit for _, fit in cells] for way, cells in table.items()}
    assert fits["QLoRA, ZeRO 2"] == fits["LoRA, ZeRO 2"] == [True, True]
    assert fits["full, ZeRO 0"] == [False, False] and fits["full, ZeRO 3"] == [False, True]
    assert all(fit for cells in compare(config, shape_of("qwen2.5-1.5b"), [1, 32], 79) for _, fit in cells[1])


def test_what_does_not_fit_is_refused_with_the_ways_that_do() -> None:
    config = Config(training=TrainingConfig(workers=8, gpus_per_worker=1))
    with pytest.raises(TrainingError, match=r"needs \d+ GiB a worker on 8 .*With gradient_check.*: .*LoRA, ZeRO 3"):
        check_fits(config, shape_of("qwen2.5-32b"), 8, 79)
    with pytest.raises(TrainingError, match=r"needs [\d]+ GiB a worker on 1 workers.* These fit: .*LoRA, ZeRO 2"):
        check_fits(config, shape_of("qwen2.5-7b"), 1, 79)
    with pytest.raises(TrainingError, match="take more workers"):
        check_fits(config, shape_of("qwen2.5-32b"), 1, 8)
    device, host = check_fits(config, shape_of("qwen2.5-1.5b"), 8, 79)
    assert 5 * GIB < device < 79 * GIB and host == 0


def test_a_deepspeed_file_decides_what_is_planned() -> None:
    training = TrainingConfig(deepspeed="configs/deepspeed/zero3_offload.json", gpus_per_worker=1)
    setup = setup_of(Config(training=training), shape_of("qwen2.5-1.5b"), 4, Work((), 512, 10**9))
    assert (setup.stage, setup.offload, setup.row, setup.tokens) == (3, "all", 512, 4096)


def test_a_micro_batch_is_no_larger_than_a_workers_share_of_a_step() -> None:
    config = Config(training=TrainingConfig(micro_batch_rows=4, max_length=512))
    shape = shape_of("qwen2.5-1.5b")
    assert setup_of(config, shape, 2, Work((), 300, 1900)).tokens == 950
    assert setup_of(config, shape, 2, Work((), 300, 9000)).tokens == 2048 // 300 * 300
    assert setup_of(config, shape, 8, Work((), 300, 1900)).tokens == 300  # but never less than the longest row
    assert setup_of(config, shape, 2).tokens == 2048


def test_time_is_by_the_measured_rate_or_by_arithmetic_or_unknown() -> None:
    shape, setup = shape_of("qwen2.5-1.5b"), Setup(workers=2)
    work = Work((("chains", 10, 100, 40_960, 20_480),), 4096, 4096)
    assert seconds(shape, work, setup, 1024, None, 0.4) == 40
    assert seconds(shape, work, setup, None, None, 0.4) is None
    flops = step_flops(shape, [4096] * 10, 20_480)
    assert seconds(shape, work, setup, None, 1e15, 0.4) == pytest.approx(flops / (1e15 * 0.4 * 2))
    assert peak_flops("NVIDIA H100 80GB HBM3") == 989e12 and peak_flops("GeForce") is None


def test_a_student_of_the_hub_is_planned_by_its_name() -> None:
    config = Config.model_validate({"student": {"model": "Qwen/Qwen2.5-7B-Instruct"}})
    assert model_shape(config, None) == shape_of("qwen2.5-7b")
    with pytest.raises(TrainingError, match="neither a model directory"):
        model_shape(config, "somebody/unknown")
