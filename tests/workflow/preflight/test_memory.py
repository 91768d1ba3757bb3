"""Memory of engines and of training: what is sure not to fit is refused with the setting that helps; what nobody tells
of is not. A GPU's memory is a stand-in's."""

import ast
from pathlib import Path
from typing import Any

import pytest

from dgrc.runtime import cluster
from dgrc.runtime.cluster import HERE, Machines, Places
from dgrc.training.plan import memory, planner, shapes
from dgrc.workflow import preflight
from dgrc.workflow.preflight import engine_memory, room, training_memory
from dgrc.workflow.preflight.engine_memory import engines_have_memory, gpu_bytes
from dgrc.workflow.preflight.findings import Finding
from dgrc.workflow.preflight.room import GIB
from dgrc.workflow.preflight.training_memory import training_has_memory
from tests.workflow.preflight.builders import config, model

SHAPE = {
    "num_hidden_layers": 32, "hidden_size": 4096, "num_attention_heads": 32, "intermediate_size": 11008,
    "vocab_size": 32000, "dtype": "bfloat16",
}  # fmt: skip
"""Of 7 billion parameters: 16 KiB of keys and values a token and layer, 512 KiB in all."""
ON_GPU = {"gpus": 1}


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets what machines there are, and the memory of this one's GPUs; it has 32 GiB itself."""

    def set_(*machines: Machines, unknown: bool = False, gpus: tuple[float, ...] = ()) -> None:
        monkeypatch.setattr(cluster, "places", lambda address: Places(machines, unknown))
        monkeypatch.setattr(engine_memory, "of_gpus_here", lambda: [int(gib * GIB) for gib in gpus])

    for module in (room, training_memory):
        monkeypatch.setattr(module, "of_this_machine", lambda: 32 * GIB)
    monkeypatch.setattr(room, "is_told_bfloat16", lambda: True)
    set_(Machines({"CPU": float("inf")}, 1, HERE))
    return set_


def llama(folder: Path, gib: float, **settings: Any) -> str:
    return model(folder, size=int(gib * GIB), **{**SHAPE, **settings})


def of_engines(teacher: dict[str, Any], address: str | None = None) -> list[Finding]:
    return list(engines_have_memory(config(teacher=teacher, ray={"address": address}), ("curate",)))


def here(there: Any, *gpus: float) -> None:
    there(Machines({"CPU": float("inf"), "GPU": max(len(gpus), 1)}, 1, HERE), gpus=gpus)


def test_a_sequence_must_fit_into_the_kv_cache_of_a_replica_on_a_cpu(there: Any, tmp_path: Path) -> None:
    seven = llama(tmp_path / "m", 13)
    (one,) = of_engines({"model": seven})
    assert one.stops and one.setting == "teacher.kv_cache_gib"
    assert "4,096 tokens takes 2.0 GiB of KV cache, and a replica has 0.5 GiB" in one.words
    assert "Set it to 2.0 or more, or `teacher.max_model_len` to 1,024 or less." in one.words
    for settings in ({"kv_cache_gib": 2}, {"max_model_len": 1024}, {"engine_args": {"kv_cache_dtype": "fp8"}} |
                     {"kv_cache_gib": 1}):  # fmt: skip
        assert of_engines({"model": seven, **settings}) == []
    (one,) = of_engines({"model": seven, "kv_cache_gib": 2, "dtype": "float32"})
    assert "takes 4.0 GiB" in one.words
    assert of_engines({"model": llama(tmp_path / "few", 13, num_key_value_heads=8)}) == []
    assert of_engines({"model": llama(tmp_path / "sliding", 13, sliding_window=512)}) == [], "nothing says how much"
    assert of_engines({"model": model(tmp_path / "strange", size=13 * GIB)}) == []
    assert of_engines({"model": seven}, "auto") == [], "of what nodes compute in nothing is known"


def test_weights_and_a_sequence_must_fit_into_a_gpu(there: Any, tmp_path: Path) -> None:
    seven = llama(tmp_path / "m", 13)
    here(there, 14, 8)
    (one,) = of_engines({"model": seven, **ON_GPU})
    assert one.stops and one.setting == "teacher.gpus"
    assert "would hold 13.0 GiB of weights, and may take 12.6 GiB of its 14.0 GiB" in one.words
    assert "`teacher.tensor_parallel` with `teacher.gpus`" in one.words
    assert of_engines({"model": seven, "gpus": 2, "tensor_parallel": 2}) == []
    (one,) = of_engines({"model": seven, **ON_GPU, "gpu_memory_utilization": 1, "max_model_len": 8192})
    assert one.setting == "teacher.max_model_len" and "takes 4.0 GiB of KV cache beside 13.0 GiB" in one.words
    assert of_engines({"model": seven, **ON_GPU, "gpu_memory_utilization": 1, "max_model_len": 2048}) == []
    (one,) = of_engines({"model": seven, **ON_GPU, "kv_cache_gib": 1.5, "max_model_len": 2048})
    assert one.setting == "teacher.kv_cache_gib" and "Lower it, or leave it out" in one.words
    (one,) = of_engines({"model": seven, **ON_GPU, "kv_cache_gib": 1, "max_model_len": 4096})
    assert "takes 2.0 GiB of KV cache on each GPU, and `teacher.kv_cache_gib` gives 1.0 GiB" in one.words
    for less in ({"quantization": "fp8"}, {"cpu_offload_gb": 4}):
        assert of_engines({"model": seven, **ON_GPU, "engine_args": less}) == []
    (one,) = of_engines({"model": seven, **ON_GPU, "dtype": "float32"})
    assert "26.0 GiB of weights" in one.words
    four_bits = llama(tmp_path / "q", 4, quantization_config={"quant_method": "awq"})
    assert of_engines({"model": four_bits, **ON_GPU, "dtype": "float32", "max_model_len": 512}) == []


