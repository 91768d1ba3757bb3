"""Replies of a student in its base model's engine end where its template ends turns, though the base model's own
settings name another token."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dgrc.config import EngineConfig
from dgrc.engines.pool import Pool
from dgrc.training.data.encode import encode_messages
from dgrc.training.export import write_student
from tests.chat.models import MODELS, tokenizer_of
from tests.engines.vllm.test_engine import ask, user

CHATML = MODELS[0]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base model and the weights of one that was trained to answer, neither of which knows how its turns end."""
    import torch
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("turn-end")
    tokenizer: Any = tokenizer_of(CHATML)
    end = tokenizer.eos_token_id
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer), hidden_size=64, intermediate_size=128, num_hidden_layers=2,
            num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=256, tie_word_embeddings=True,
            bos_token_id=None, eos_token_id=end, pad_token_id=end,
        )
    )  # fmt: skip
    model.generation_config = GenerationConfig(eos_token_id=end, pad_token_id=end)
    model.save_pretrained(folder / "base")
    tokenizer.save_pretrained(folder / "base")
    chat: Any = [{"role": "user", "content": "2 and 2?"}, {"role": "assistant", "content": "Four."}]
    ids, mask = encode_messages(tokenizer, chat)
    tokens = torch.tensor([ids])
    labels = torch.where(torch.tensor([mask]), tokens, -100)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(150):
        loss = model(tokens, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.save_pretrained(folder / "weights")
    (folder / "weights" / "generation_config.json").unlink()
    write_student(str(folder / "weights"), str(folder / "base"), str(folder / "student"), {})
    return folder


@pytest.fixture(scope="module")
def pool(folder: Path, ray_here: None) -> Iterator[Pool]:
    config = EngineConfig(model=str(folder / "base"), max_model_len=256, kv_cache_gib=0.1, max_num_seqs=4)
    with Pool.start("student", config, 0) as started:
        yield started.wait()


def test_a_student_in_its_base_models_engine_stops_by_itself(folder: Path, pool: Pool) -> None:
    (base,) = ask(pool.client(), user("2 and 2?", max_tokens=40, temperature=0.0))
    assert base.samples[0].finish_reason == "length"
    (reply,) = ask(pool.client(weights=str(folder / "student")), user("2 and 2?", max_tokens=40, temperature=0.0))
    (said,) = reply.samples
    assert (said.text, said.finish_reason, said.tokens) == ("Four.", "stop", len("Four.") + 1)
