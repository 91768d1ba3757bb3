"""What a model's weights come to, read from its files or asked of the engine that serves it: sums by layer, in whole
numbers.

An engine does not keep weights as files do: it joins matrices, divides them among workers and, on a CPU, packs them in
forms that only its kernels read. So a sum here heeds neither order nor place. Of a matrix it takes the values of some
columns (`columns`), which an engine is made to say by multiplying unit vectors: one product of its own kernels, exact
in any arithmetic. Vectors are taken whole. Zeros, with which engines pad, count for nothing.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dgrc.storage.model_directory import ADAPTER_WEIGHTS

if TYPE_CHECKING:
    import torch

Sums = dict[str, int]
"""By layer (its number; `head`; or empty for the rest) a sum modulo 2**64."""
COLUMNS = 64
"""Columns of a matrix that are taken, at most."""
HEAD = "head"
EMBEDDINGS = ("embed_tokens.weight", "wte.weight", "word_embeddings.weight", "embed_in.weight")
LEFT_OUT = (".inv_freq", "masked_bias")
"""Endings of what older files hold beside weights."""
MODULUS = 2**64


def columns(width: int) -> list[int]:
    """Which columns of a matrix of this width are taken: evenly spread."""
    return sorted({i * width // COLUMNS for i in range(COLUMNS)}) if width > COLUMNS else list(range(width))


def layer_of(name: str) -> str:
    """The layer of a weight by its name, which files and engines share so far."""
    if "lm_head" in name.split("."):
        return HEAD
    found = re.search(r"\.(\d+)\.", name)
    return found.group(1) if found else ""


def bits(values: "torch.Tensor") -> int:
    """A sum over the bit patterns of values, whatever their order; zeros of either sign are nothing."""
    import torch

    whole = values.detach().contiguous() + 0.0  # -0.0 becomes 0.0, as it does in a product
    pattern = whole.view({2: torch.int16, 4: torch.int32}[whole.element_size()]).to(torch.int64)
    return int((pattern * pattern + pattern).sum()) % MODULUS


def taken(weight: "torch.Tensor") -> "torch.Tensor":
    """What of a weight is summed."""
    return weight[..., columns(weight.shape[-1])] if weight.ndim > 1 else weight


def of_model(folder: str, dtype: str) -> Sums:
    """The sums of a model directory in an engine's arithmetic (`bfloat16`, say).

    Raises:
        KeyError, OSError, ValueError: files that are not plain weights.
    """
    import torch

    config = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
    tied = bool(config.get("text_config", config).get("tie_word_embeddings", config.get("tie_word_embeddings")))
    sums: Counter[str] = Counter()
    embedding = 0
    for name, weight in _weights(Path(folder)):
        if name.endswith(LEFT_OUT) or (tied and layer_of(name) == HEAD):
            continue
        if not weight.is_floating_point():
            raise ValueError(f"{name} holds no plain numbers but {weight.dtype}")
        sums[layer_of(name)] += (found := bits(taken(weight).to(getattr(torch, dtype))))
        embedding = found if name.endswith(EMBEDDINGS) else embedding
    if HEAD not in sums:
        sums[HEAD] = embedding
    return {layer: total % MODULUS for layer, total in sums.items()}


def of_adapter(folder: str, dtype: str) -> Sums | None:
    """The sums of a LoRA adapter's directory, its scale within, as vLLM holds it; None of one whose scale differs from
    module to module."""
    import torch
    from safetensors import safe_open

    settings = json.loads((Path(folder) / "adapter_config.json").read_text(encoding="utf-8"))
    if settings.get("rank_pattern") or settings.get("alpha_pattern") or settings.get("modules_to_save"):
        return None
    rank, alpha = settings["r"], settings["lora_alpha"]
    scale = alpha / (math.sqrt(rank) if settings.get("use_rslora") else rank)
    sums: Counter[str] = Counter()
    with safe_open(Path(folder) / ADAPTER_WEIGHTS, "pt") as file:
        for name in file.keys():  # noqa: SIM118 - it is no dictionary
            half = file.get_tensor(name).to(getattr(torch, dtype))
            sums[layer_of(name)] += bits(half * scale if "lora_B" in name or "lora_embedding_B" in name else half)
    return {layer: total % MODULUS for layer, total in sums.items()}


def served(model: Any, dtype: "torch.dtype") -> Sums:
    """The sums of the weights that a vLLM worker's model computes with; its share of them, if there are several."""
    import torch
    from vllm.model_executor.layers.linear import LinearBase
    from vllm.model_executor.layers.vocab_parallel_embedding import ParallelLMHead

    sums: Counter[str] = Counter()
    seen = set[int]()
    with torch.inference_mode():
        for name, module in model.named_modules():
            own = dict(module.named_parameters(recurse=False))
            if isinstance(module, LinearBase | ParallelLMHead):  # by its kernels: what they have packed is what counts
                own.pop("weight", None)
                sums[layer_of(f"{name}.")] += bits(_by_product(module, dtype))
            for key, parameter in own.items():
                if id(parameter) not in seen:
                    seen.add(id(parameter))
                    sums[layer_of(f"{name}.{key}")] += bits(taken(parameter).to(dtype))
    return {layer: total % MODULUS for layer, total in sums.items()}


