"""A merged adapter says what the adapter says, whatever it adapts, or it is not written."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from dgrc.config.training import AdapterConfig
from dgrc.errors import TrainingError
from dgrc.training.export import merge_adapter
from dgrc.training.merge import distance
from dgrc.training.model.load import add_adapter, check_targets
from tests.training.builders import PLAIN, make_model, make_tokenizer

TOKENS = torch.tensor([[5, 6, 7, 8, 9, 40, 44]])


def write_base(folder: Path, tied: bool = True, dtype: torch.dtype = torch.float32, added: int = 0) -> Any:
    """A base model in a folder and as it was written; its vocabulary made larger in memory by so many tokens."""
    model: Any = make_model()
    if not tied:
        model.config.tie_word_embeddings = False
        model.lm_head.weight = torch.nn.Parameter(torch.randn_like(model.lm_head.weight) * 0.2)
    model.to(dtype).save_pretrained(folder)
    make_tokenizer(PLAIN).save_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype)
    if added:
        torch.manual_seed(1)
        model.resize_token_embeddings(model.config.vocab_size + added, mean_resizing=False)
    return model


def write_adapter(model: Any, folder: Path, base: Path, **settings: Any) -> torch.Tensor:
    """An adapter with random weights in a folder, and the logits that it gives."""
    adapted = get_peft_model(model, LoraConfig(r=4, task_type="CAUSAL_LM", **settings)).eval()
    torch.manual_seed(2)
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora_" in name or "modules_to_save" in name:
                weight.copy_(torch.randn(weight.shape) * 0.2)
        adapted.save_pretrained(folder)
        said = json.loads((folder / "adapter_config.json").read_text()) | {"base_model_name_or_path": str(base)}
        (folder / "adapter_config.json").write_text(json.dumps(said))
        return adapted(TOKENS).logits.float()


def merged_logits(folder: str) -> torch.Tensor:
    with torch.no_grad():
        return AutoModelForCausalLM.from_pretrained(folder, dtype="auto").eval()(TOKENS).logits.float()


@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
@pytest.mark.parametrize(
    "settings",
    [
        {"target_modules": "all-linear"},
        {"target_modules": ["q_proj", "lm_head"]},
        {"target_modules": ["q_proj", "embed_tokens"]},
        {"target_modules": ["embed_tokens", "lm_head"]},
        {"target_modules": ["q_proj"], "modules_to_save": ["lm_head"]},
        {"target_modules": ["q_proj"], "modules_to_save": ["embed_tokens"]},
        {"target_modules": ["q_proj"], "use_dora": True},
    ],
    ids=lambda settings: "-".join(str(value) for value in settings.values()),
)
def test_a_merged_model_says_what_the_adapter_says(settings: dict[str, Any], tied: bool, tmp_path: Path) -> None:
    wanted = write_adapter(write_base(tmp_path / "base", tied), tmp_path / "adapter", tmp_path / "base", **settings)
    merged = merge_adapter(str(tmp_path / "adapter"), str(tmp_path / "merged"))
    assert torch.allclose(merged_logits(merged), wanted, atol=1e-4)


@pytest.mark.parametrize("settings", [{"target_modules": ["lm_head"]}, {"target_modules": ["embed_tokens"]}])
def test_tied_updates_are_merged_once_or_refused(settings: dict[str, Any], tmp_path: Path) -> None:
    """PEFT 0.21 adds an update that both places share twice."""
    base = write_base(tmp_path / "base")
    wanted = write_adapter(base, tmp_path / "adapter", tmp_path / "base", ensure_weight_tying=True, **settings)
    try:
        merged = merge_adapter(str(tmp_path / "adapter"), str(tmp_path / "merged"))
    except TrainingError as e:
        says, merged = str(e), ""
    if merged:
        assert torch.allclose(merged_logits(merged), wanted, atol=1e-4)
    else:
        assert "was not merged" in says and not (tmp_path / "merged").exists()


def test_what_rounding_explains_is_no_other_model(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", dtype=torch.bfloat16)
    wanted = write_adapter(base, tmp_path / "adapter", tmp_path / "base", target_modules="all-linear")
    found = merged_logits(merge_adapter(str(tmp_path / "adapter"), str(tmp_path / "merged")))
    assert 0 < distance([found], [wanted]) < 0.05


def test_a_merge_that_makes_another_model_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_adapter(write_base(tmp_path / "base"), tmp_path / "adapter", tmp_path / "base", target_modules=["q_proj"])
    (tmp_path / "merged").mkdir()
    (tmp_path / "merged" / "earlier").touch()
    monkeypatch.setattr(PeftModel, "merge_and_unload", lambda self, **_: self.unload(), raising=False)
    with pytest.raises(TrainingError, match=r"was not merged: the merged model's logits are [\d.]+ of their spread"):
        merge_adapter(str(tmp_path / "adapter"), str(tmp_path / "merged"))
    assert [path.name for path in (tmp_path / "merged").iterdir()] == ["earlier"]


@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
def test_a_resized_vocabulary_is_written_whole(tied: bool, tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", tied, added=3)
    wanted = write_adapter(base, tmp_path / "adapter", tmp_path / "base", target_modules=["q_proj"])
    tokenizer = make_tokenizer(PLAIN)
    tokenizer.add_tokens(["one", "two", "three"])
    tokenizer.save_pretrained(tmp_path / "adapter")
    merged = merge_adapter(str(tmp_path / "adapter"), str(tmp_path / "merged"))
    found = AutoModelForCausalLM.from_pretrained(merged)
    rows = make_model().config.vocab_size + 3
    assert found.config.vocab_size == rows == found.lm_head.out_features == found.get_input_embeddings().num_embeddings
    assert torch.allclose(merged_logits(merged), wanted, atol=1e-4)
    assert len(AutoTokenizer.from_pretrained(merged)) == len(tokenizer)


def test_a_resized_vocabulary_that_the_adapter_does_not_hold_is_refused(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", added=3)
    adapted = get_peft_model(base, LoraConfig(r=4, task_type="CAUSAL_LM", target_modules=["lm_head"]))
    adapted.save_pretrained(tmp_path / "adapter", save_embedding_layers=False)
    said = json.loads((tmp_path / "adapter/adapter_config.json").read_text())
    said["base_model_name_or_path"] = str(tmp_path / "base")
    (tmp_path / "adapter/adapter_config.json").write_text(json.dumps(said))
    with pytest.raises(TrainingError, match="over a vocabulary of 54 tokens, its base model has 51"):
        merge_adapter(str(tmp_path / "adapter"), str(tmp_path / "merged"))


@pytest.mark.parametrize("targets", [("q_proj", "lm_head"), ("embed_tokens",), r".*(lm_head|q_proj)"])
@pytest.mark.parametrize("variant", ["lora", "dora"])
def test_a_tied_half_is_not_trained_and_that_is_known_without_weights(
    targets: Any, variant: Any, tmp_path: Path
) -> None:
    adapter = AdapterConfig(rank=4, targets=targets, variant=variant)
    tied, untied = tmp_path / "tied", tmp_path / "untied"
    with pytest.raises(TrainingError, match=r"names the embedding or the head .*Leave both out"):
        add_adapter(write_base(tied), adapter)
    with pytest.raises(TrainingError, match="names the embedding or the head"):
        check_targets(str(tied), adapter)
    write_base(untied, tied=False)
    for folder in (tied, untied):
        for file in folder.glob("*.safetensors"):
            file.unlink()
    check_targets(str(untied), adapter)
    check_targets(str(tied), AdapterConfig(rank=4, targets=("q_proj",)))
    with pytest.raises(TrainingError, match="No adapter could be made"):
        check_targets(str(tied), AdapterConfig(rank=4, targets=("nothing",)))
