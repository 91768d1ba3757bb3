"""Model directories that would run code: refused before any library looks at them, by whatever loads models."""

import json
from pathlib import Path

import pytest

from dgrc.engines.vllm.adapters import adapter_settings
from dgrc.engines.vllm.tokens import PromptEncoder, check_model_path
from dgrc.errors import EngineError, TrainingError
from dgrc.storage.model_directory import adapter_problem, model_problem
from dgrc.training.data.inputs import load_tokenizer
from dgrc.training.export import merge_adapter
from dgrc.training.plan.shapes import model_config
from tests.tiny import make_tokenizer_dir

RAN = "import pathlib\npathlib.Path(__file__).with_name('ran').touch()\n"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return Path(make_tokenizer_dir(tmp_path))


def change(path: Path, **settings: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **settings}))


def pickled(model: Path) -> None:
    (model / "pytorch_model.bin").write_bytes(b"\x80\x04.")


def in_parts(model: Path) -> None:
    (model / "pytorch_model-00001-of-00002.bin").write_bytes(b"\x80\x04.")
    (model / "training_args.bin").write_bytes(b"\x80\x04.")


def with_code(model: Path) -> None:
    auto = {"AutoConfig": "mine.C", "AutoModelForCausalLM": "mine.M"}
    change(model / "config.json", model_type="mine", auto_map=auto)
    (model / "mine.py").write_text(RAN)


def with_tokenizer_code(model: Path) -> None:
    change(model / "tokenizer_config.json", tokenizer_class="Mine", auto_map={"AutoTokenizer": ["mine.T", None]})
    (model / "mine.py").write_text(RAN)


def from_outside(model: Path) -> None:
    index = {"weight_map": {"a": "model.safetensors", "b": "../other/model.safetensors"}}
    (model / "model.safetensors.index.json").write_text(json.dumps(index))


def without_config(model: Path) -> None:
    (model / "config.json").write_text("[" * 100_000)


REFUSED = {
    pickled: r"are pickled \(pytorch_model\.bin\)", in_parts: r"are pickled \(pytorch_model-00001",
    with_code: r"Python code of its own \(`auto_map` in its config\.json\)",
    with_tokenizer_code: r"`auto_map` in its tokenizer_config\.json",
    from_outside: r"outside the directory: '\.\./other",
    without_config: r"config\.json of .* cannot be read",
}  # fmt: skip


@pytest.mark.parametrize("spoil", REFUSED, ids=lambda f: f.__name__)
def test_whatever_loads_models_refuses_it_by_name(model: Path, spoil) -> None:  # type: ignore[no-untyped-def]
    spoil(model)
    for load, error in (
        (check_model_path, EngineError), (PromptEncoder, EngineError),
        (load_tokenizer, TrainingError), (model_config, TrainingError),
    ):  # fmt: skip
        with pytest.raises(error, match=REFUSED[spoil]) as caught:
            load(str(model))
        assert str(model) in str(caught.value) and "\n" not in str(caught.value)
    assert not (model / "ran").exists()


@pytest.mark.parametrize("spoil", [pickled, with_code])
def test_a_merge_refuses_a_base_model_that_would_run_code(model: Path, tmp_path: Path, spoil) -> None:  # type: ignore[no-untyped-def]
    spoil(model)
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    settings = {"peft_type": "LORA", "r": 1, "base_model_name_or_path": str(model)}
    (adapter / "adapter_config.json").write_text(json.dumps(settings))
    with pytest.raises(TrainingError, match=REFUSED[spoil]):
        merge_adapter(str(adapter), str(tmp_path / "out"))
    assert not (model / "ran").exists() and not (tmp_path / "out").exists()


def test_a_pickled_adapter_is_refused(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": 1}))
    (tmp_path / "adapter_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(EngineError, match=r"pickled \(adapter_model\.bin\)"):
        adapter_settings(str(tmp_path))
    with pytest.raises(TrainingError, match=r"pickled \(adapter_model\.bin\)"):
        merge_adapter(str(tmp_path), str(tmp_path / "out"))
    (tmp_path / "adapter_model.safetensors").write_bytes(b"")
    assert adapter_problem(tmp_path) is None


def test_code_that_comes_along_with_a_known_architecture_is_ignored(model: Path) -> None:
    """Many models on a hub bring both: transformers takes its own class, and so may we."""
    change(model / "config.json", auto_map={"AutoConfig": "mine.C"})
    (model / "mine.py").write_text(RAN)
    (model / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    (model / "model.safetensors").write_bytes(b"")
    assert model_problem(model) is None
    assert PromptEncoder(str(model)).encode(({"role": "user", "content": "x"},))
    assert not (model / "ran").exists()