def served_adapter(manager: Any, number: int) -> Sums | None:
    """The sums of an adapter in the place where a vLLM worker's kernels read it; None where it lies otherwise than as
    two stacks of matrices."""
    slot = manager.lora_index_to_id.index(number)
    sums: Counter[str] = Counter()
    for name, module in manager.modules.items():
        for stacks in (getattr(module, "lora_a_stacked", None), getattr(module, "lora_b_stacked", None)):
            if stacks is None:
                return None
            for stack in stacks if isinstance(stacks, list | tuple) else [stacks]:
                sums[layer_of(f"{name}.")] += bits(stack[slot])
    return {layer: total % MODULUS for layer, total in sums.items()}


def together(shares: list[Sums]) -> Sums:
    """What the workers of an engine come to."""
    sums: Counter[str] = Counter()
    for share in shares:
        sums.update(share)
    return {layer: total % MODULUS for layer, total in sums.items()}


def differing(said: Mapping[str, int], wanted: Mapping[str, int]) -> list[str]:
    """The layers in which an engine serves something else than the files hold, in words; none if it does not.

    An engine without a head of its own multiplies by its embedding, which is looked at anyway.
    """
    layers = {layer for layer in {*said, *wanted} if said.get(layer, 0) != wanted.get(layer, 0)}
    layers -= {HEAD} if HEAD not in said else set()
    numbers = sorted(int(layer) for layer in layers if layer.isdecimal())
    words = [f"layer {number}" for number in numbers]
    return words + (["the head"] if HEAD in layers else []) + (["what belongs to no layer"] if "" in layers else [])


def _weights(folder: Path) -> Iterator[tuple[str, "torch.Tensor"]]:
    from safetensors import safe_open

    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, "pt") as file:
            for name in file.keys():  # noqa: SIM118 - it is no dictionary
                yield name, file.get_tensor(name)


def _by_product(module: Any, dtype: "torch.dtype") -> "torch.Tensor":
    """The taken columns of a linear layer's matrix, a row each: its products with unit vectors. Of a layer whose input
    is divided among workers, those that are this worker's."""
    import torch

    here = getattr(module, "input_size_per_partition", None) or getattr(module, "input_size", None)
    here = here or module.embedding_dim
    width = getattr(module, "input_size", here)
    first = module.tp_rank * here if here != width else 0
    mine = [column - first for column in columns(width) if first <= column < first + here]
    device = next((p.device for p in module.parameters()), torch.device("cpu"))
    units = torch.zeros(len(mine), here, dtype=dtype, device=device)
    units[range(len(mine)), mine] = 1
    product: torch.Tensor = module.quant_method.apply(module, units, None)
    return product
