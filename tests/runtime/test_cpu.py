"""What a CPU without instructions for bfloat16 is spared."""

import importlib
from pathlib import Path
from typing import Any

import click.testing
import pytest
import torch

from dgrc.config import EngineConfig, TrainingConfig
from dgrc.engines.vllm import engine
from dgrc.runtime import cpu


@pytest.mark.parametrize("has", [True, False])
def test_bfloat16_is_what_onednn_has_kernels_for(monkeypatch: pytest.MonkeyPatch, has: bool) -> None:
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: has, raising=False)
    assert cpu.has_bfloat16() is has
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    assert cpu.has_bfloat16() is False


def test_the_flags_tell_the_same_as_torch() -> None:
    assert cpu.is_told_bfloat16() is cpu.has_bfloat16()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("flags\t\t: fpu avx2 avx512f avx512dq avx512bw avx512vl", True), ("flags\t\t: fpu avx2 fma", False),
        ("flags\t\t: fpu avx2 avx512f avx512cd", False), ("Features\t: fp asimd bf16", True),
        ("Features\t: fp asimd", False), ("", False),
    ],
)  # fmt: skip
def test_the_flags_that_count_are_those_of_avx512_and_of_arms_bf16(
    monkeypatch: pytest.MonkeyPatch, line: str, told: bool
) -> None:
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: f"processor\t: 0\nmodel name\t: one\n{line}\n")
    assert cpu.is_told_bfloat16() is told


@pytest.mark.parametrize(("has", "wanted"), [(True, "bfloat16"), (False, "float32")])
def test_an_engine_on_a_cpu_computes_in_what_is_fast_there(
    monkeypatch: pytest.MonkeyPatch, has: bool, wanted: str
) -> None:
    monkeypatch.setattr(engine, "has_bfloat16", lambda: has)
    assert engine.engine_args(EngineConfig(model="m"), 0)["dtype"] == wanted
    assert engine.engine_args(EngineConfig(model="m", gpus=1), 0)["dtype"] == "auto", "a GPU takes the model's own"
    chosen = EngineConfig(model="m", dtype="bfloat16")
    assert engine.engine_args(chosen, 0)["dtype"] == "bfloat16", "what is asked for is not second-guessed"


@pytest.mark.parametrize(
    ("has", "more", "wanted"),
    [(True, [], "bf16"), (False, [], "fp32"), (False, ["--set", "training.precision=bf16"], "bf16")],
)
def test_the_demo_trains_in_what_is_fast_here(
    monkeypatch: pytest.MonkeyPatch, has: bool, more: list[str], wanted: str
) -> None:
    class Stop(Exception):
        pass

    def run_job(config: Any, parts: Any) -> None:
        seen.append(config.training)
        raise Stop

    demo_module = importlib.import_module("dgrc.cli.demo")  # by its name the package has the command
    seen = list[TrainingConfig]()
    monkeypatch.setattr(cpu, "has_bfloat16", lambda: has)
    monkeypatch.setattr(demo_module, "run_job", run_job)
    click.testing.CliRunner().invoke(vars(demo_module)["demo"], more)
    assert [training.precision for training in seen] == [wanted]
