"""Adapters as vLLM serves them over their base model, without merging; and what is said of those it cannot serve."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dgrc.config import EngineConfig
from dgrc.engines.base import Request
from dgrc.engines.pool import Pool
from dgrc.engines.vllm.adapters import adapter_settings, check_over, is_adapter, largest_rank
from dgrc.errors import EngineError
from tests.engines.vllm.test_engine import ask, user
from tests.tiny import engine_dtype, write_model

CONTEXT = 512


def write_adapter(model: Path, folder: Path, rank: int, seed: int) -> Path:
    """A LoRA adapter with random weights, large enough to change what the model says."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(seed)
    base = AutoModelForCausalLM.from_pretrained(model)
    adapted: Any = get_peft_model(base, LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear"))
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.2)
    adapted.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("adapters") / "model", max_length=CONTEXT)


@pytest.fixture(scope="module")
def adapters(model: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("adapters")
    return [write_adapter(model, folder / str(rank), rank, seed=rank) for rank in (4, 8, 16)]


@pytest.fixture(scope="module")
def pool(model: Path, adapters: list[Path], ray_here: None) -> Iterator[Pool]:
    config = EngineConfig(
        model=str(model), adapter=str(adapters[0]), max_lora_rank=8, max_model_len=CONTEXT, kv_cache_gib=0.1,
        max_num_seqs=4,
    )  # fmt: skip
    with Pool.start("student", config, 0) as started:
        yield started.wait()


SAID = {"role": "assistant", "content": "By the code of 1823.\n<answer>5 years</answer>"}
ASKED = {"role": "user", "content": "How long is the limit?"}


def transformers_scores(model: Path, adapter: Path | None) -> Any:
    """Log-probabilities of a turn by transformers and PEFT, in the engine's own arithmetic."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    reference: Any = AutoModelForCausalLM.from_pretrained(model, dtype=engine_dtype()).eval()
    if adapter is not None:
        reference = PeftModel.from_pretrained(reference, adapter).eval()
    head = tokenizer.apply_chat_template([ASKED], add_generation_prompt=True, return_dict=True)["input_ids"]
    turn = [*tokenizer.encode(SAID["content"], add_special_tokens=False), tokenizer.eos_token_id]
    with torch.no_grad():
        logits = reference(torch.tensor([[*head, *turn]])).logits[0].float()
    return torch.log_softmax(logits, -1)[range(len(head) - 1, len(head) + len(turn) - 1), turn]


def test_adapters_and_their_base_take_turns_in_one_engine(pool: Pool, model: Path, adapters: list[Path]) -> None:
    import torch

    first, second, _ = adapters
    expected = {adapter: transformers_scores(model, adapter) for adapter in (first, second, None)}
    for weights, adapter in (("", first), (str(second), second), (str(model), None), (str(first), first)):
        client = pool.client(weights=weights) if weights else pool.client()
        (scored,) = ask(client, Request((ASKED, SAID), score=True))
        assert scored.error is None
        found = torch.tensor(scored.logprobs)
        far = {other: float((found - scores).abs().mean()) for other, scores in expected.items()}
        # bf16 leaves some 0.04 nats; other weights are nats away.
        assert far.pop(adapter) < 0.2 and min(far.values()) > 0.8


def test_an_adapter_of_a_larger_rank_than_the_engine_is_ready_for_is_refused(pool: Pool, adapters: list[Path]) -> None:
    with pytest.raises(EngineError, match=r"has rank 16.*rank 8 and less.*max_lora_rank: 16"):
        ask(pool.client(weights=str(adapters[2])), user("hello", max_tokens=4))
    assert ask(pool.client(), user("hello", max_tokens=4))[0].error is None


def test_an_adapter_that_is_served_only_in_part_is_told(pool: Pool, adapters: list[Path], tmp_path: Path) -> None:
    """What belongs to a layer that the model does not have, vLLM (0.32) leaves out without a word."""
    from safetensors.torch import load_file, save_file

    assert pool.says_what_it_serves()
    pool.turn_to(str(adapters[1]))
    further = tmp_path / "further"
    shutil.copytree(adapters[0], further)
    halves = load_file(further / "adapter_model.safetensors")
    more = {name.replace(".layers.1.", ".layers.7."): half.clone() for name, half in halves.items()}
    save_file({**more, **halves}, further / "adapter_model.safetensors")
    with pytest.raises(EngineError, match=r"further and serves others: the checksums of layer 7 are not"):
        pool.turn_to(str(further))
    pool.turn_to(str(adapters[0]))


def test_an_engine_is_ready_for_its_own_adapter_or_for_what_it_is_told(model: Path, adapters: list[Path]) -> None:
    assert largest_rank(EngineConfig(model=str(model))) == 0
    assert largest_rank(EngineConfig(model=str(model), adapter=str(adapters[1]))) == 8
    assert largest_rank(EngineConfig(model=str(model), adapter=str(adapters[1]), max_lora_rank=32)) == 32
    assert is_adapter(str(adapters[0])) and not is_adapter(str(model))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"r": 8, "use_dora": True}, "dgrc export ADAPTER --merge"),
        ({"lora_alpha": 8}, "is no LoRA adapter"),
        ("{", "is no LoRA adapter"),
    ],
)
def test_an_adapter_that_cannot_be_served_is_refused(tmp_path: Path, settings: Any, says: str) -> None:
    text = settings if isinstance(settings, str) else json.dumps(settings)
    (tmp_path / "adapter_config.json").write_text(text)
    with pytest.raises(EngineError, match=says):
        adapter_settings(str(tmp_path))


@pytest.mark.parametrize("target", ["lm_head", "embed_tokens"])
def test_an_adapter_of_half_a_tied_vocabulary_is_refused(target: str, tmp_path: Path) -> None:
    """vLLM (0.32) would serve the base model's head under the adapter's name."""
    from peft import LoraConfig, get_peft_model
    from transformers import LlamaConfig, LlamaForCausalLM

    for tied in (True, False):
        model: Any = LlamaForCausalLM(
            LlamaConfig(
                vocab_size=20, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1,
                num_key_value_heads=1, tie_word_embeddings=tied,
            )
        )  # fmt: skip
        folder = tmp_path / str(tied)
        model.save_pretrained(folder)
        get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj", target])).save_pretrained(folder / "adapter")
    with pytest.raises(EngineError, match=rf"adapts {target} of .* --merge"):
        check_over(str(tmp_path / "True" / "adapter"), str(tmp_path / "True"))
    check_over(str(tmp_path / "False" / "adapter"), str(tmp_path / "False"))
