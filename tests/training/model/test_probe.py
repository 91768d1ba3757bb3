"""What the probe lets pass is right, hybrids are refused, and a leak that was planted is found whatever its size."""

from typing import Any

import pytest
import torch

from benchmarks.train.architectures import ARCHITECTURES, CLOSE, LENGTHS, corpus, count, difference, make
from dgrc.training.data.packing import Layout, collate, share_rows
from dgrc.training.model import probe as probe_module
from dgrc.training.model.probe import layout_of, leak, probe
from dgrc.training.plan.shapes import Shape, shape_of
from dgrc.training.run.loop import batch_loss

CPU = torch.device("cpu")
HYBRID = {"qwen3_5", "qwen3_next", "lfm2", "falcon_h1"}
BLIND = {"gpt_oss"}
"""transformers makes the masks of these without positions, unless flash attention is given lengths."""


@pytest.fixture(scope="module")
def models() -> dict[str, Any]:
    return {name: make(name).eval() for name in ARCHITECTURES}


@pytest.mark.parametrize("name", sorted(ARCHITECTURES.keys() - HYBRID - BLIND))
def test_examples_packed_in_dense_and_moe_models_are_what_they_are_alone(name: str, models: dict[str, Any]) -> None:
    """Also where examples are longer than a sliding window."""
    assert probe(models[name], CPU) == layout_of(models[name]) == "rows"
    assert difference(models[name], "rows") <= CLOSE


@pytest.mark.parametrize("name", sorted(HYBRID | BLIND))
def test_models_that_would_mix_examples_get_one_a_row(name: str, models: dict[str, Any]) -> None:
    """No kernel that takes boundaries is installed here; with one, `flat` would be tried, and found right."""
    assert probe(models[name], CPU) == layout_of(models[name]) == "alone"
    assert difference(models[name], "rows") > 0.01


@pytest.mark.parametrize("name", sorted(HYBRID))
def test_one_example_a_row_has_the_loss_of_each_alone(name: str, models: dict[str, Any]) -> None:
    examples = corpus()
    shares = share_rows(examples, range(len(LENGTHS)), tokens_per_batch=24, workers=1, packed=False)
    with torch.no_grad():
        together = sum(batch_loss(models[name], collate(examples, rows, "alone")) for rows in shares[0])
        alone = sum(batch_loss(models[name], collate(examples, [[e]], "alone")) for e in range(len(LENGTHS)))
    assert float(together) == pytest.approx(float(alone), rel=1e-6)


class Leaking(torch.nn.Module):
    """A layer's MLP that sees a little of the token before; `ends` keeps it from what is another example's."""

    def __init__(self, inner: torch.nn.Module, share: float):
        super().__init__()
        self.inner, self.share, self.ends = inner, share, torch.zeros(0, dtype=torch.int64)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        before = hidden.roll(1, 1)
        before[:, 0] = 0
        before[:, self.ends] = 0
        return self.inner(hidden + self.share * before)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("share", [1.0, 0.1])
def test_a_planted_leak_is_found(share: float, dtype: torch.dtype) -> None:
    model = make("llama").to(dtype)
    assert probe(model, CPU) == "rows"
    model.model.layers[0].mlp = Leaking(model.model.layers[0].mlp, share)
    assert leak(model, "rows", CPU) > 3
    assert probe(model, CPU) == "alone"


def test_a_layer_that_takes_boundaries_is_given_them() -> None:
    """As kernels for linear attention and convolutions do: end to end, with `seq_idx`, examples may be packed."""
    model: Any = make("llama")
    model.model.layers[0].mlp = layer = Leaking(model.model.layers[0].mlp, 1.0)
    original = model.forward

    def forward(*args: Any, seq_idx: torch.Tensor | None = None, **options: Any) -> Any:
        layer.ends = torch.zeros(0, dtype=torch.int64)
        if seq_idx is not None:
            layer.ends = (seq_idx[0].diff() != 0).nonzero().squeeze(1) + 1
        return original(*args, **options)

    model.forward = forward
    assert probe(model.eval(), CPU) == "flat"
    assert difference(model, "flat") <= CLOSE < difference(model, "rows")


def test_what_is_otherwise_packed_is_found_though_nothing_leaks() -> None:
    """As where a model makes places of its own, which run on from one example into the next."""
    model: Any = make("llama")
    original = model.forward

    def forward(*args: Any, position_ids: torch.Tensor, **options: Any) -> Any:
        said = original(*args, position_ids=position_ids, **options)
        said.logits *= 1.2 if (position_ids.diff() != 1).any() else 1
        return said

    model.forward = forward
    assert probe(model, CPU) == "alone"


def test_a_model_that_fails_packed_gets_one_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> float:
        raise RuntimeError("no kernel image is available for execution on the device")

    monkeypatch.setattr(probe_module, "leak", fails)
    assert probe(make("llama"), CPU) == "alone"


@pytest.mark.parametrize(
    ("attention", "layouts"),
    [
        ("sdpa", ("rows", "flat")), ("eager", ("rows", "flat")), ("flex_attention", ("rows", "flat")),
        ("flash_attention_2", ("flat",)), ("flash_attention_3", ("flat",)),
        ("kernels-community/flash-attn3", ("flat",)), ("kernels-community/vllm-flash-attn3", ("flat",)),
    ],
)  # fmt: skip
def test_layouts_are_by_what_an_attention_takes(attention: str, layouts: tuple[Layout, ...]) -> None:
    model = make("llama")
    model.config._attn_implementation_internal = attention
    assert probe_module._candidates(model) == layouts and layout_of(model) == layouts[0]


def test_the_probe_draws_no_random_numbers_and_leaves_the_mode() -> None:
    model = make("llama").train()
    before = torch.get_rng_state()
    probe(model, CPU)
    assert torch.equal(torch.get_rng_state(), before) and model.training


def test_verdicts_are_counted() -> None:
    found = {"a": "right", "b": "refused", "c": "right"}
    assert count(found) == {"architectures_right": 2, "architectures_refused": 1, "architectures_wrong": 0}


def test_the_plan_says_which_layers_mix(tmp_path: Any) -> None:
    def planned(name: str) -> Shape:
        make(name).save_pretrained(tmp_path / name)
        return shape_of(str(tmp_path / name))

    assert {name: planned(name).mixing for name in ("llama", "lfm2", "qwen3_next", "falcon_h1")} == {
        "llama": (), "lfm2": ("Lfm2ShortConv",), "qwen3_next": ("Qwen3NextGatedDeltaNet",),
        "falcon_h1": ("FalconH1Mixer",),
    }  # fmt: skip
