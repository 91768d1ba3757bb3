"""Which attention a model is loaded with, by its name or by what device, libraries and model can do."""

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import transformers.utils
from transformers import AutoConfig, AutoModelForCausalLM

from dgrc.config.file import make_config
from dgrc.config.training import TrainingConfig
from dgrc.errors import ConfigError, TrainingError
from dgrc.training.model.attention import attention, check_attention
from dgrc.training.model.ds_config import deepspeed_settings
from dgrc.training.model.load import load_model
from dgrc.workflow.preflight import check, look
from tests.chat.families import LLAMA3, make_tokenizer
from tests.training.builders import make_model

GPU = {"gpus_per_worker": 1}
HUB = "kernels-community/flash-attn3"


def model_of(kind: str, folder: Path, **settings: Any) -> str:
    """A directory that says which architecture it is."""
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"model_type": kind, **settings}))
    return str(folder)


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Stands in for a GPU of a capability and for the kernels that are installed."""

    def stand_in(capability: tuple[int, int], *installed: int) -> None:
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda *_: capability)
        for version in (2, 3):
            available = version in installed
            monkeypatch.setattr(transformers.utils, f"is_flash_attn_{version}_available", lambda is_=available: is_)

    return stand_in


@pytest.mark.parametrize(
    ("capability", "installed", "taken"),
    [
        ((9, 0), (2, 3), "flash_attention_3"), ((9, 0), (3,), "flash_attention_3"), ((9, 0), (2,), "flash_attention_2"),
        ((8, 0), (2, 3), "flash_attention_2"), ((8, 9), (3,), None), ((10, 0), (2, 3), "flash_attention_2"),
        ((12, 0), (3,), None), ((9, 0), (), None), ((7, 5), (), None),
    ],
)  # fmt: skip
def test_auto_takes_what_the_device_and_the_libraries_have(
    capability: tuple[int, int], installed: tuple[int, ...], taken: str | None, device: Any, tmp_path: Path
) -> None:
    device(capability, *installed)
    assert attention(TrainingConfig(**GPU), model_of("llama", tmp_path)) == taken


def test_auto_leaves_to_the_model_what_it_does_without(device: Any, tmp_path: Path) -> None:
    device((9, 0), 2, 3)
    assert attention(TrainingConfig(), model_of("llama", tmp_path)) is None, "on a CPU"
    for kind in ("bloom", "t5"):  # without flash attention; no causal language model
        assert attention(TrainingConfig(**GPU), model_of(kind, tmp_path / kind)) is None


@pytest.mark.parametrize("name", ["sdpa", "eager", "flex_attention", "flash_attention_2", "flash_attention_3", HUB])
def test_a_name_is_taken_as_it_is(name: str, device: Any, tmp_path: Path) -> None:
    device((8, 0))
    assert attention(TrainingConfig(attention=name, **GPU), str(tmp_path)) == name


@pytest.mark.parametrize("name", ["flash_attention", "flash", "kernels-community/a/b", "a b/c", "../x"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="attention"):
        TrainingConfig(attention=name)


@pytest.mark.parametrize("name", [HUB, f"{HUB}@v1", f"{HUB}:varlen"])
def test_a_kernel_of_the_hub_needs_the_package_for_it(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found: dict[str, Any] = {}
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n, *a: found.get(n) if n == "kernels" else real(n, *a))
    config, model = TrainingConfig(attention=name, **GPU), model_of("llama", tmp_path)
    with pytest.raises(TrainingError, match=r"needs the package kernels, and it is not installed\. Install it"):
        check_attention(config, model)
    found["kernels"] = SimpleNamespace(name="kernels")
    check_attention(config, model)


@pytest.mark.parametrize(
    ("kind", "name", "taken"),
    [
        ("llama", "flex_attention", True), ("qwen3", "flex_attention", True), ("bloom", "flex_attention", False),
        ("gpt_oss", "sdpa", False), ("gpt_oss", "flash_attention_3", True), ("llama", "flash_attention_2", True),
        ("bloom", "flash_attention_2", False), ("bloom", "sdpa", False), ("bloom", "eager", True),
        ("bloom", "auto", True), ("t5", "flex_attention", True),
    ],
)  # fmt: skip
def test_what_a_model_does_not_support_is_refused(kind: str, name: str, taken: bool, tmp_path: Path) -> None:
    config, model = TrainingConfig(attention=name, **GPU), model_of(kind, tmp_path)
    if taken:
        check_attention(config, model)
    else:
        with pytest.raises(TrainingError, match=f"'{name}', but transformers has no such attention for "):
            check_attention(config, model)


@pytest.mark.parametrize("name", ["flex_attention", "flash_attention_2", "flash_attention_3"])
def test_what_trains_on_gpus_alone_is_refused_on_a_cpu(name: str, tmp_path: Path) -> None:
    model = model_of("llama", tmp_path)
    with pytest.raises(TrainingError, match="which trains on GPUs alone, but `gpus_per_worker` is 0"):
        check_attention(TrainingConfig(attention=name), model)
    check_attention(TrainingConfig(attention="sdpa"), model)


def test_a_job_is_told_before_it_curates(tmp_path: Path) -> None:
    model = str(tmp_path / "model")
    make_tokenizer(*LLAMA3).save_pretrained(model)
    model_of("llama", tmp_path / "model")
    (tmp_path / "model" / "model.safetensors").touch()
    engines = {"teacher": {"model": model}, "student": {"model": model}}
    config = make_config({**engines, "training": {"attention": "flex_attention"}})
    with pytest.raises(TrainingError, match="trains on GPUs alone"):
        check(config)
    assert not any("attention" in finding.line for finding in look(config, ("curate",)).findings)


@pytest.mark.parametrize(("name", "said"), [("eager", "eager"), ("sdpa", "sdpa"), ("auto", None)])
def test_a_model_is_loaded_with_it(
    name: str, said: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make_model().save_pretrained(tmp_path)
    asked: list[Any] = []
    real = AutoModelForCausalLM.from_pretrained

    def load(folder: str, **options: Any) -> Any:
        asked.append(options["attn_implementation"])
        return real(folder, **options)

    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", load)
    config = TrainingConfig(attention=name, precision="fp32", zero_stage=0)
    model = load_model(config, str(tmp_path), deepspeed_settings(config))
    assert asked == [said] and model.config._attn_implementation == (said or "sdpa")
    assert AutoConfig.from_pretrained(tmp_path).model_type == "llama"
