"""What weights come to: the same however they are joined and padded, another for each layer that differs.

That an engine comes to the same is in test_engine.py and test_adapters.py.
"""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from dgrc.engines.vllm.checksum import HEAD, bits, columns, differing, layer_of, of_adapter, of_model, together
from tests.tiny import write_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("sums") / "model", max_length=64)


def changed(model: Path, folder: Path, name: str, place: tuple[int, ...] = (0,)) -> Path:
    """The model with one value that differs in its last bit."""
    folder.mkdir()
    (folder / "config.json").write_text((model / "config.json").read_text())
    weights = load_file(model / "model.safetensors")
    tensor = weights[name].to(torch.bfloat16)
    tensor.view(torch.int16)[place] ^= 1
    save_file({**{n: w.to(torch.bfloat16) for n, w in weights.items()}, name: tensor}, folder / "model.safetensors")
    return folder


@pytest.mark.parametrize(
    ("name", "place", "says"),
    [
        ("model.layers.1.mlp.down_proj.weight", (3, 0), ["layer 1"]),
        ("model.layers.0.self_attn.q_proj.bias", (5,), ["layer 0"]),
        ("model.norm.weight", (7,), ["what belongs to no layer"]),
        ("model.embed_tokens.weight", (9, 1), ["the head", "what belongs to no layer"]),
    ],
)
def test_one_value_that_differs_in_its_last_bit_is_told_with_its_layer(
    model: Path, tmp_path: Path, name: str, place: tuple[int, ...], says: list[str]
) -> None:
    other = changed(model, tmp_path / "other", name, place)
    assert differing(of_model(str(other), "bfloat16"), of_model(str(model), "bfloat16")) == says


def test_sums_heed_neither_order_nor_zeros_nor_who_holds_what() -> None:
    weight = torch.randn(48, 8, dtype=torch.bfloat16, generator=torch.Generator().manual_seed(0))
    zeros = torch.zeros(16, 8, dtype=torch.bfloat16)
    padded = torch.cat([weight.flip(0), zeros, -zeros])
    assert bits(padded) == bits(weight.T) == together([{"0": bits(weight[:20])}, {"0": bits(weight[20:])}])["0"]
    assert bits(weight) != bits(torch.cat([weight[:-1], weight[:1]]))
    assert bits(weight.float()) != bits(weight.float() * (1 + 2**-20))


def test_columns_are_spread_over_the_width() -> None:
    assert columns(5) == [0, 1, 2, 3, 4] and columns(64) == list(range(64))
    assert len(columns(8960)) == 64 and columns(8960)[:2] == [0, 140] and columns(8960)[-1] == 8820


def test_layers_have_the_same_names_in_files_and_engines() -> None:
    assert layer_of("model.layers.3.mlp.experts.17.up_proj.weight") == layer_of("layers.3.mlp.experts.") == "3"
    assert layer_of("lm_head.weight") == layer_of("language_model.lm_head.") == HEAD
    assert layer_of("model.norm.weight") == ""


def test_an_engine_that_multiplies_by_its_embedding_has_no_head() -> None:
    assert differing({"0": 1}, {"0": 1, HEAD: 9}) == [] and differing({"0": 1, HEAD: 8}, {"0": 1, HEAD: 9})
    assert differing({"2": 1, "10": 3}, {"2": 2}) == ["layer 2", "layer 10"]


def test_an_adapters_scale_is_within_its_sum_and_one_of_several_scales_is_left_alone(tmp_path: Path) -> None:
    a, b = torch.randn(4, 8), torch.randn(8, 4)
    save_file({"layers.0.x.lora_A.weight": a, "layers.1.x.lora_B.weight": b}, tmp_path / "adapter_model.safetensors")

    def sums(**settings: object) -> object:
        (tmp_path / "adapter_config.json").write_text(json.dumps({"r": 4, "lora_alpha": 8, **settings}))
        return of_adapter(str(tmp_path), "bfloat16")

    low = torch.bfloat16
    assert sums() == {"0": bits(a.to(low)), "1": bits(b.to(low) * 2)}
    assert sums(use_rslora=True) == {"0": bits(a.to(low)), "1": bits(b.to(low) * 4)}
    assert sums(alpha_pattern={"x": 2}) is None
