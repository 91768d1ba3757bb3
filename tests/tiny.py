"""Model directories made in an instant: a tokenizer, and if wanted a model of random weights."""

from pathlib import Path
from typing import Any


def make_tokenizer_dir(folder: Path) -> str:
    """A directory with a byte-level tokenizer (one token a byte) in ChatML form, as Qwen2.5 has it."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|im_end|>", additional_special_tokens=["<|im_start|>"]
    )
    fast.chat_template = (
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    fast.save_pretrained(folder)
    (folder / "config.json").write_text('{"model_type": "qwen2"}')
    return str(folder)


def write_model(folder: Path, max_length: int, seed: int = 0) -> Path:
    """A whole Hugging Face directory: Qwen2's architecture made small, random weights, byte-level tokenizer."""
    import torch
    from transformers import AutoTokenizer, Qwen2Config, Qwen2ForCausalLM

    make_tokenizer_dir(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    torch.manual_seed(seed)
    config = Qwen2Config(
        vocab_size=len(tokenizer), hidden_size=64, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1,
        intermediate_size=128, max_position_embeddings=max_length, tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id, bos_token_id=None, initializer_range=0.3,  # or all say the same
    )
    Qwen2ForCausalLM(config).save_pretrained(folder)
    return folder


def engine_dtype() -> Any:
    """The arithmetic that an engine takes by default on this CPU, for a reference in transformers."""
    import torch

    from dgrc.runtime.cpu import has_bfloat16

    return torch.bfloat16 if has_bfloat16() else torch.float32