def test_where_a_gpus_memory_is_not_known_nothing_is_claimed(there: Any, tmp_path: Path) -> None:
    huge = {"model": llama(tmp_path / "m", 900), **ON_GPU}
    here(there)
    assert of_engines(huge) == [], "the driver tells nothing"
    for machines, unknown in (
        ([Machines({"GPU": 1})], False), ([Machines({"GPU": 1, "accelerator_type:NEW": 1})], False),
        ([Machines({"GPU": 1, "accelerator_type:H100": 1})], True), ([], False),
        ([Machines({"GPU": 1, "accelerator_type:H100": 1}), Machines({"GPU": 1}, 1, "autoscaled")], False),
    ):  # fmt: skip
        there(*machines, unknown=unknown)
        assert of_engines(huge, "auto") == []
    there(Machines({"GPU": 1, "accelerator_type:A100": 1}), Machines({"GPU": 8, "accelerator_type:H100": 1}))
    (one,) = of_engines(huge, "auto")
    assert "and may take 86.4 GiB of its 96.0 GiB." in one.words


def test_gpus_of_this_machine_are_asked_of_the_driver_and_none_is_no_error() -> None:
    from dgrc.runtime.memory import of_gpus_here

    assert all(amount > GIB for amount in of_gpus_here())
    assert gpu_bytes(None) is None or gpu_bytes(None) in of_gpus_here()


def of_training(student: str, address: str | None = None, **training: Any) -> list[Finding]:
    settings = {"student": {"model": student}, "training": training, "ray": {"address": address}}
    return list(training_has_memory(config(**settings), ("curate", "train")))


def test_weights_gradients_and_state_must_fit_into_this_machines_memory(there: Any, tmp_path: Path) -> None:
    seven = llama(tmp_path / "m", 13)
    (one,) = of_training(seven)
    assert one.stops and one.setting == "training"
    assert "of this machine's memory each of 2 workers has 15.8 GiB" in one.words
    assert "It would fit by `training.adapter: {}`" in one.words
    assert of_training(seven, "auto") == [], "what memory a cluster's machines have is not known"
    assert list(training_has_memory(config(student={"model": seven}), ("curate",))) == []
    assert of_training(llama(tmp_path / "s", 1), max_length=256) == []


def test_what_full_rows_would_take_is_a_warning_with_what_helps(there: Any, tmp_path: Path) -> None:
    small = llama(tmp_path / "m", 0.3, num_hidden_layers=30, hidden_size=576, num_attention_heads=9,
                  intermediate_size=1536, vocab_size=49152, tie_word_embeddings=True)  # fmt: skip
    (one,) = of_training(small)
    assert not one.stops and "if examples fill `training.max_length`, 4,096 tokens" in one.words
    assert "`training.gradient_checkpointing: true`" in one.words and "`training.max_length: 1024`" in one.words
    assert of_training(small, gradient_checkpointing=True) == of_training(small, max_length=1024) == []


def test_a_training_on_gpus_is_held_against_what_is_known_of_them(there: Any, tmp_path: Path) -> None:
    seven = llama(tmp_path / "m", 13)
    here(there, 40)
    (one,) = of_training(seven, gpus_per_worker=1, gradient_checkpointing=True)
    assert one.stops and "and a GPU has 40.0 GiB" in one.words
    assert "`training.offload: optimizer`" in one.words and "`training.adapter: {}`" in one.words
    (one,) = of_training(seven, gpus_per_worker=1, gradient_checkpointing=True, offload="optimizer")
    assert one.setting == "training.offload" and "this machine's memory, which has 32.0 GiB" in one.words
    assert of_training(seven, gpus_per_worker=1, gradient_checkpointing=True, adapter={}) == []
    here(there)
    assert of_training(seven, gpus_per_worker=1) == []
    there(Machines({"GPU": 8, "accelerator_type:H200": 1}))
    assert [one.stops for one in of_training(seven, "auto", gpus_per_worker=1, workers=1)] == []
    there(Machines({"GPU": 8, "accelerator_type:L4": 1}))
    (one,) = of_training(seven, "auto", gpus_per_worker=1, workers=1)
    assert one.stops and "a GPU has 24.0 GiB" in one.words


def test_both_are_looked_at_before_a_start_and_torch_is_not_read_for_it() -> None:
    assert {engines_have_memory, training_has_memory} <= {*preflight.HERE}
    for module in (memory, planner, shapes):
        body = ast.parse(Path(str(module.__file__)).read_text()).body
        named = [node.module or "" for node in body if isinstance(node, ast.ImportFrom)]
        assert named and "dgrc.training.model.loss" not in named
