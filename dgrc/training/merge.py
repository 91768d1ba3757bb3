"""An adapter and its base model in, the weights of one model out, which says what the adapter says or is not written.

A head that is tied to the embedding is one matrix in two places. What an adapter adds to one of them does not belong to
the other, so they become two before it is merged in. Whatever PEFT and transformers make of the rest, the model as it
was written is read again, and held against the adapter on a few prompts.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from dgrc.errors import TrainingError
from dgrc.storage.model_directory import ADAPTER_WEIGHTS
from dgrc.training.model.load import changes_vocabulary

TEXTS = ("What follows from this, and why?\n1. The first step is", "17 + 25 = 42; 因此, le délai est de 30 jours.")
TOKENS = 24
"""Length of the prompts that go through the vocabulary."""
APART = {torch.float32: 1e-3}
ROUNDING = 0.05
"""How far logits may be apart in their spread: what rounding explains in float32, and in narrower weights."""


def merge_into(folder: str, adapter: str, base_model: str) -> None:
    """Writes the merged model to a folder.

    Raises:
        TrainingError: it does not say what the adapter says, or the adapter lacks what it was trained with.
    """
    adapted = load_adapted(base_model, adapter)
    prompts = probes(base_model, _rows(adapted))
    wanted = logits(adapted, prompts)
    if _own_halves(adapted):
        del adapted
        adapted = load_adapted(base_model, adapter, untied=True)
    merged = adapted.merge_and_unload(safe_merge=True)
    merged.save_pretrained(folder)
    dtype = merged.dtype
    del adapted, merged  # one model at a time
    found = logits(_load(folder), prompts)
    if (apart := distance(found, wanted)) > APART.get(dtype, ROUNDING):
        raise TrainingError(
            f"The adapter {adapter!r} was not merged: the merged model's logits are {apart:.2g} of their spread away "
            f"from the adapter's, where {APART.get(dtype, ROUNDING):g} is the most that rounding explains. Use it by "
            "PEFT over its base model, or train one that adapts other modules (`training.adapter.targets`)."
        )


def load_adapted(base_model: str, adapter: str, untied: bool = False) -> Any:
    """The base model with the adapter over it, its vocabulary as large as the adapter's."""
    from peft import PeftModel

    model = _load(base_model)
    _resize(model, adapter)
    if untied:
        _untie(model)
    return PeftModel.from_pretrained(model, adapter).eval()


def probes(model: str, rows: int) -> list[torch.Tensor]:
    """Token ids of a few prompts: texts, where there is a tokenizer, and ways through a vocabulary of so many rows."""
    from transformers import AutoTokenizer

    through = torch.linspace(0, rows - 1, TOKENS).long()
    drawn = torch.randint(rows, (TOKENS,), generator=torch.Generator().manual_seed(0))
    try:
        tokenizer = AutoTokenizer.from_pretrained(model, trust_remote_code=False)
    except (OSError, ValueError):
        texts = []
    else:
        texts = [torch.tensor(tokenizer(text)["input_ids"][: 2 * TOKENS]) for text in TEXTS]
    return [ids[None] for ids in (*texts, through, through.flip(0), drawn) if len(ids) and int(ids.max()) < rows]


def logits(model: Any, prompts: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """A model's logits at every place of the prompts, in float32."""
    with torch.no_grad():
        return [model.eval()(ids).logits[0].float() for ids in prompts]


def distance(found: Sequence[torch.Tensor], wanted: Sequence[torch.Tensor]) -> float:
    """How far logits are apart, root mean square, in the spread of those that are wanted; infinite if they have other
    sizes or hold what is no number."""
    if any(a.shape != b.shape for a, b in zip(found, wanted, strict=True)):
        return float("inf")
    a, b = torch.cat([x.flatten() for x in found]), torch.cat([x.flatten() for x in wanted])
    apart = float((a - b).square().mean().sqrt() / b.std())
    return apart if apart == apart else float("inf")


def _load(folder: str) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(folder, dtype="auto", use_safetensors=True, trust_remote_code=False)


def _rows(adapted: Any) -> int:
    return int(adapted.get_base_model().get_input_embeddings().weight.shape[0])


def _own_halves(adapted: Any) -> bool:
    """Whether an adapter changes the embedding or the head of a tied model, and not both as one."""
    both = getattr(adapted.peft_config["default"], "ensure_weight_tying", False)
    return adapted.config.get_text_config().tie_word_embeddings and not both and changes_vocabulary(adapted)


def _untie(model: Any) -> None:
    """Makes the head a matrix of its own, equal to the embedding."""
    head, embedding = model.get_output_embeddings(), model.get_input_embeddings()
    head.weight = torch.nn.Parameter(embedding.weight.detach().clone())
    for config in (model.config, model.config.get_text_config()):
        config.tie_word_embeddings = False
    model.tie_weights()


def _resize(model: Any, adapter: str) -> None:
    """Gives the vocabulary as many rows as the adapter was trained over; it must hold them itself."""
    rows, whole = _rows_of(adapter, model)
    there = model.get_input_embeddings().weight.shape[0]
    if rows in (0, there):
        return
    if not whole:
        raise TrainingError(
            f"The adapter {adapter!r} was trained over a vocabulary of {rows:,} tokens, its base model has {there:,}, "
            "and the adapter does not hold the embedding of the others. Save it with its embedding "
            "(`save_embedding_layers=True`), or give it the resized base model (`base_model_name_or_path`)."
        )
    model.resize_token_embeddings(rows, mean_resizing=False)


def _rows_of(adapter: str, model: Any) -> tuple[int, bool]:
    """The rows of the vocabulary that an adapter's tensors speak of, 0 if none do, and whether it holds them whole."""
    from safetensors import safe_open

    names = {id(module): name for name, module in model.named_modules()}
    ends = [names[id(m)] for m in (model.get_input_embeddings(), model.get_output_embeddings()) if m is not None]
    rows, whole = 0, False
    with safe_open(Path(adapter) / ADAPTER_WEIGHTS, "pt") as file:
        for key in file.keys():  # noqa: SIM118 - it is no dictionary
            if not any(f".{name}." in key for name in ends):
                continue
            shape = file.get_slice(key).get_shape()
            if key.endswith("lora_embedding_A"):
                rows = shape[1]
            elif "lora_embedding_B" not in key and "lora_A" not in key and "lora_magnitude" not in key:
                rows, whole = shape[0], whole or "lora_" not in key
    return rows, whole
