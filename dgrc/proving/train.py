"""Trains one tiny model of the proving world from scratch, in a process of its own.

    python -m dgrc.proving.train teacher standard 0 OUT '{"slip": 0.3}'     (model, size, seed, directory, variant)

A world's corpus goes in; a Hugging Face directory (config, safetensors, tokenizer, generation
config) comes out, with one line of progress on stdout every twenty steps. One torch thread: two
processes of one thread each train these models about twice as fast as one process with two.
"""

import json
import math
import os
import random
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dgrc.proving.corpus import Example, batch, vocabulary
from dgrc.proving.tokenizer import END, PAD, build_tokenizer, encode_chat, word_ids
from dgrc.proving.world import Variant, World
from dgrc.runtime.cpu import has_bfloat16

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

MAX_LENGTH = 512
IGNORED = -100


@dataclass(frozen=True)
class Recipe:
    """The shape of a model and how it is trained; `counts` are the examples of each role in a batch."""

    width: int
    layers: int
    heads: int
    feed_forward: int
    steps: int
    counts: dict[str, int] = field(default_factory=dict)
    muon_rate: float = 0.02
    adam_rate: float = 5e-3
    warm_up: int = 20


RECIPES = {
    ("teacher", "standard"): Recipe(192, 4, 6, 512, 260, {"solve": 18, "answer": 20, "diagnose": 16, "verify": 18}),
    ("student", "standard"): Recipe(128, 4, 4, 384, 280, {"solve": 32, "answer": 32}),
    ("auditor", "standard"): Recipe(160, 4, 5, 448, 240, {"solve": 32, "answer": 12}),
    ("teacher", "small"): Recipe(128, 3, 4, 256, 230, {"solve": 6, "answer": 10, "diagnose": 14, "verify": 14}),
    ("student", "small"): Recipe(64, 3, 2, 192, 160, {"solve": 16, "answer": 16}),
    ("auditor", "small"): Recipe(96, 3, 3, 256, 200, {"solve": 16, "answer": 8}),
}


def train(model_name: str, size: str, seed: int, folder: str, variant: Variant) -> None:
    """Trains `model_name` (`teacher`, `student` or `auditor`) of the world and writes it to `folder`."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    world, recipe = World(seed, size, variant), RECIPES[model_name, size]
    words = vocabulary(world)
    ids = word_ids(words)
    rng = random.Random(f"dgrc corpus {model_name} {size} {seed}")
    model = build_model(recipe, len(ids), end=ids[END], pad=ids[PAD])
    # On a CPU the flash kernel's backward takes more time than all the rest at these lengths.
    model.set_attn_implementation("eager")
    optimizers = make_optimizers(model, recipe)
    for step in range(recipe.steps):
        loss = _step(model, batch(world, model_name, recipe.counts, rng), ids)
        rate = schedule(step, recipe)
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["initial_lr"] * rate
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        if step % 20 == 19 or step == recipe.steps - 1:
            print(f"{model_name} step {step + 1}/{recipe.steps} loss {loss:.3f}", flush=True)
    save(model, folder)
    build_tokenizer(words, MAX_LENGTH).save_pretrained(folder)


def build_model(
    recipe: Recipe, vocabulary_size: int, end: int, pad: int, max_length: int = MAX_LENGTH
) -> "PreTrainedModel":
    """An untrained Llama of the recipe's shape, with a generation config that stops at `end`.

    Not a Qwen2: for that model type transformers 5 puts Qwen's own byte-level tokenizer in place of
    whatever the directory holds, and a word-level one is then read as gibberish, without a warning.
    """
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=vocabulary_size,
            hidden_size=recipe.width,
            num_hidden_layers=recipe.layers,
            num_attention_heads=recipe.heads,
            num_key_value_heads=recipe.heads,
            intermediate_size=recipe.feed_forward,
            max_position_embeddings=max_length,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=end,
            pad_token_id=pad,
            use_cache=True,
        )
    )
    model.generation_config = GenerationConfig(eos_token_id=end, pad_token_id=pad)
    return model


def save(model: "PreTrainedModel", folder: str) -> None:
    """Writes config, weights and generation config (`save_pretrained` would import DeepSpeed for it, seconds long)."""
    from safetensors.torch import save_file

    Path(folder).mkdir(parents=True, exist_ok=True)
    model.config.architectures = [type(model).__name__]
    model.config.dtype = "float32"
    model.config.save_pretrained(folder)
    model.generation_config.save_pretrained(folder)
    # The output matrix is the embedding (tied), and safetensors stores no tensor twice.
    weights = {name: tensor.contiguous() for name, tensor in model.state_dict().items() if name != "lm_head.weight"}
    save_file(weights, Path(folder) / "model.safetensors", metadata={"format": "pt"})
    (Path(folder) / "model.safetensors").chmod(0o644)


def make_optimizers(model: "PreTrainedModel", recipe: Recipe) -> list["torch.optim.Optimizer"]:
    """Muon for the matrices, AdamW for embeddings, norms and biases (AdamW alone learns to diagnose far slower)."""
    import torch

    from dgrc.proving.muon import Muon  # torch takes seconds to import

    matrices: list[torch.nn.Parameter] = []
    others: list[torch.nn.Parameter] = []
    for name, parameter in model.named_parameters():
        (matrices if parameter.ndim == 2 and "embed" not in name else others).append(parameter)
    optimizers: list[torch.optim.Optimizer] = [
        Muon(matrices, lr=recipe.muon_rate),
        torch.optim.AdamW(others, lr=recipe.adam_rate, betas=(0.9, 0.95), weight_decay=0.0),
    ]
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["initial_lr"] = group["lr"]
    return optimizers


def schedule(step: int, recipe: Recipe) -> float:
    """Factor on the learning rates: linear warm-up, then flat, then linear to zero over the last half."""
    return min((step + 1) / recipe.warm_up, 2 * (recipe.steps - step) / recipe.steps, 1.0)


def _step(model: "PreTrainedModel", roles: list[list[Example]], ids: dict[str, int]) -> float:
    """Gradients of the roles' mean losses over assistant tokens, each role alike, so that short replies count too.

    One forward a role, since their lengths differ.
    """
    import torch

    encoded = [[encode_chat(ids, *example) for example in examples] for examples in roles]
    mean = 0.0
    for examples in encoded:
        inputs, labels = pad_batch(examples, ids[PAD])
        # Padding is on the right of causal attention, so that no token sees it and no mask is needed.
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=has_bfloat16()):
            logits = model(input_ids=inputs[:, :-1], use_cache=False).logits
        loss = torch.nn.functional.cross_entropy(
            logits.float().flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORED
        ) / len(encoded)
        loss.backward()
        mean += loss.item()
    if not math.isfinite(mean):
        raise FloatingPointError("The loss is no longer finite.")
    return mean


def pad_batch(examples: list[tuple[list[int], int]], pad: int) -> tuple["torch.Tensor", "torch.Tensor"]:
    """Right-padded inputs and labels, both (examples, longest); labels cover assistant tokens only."""
    import torch

    longest = max(len(tokens) for tokens, _ in examples)
    inputs = torch.full((len(examples), longest), pad)
    labels = torch.full((len(examples), longest), IGNORED)
    for row, (tokens, head) in enumerate(examples):
        inputs[row, : len(tokens)] = torch.tensor(tokens)
        labels[row, head : len(tokens)] = torch.tensor(tokens[head:])
    return inputs, labels


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    train(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], Variant(**json.loads(sys.argv[5])))
