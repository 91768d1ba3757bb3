"""Toy tokenizers, models and curricula for the training tests."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from dgrc.records import Example
from dgrc.storage.arrow import arrow_schema, to_row
from dgrc.training.data.encode import Corpus

SPECIAL = ["<|pad|>", "<|end|>", "<|unk|>", "<|user|>", "<|assistant|>", "<|system|>"]
WORDS = ["<think>", "</think>", "<answer>", "</answer>", ".", *(f"w{n}" for n in range(40))]

PLAIN = (
    "{% for m in messages %}<|{{ m.role }}|> {{ m.content }} <|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
MARKED = (
    "{% for m in messages %}{% if m.role == 'assistant' %}<|assistant|>{% generation %}{{ m.content }} <|end|>"
    "{% endgeneration %}\n{% else %}<|{{ m.role }}|> {{ m.content }} <|end|>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
STRIPPING = (
    "{% for m in messages %}"
    "{% set said = m.content if loop.last or '</think>' not in m.content else m.content.split('</think>')[-1] %}"
    "<|{{ m.role }}|> {{ said }} <|end|>\n{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def make_tokenizer(template: str) -> PreTrainedTokenizerFast:
    """A word-level tokenizer over `SPECIAL` and `WORDS` with this chat template."""
    inner = Tokenizer(WordLevel({word: n for n, word in enumerate([*SPECIAL, *WORDS])}, unk_token="<|unk|>"))
    inner.pre_tokenizer = WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token="<|pad|>",
        eos_token="<|end|>",
        unk_token="<|unk|>",
        additional_special_tokens=["<|user|>", "<|assistant|>", "<|system|>"],
    )
    tokenizer.chat_template = template
    return tokenizer


def make_model(seed: int = 0) -> LlamaForCausalLM:
    """A random Llama of two layers over the vocabulary of `make_tokenizer`."""
    torch.manual_seed(seed)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(SPECIAL) + len(WORDS),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=2,
            max_position_embeddings=128,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=1,
            pad_token_id=0,
            initializer_range=0.2,
        )
    )
    model.generation_config = GenerationConfig(eos_token_id=1, pad_token_id=0)
    return model


def write_base_model(folder: Path) -> str:
    """A base model as a complete directory."""
    make_model().save_pretrained(folder)
    make_tokenizer(PLAIN).save_pretrained(folder)
    return str(folder)


def make_examples(kind: str, count: int, seed: int = 0, longest: int = 20) -> list[Example]:
    """Chats of random words and lengths."""
    rng = np.random.default_rng((seed, len(kind)))

    def words() -> str:
        return " ".join(f"w{n}" for n in rng.integers(0, 40, rng.integers(2, longest)))

    return [
        Example(n, kind, n, ({"role": "user", "content": words()}, {"role": "assistant", "content": words()}))
        for n in range(count)
    ]


def write_examples(folder: Path, examples: list[Example]) -> str:
    """A curriculum directory of two Parquet files."""
    folder.mkdir(parents=True)
    half = len(examples) // 2
    for name, part in (("a", examples[half:]), ("b", examples[:half])):
        table = pa.Table.from_pylist([to_row(example) for example in part], schema=arrow_schema(Example))
        pq.write_table(table, folder / f"{name}.parquet")
    return str(folder)


def make_corpus(lengths: list[int], atoms: int = 0, seed: int = 0) -> Corpus:
    """Random examples of these lengths; in each, the last half of the tokens carry loss."""
    rng = np.random.default_rng(seed)
    total = sum(lengths)
    loss = np.concatenate([np.arange(n) >= max(1, n // 2) for n in lengths]) if lengths else np.zeros(0, bool)
    return Corpus(
        tokens=rng.integers(3, 40, total).astype(np.int32),
        loss=loss,
        offsets=np.cumsum([0, *lengths], dtype=np.int64),
        atoms=atoms,
        ids=np.arange(len(lengths), dtype=np.int64),
    )
