"""The shape of a model in, how much arithmetic its training takes out. No weights are read.

A matrix of P parameters takes 2 P floating-point operations a token forward, as many again for the gradient of its
input, and as many for its own gradient, which a frozen matrix does without. Causal attention over an example of n
tokens takes 2 n^2 operations a layer and unit of width forward (two products, of which the mask leaves half), three
times that in training. The head is counted for the tokens that carry loss, for only they go through it; what
gradient checkpointing computes twice is counted once, as is usual for MFU (Chowdhery et al., PaLM, appendix B).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dgrc.errors import TrainingError
from dgrc.storage.model_directory import held_weights, model_problem, settings_of
from dgrc.training.model.hf_config import config_of

DENSE_BF16 = {
    "H200": 989e12, "H100 PCIe": 756e12, "H100": 989e12, "A100": 312e12, "L40S": 362e12, "A10": 125e12, "L4": 121e12,
    "B200": 2250e12,
}
"""Peak operations a second of dense bf16 by a part of the GPU's name, from the makers' data sheets."""


OF_SHAPE = ("num_hidden_layers", "hidden_size", "num_attention_heads", "intermediate_size", "vocab_size")
OF_OTHER_SHAPE = ("quantization_config", "num_experts", "num_local_experts", "n_routed_experts")
"""What in a config.json says that weights or layers are not of the plain kind."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A causal language model in numbers.

    Attributes:
        parameters: All of them, tied ones once.
        matrices: Those in the layers' matrices.
        head: Those of the head, whether it is tied to the embedding or not.
        layers: Layers.
        width: Hidden size.
        attention: Heads times their size.
        inner: Width of a layer's feed-forward network; of experts that of the widest matrix.
        vocabulary: Tokens.
        largest: Parameters of the largest single tensor.
        layer: Parameters of one layer.
        linear: Shapes of the layers' matrices.
        whole_logits: Why the loss of this model needs logits of all positions at once; empty if it does not.
        mixing: Kinds of layers, other than attention, in which tokens see each other.
        heads: Attention's heads.
        tied: Whether the head is the embedding.
        eager: Whether transformers has no fused attention for it.
    """

    parameters: int
    matrices: int
    head: int
    layers: int
    width: int
    attention: int
    inner: int
    vocabulary: int
    largest: int
    layer: int
    linear: tuple[tuple[int, ...], ...]
    whole_logits: str = ""
    mixing: tuple[str, ...] = ()
    heads: int = 1
    tied: bool = True
    eager: bool = False

    def adapter(self, rank: int, targets: int | None = None) -> int:
        """Parameters of a LoRA adapter on all matrices of the layers (or on the share that `targets` of them are)."""
        whole = sum(rank * (rows + columns) for rows, columns in self.linear)
        return whole if targets is None else whole * targets // len(self.linear)


QWEN2_5 = {  # hidden size, layers, heads, key-value heads, inner size, vocabulary, tied embedding
    "qwen2.5-0.5b": (896, 24, 14, 2, 4864, 151936, True),
    "qwen2.5-1.5b": (1536, 28, 12, 2, 8960, 151936, True),
    "qwen2.5-3b": (2048, 36, 16, 2, 11008, 151936, True),
    "qwen2.5-7b": (3584, 28, 28, 4, 18944, 152064, False),
    "qwen2.5-14b": (5120, 48, 40, 8, 13824, 152064, False),
    "qwen2.5-32b": (5120, 64, 40, 8, 27648, 152064, False),
}
"""Published configurations, for plans without a model directory."""


def check_model(model: str) -> None:
    """Raises TrainingError if it is neither a model directory that may be loaded nor one of `QWEN2_5` by name."""
    if model.lower() in QWEN2_5:
        return
    if not (Path(model) / "config.json").is_file():
        raise TrainingError(
            f"{model!r} is neither a model directory (it holds no config.json) nor one of {', '.join(QWEN2_5)}. Give "
            "one of them."
        )
    if problem := model_problem(model):
        raise TrainingError(problem)


def model_config(model: str) -> Any:
    """transformers' configuration of a model directory, or of one of `QWEN2_5` by name.

    Raises:
        TrainingError: it is neither.
    """
    check_model(model)
    from transformers import Qwen2Config

    if model.lower() in QWEN2_5:
        hidden, layers, heads, kv_heads, inner, vocabulary, tied = QWEN2_5[model.lower()]
        return Qwen2Config(
            hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads, num_key_value_heads=kv_heads,
            intermediate_size=inner, vocab_size=vocabulary, tie_word_embeddings=tied, max_position_embeddings=32768,
            rms_norm_eps=1e-6, rope_parameters={"rope_type": "default", "rope_theta": 1e6},
        )  # fmt: skip
    return config_of(model)


def shape_of(base_model: str) -> Shape:
    """The shape of a model directory or a known name, from its configuration."""
    check_model(base_model)  # before torch is read, which takes seconds
    import torch
    from transformers import AutoModelForCausalLM

    from dgrc.training.model.head import why_whole

    config = model_config(base_model)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, trust_remote_code=False)
    sizes = {name: p.numel() for name, p in model.named_parameters()}
    inner = {id(model.get_input_embeddings().weight), id(model.get_output_embeddings().weight)}
    in_layers = [p for p in model.parameters() if id(p) not in inner]
    heads = config.num_attention_heads
    head_size = getattr(config, "head_dim", None) or config.hidden_size // heads
    layers = int(config.num_hidden_layers)
    return Shape(
        parameters=sum(sizes.values()),
        matrices=sum(p.numel() for p in in_layers if p.dim() > 1),
        head=model.get_output_embeddings().weight.numel(),
        layers=layers,
        width=int(config.hidden_size),
        attention=heads * head_size,
        inner=_inner(config, in_layers),
        vocabulary=int(config.vocab_size),
        largest=max(sizes.values()),
        layer=sum(p.numel() for p in in_layers) // layers,
        linear=tuple(tuple(p.shape) for p in in_layers if p.dim() > 1),
        whole_logits=why_whole(model) or "",
        mixing=_mixing(model),
        heads=heads,
        tied=len(inner) == 1,
        eager=model.config._attn_implementation == "eager",
    )


def _inner(config: Any, in_layers: Sequence[Any]) -> int:
    """Width of a layer's feed-forward network: what the config says, if a matrix has it, else of the widest matrix."""
    sizes = {size for p in in_layers if p.dim() > 1 for size in p.shape}
    said = getattr(config, "intermediate_size", None)
    experts = any(getattr(config, name, None) for name in OF_OTHER_SHAPE)
    return said if isinstance(said, int) and said in sizes and not experts else int(max(sizes))


def shape_of_files(folder: Path) -> Shape | None:
    """The shape by a model's config.json and the size of its weights, without torch; None if they do not say all of it.

    The layers' matrices are taken for those of a Llama: what an adapter of them has is told within a few percent.
    """
    config, (held, width) = settings_of(folder), held_weights(folder)
    if any(config.get(name) for name in OF_OTHER_SHAPE) or not held:
        return None
    try:
        layers, hidden, heads, inner, vocabulary = (int(config[name]) for name in OF_SHAPE)
        head_size = int(config.get("head_dim") or hidden // heads)
        others = int(config.get("num_key_value_heads") or heads) * head_size
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    attention, parameters = heads * head_size, held // width
    tables = vocabulary * hidden * (1 if config.get("tie_word_embeddings") else 2)
    matrices = [(attention, hidden), (others, hidden), (others, hidden), (hidden, attention), *[(inner, hidden)] * 3]
    return Shape(
        parameters=parameters, matrices=max(parameters - tables, 0), head=vocabulary * hidden, layers=layers,
        width=hidden, attention=attention, inner=inner, vocabulary=vocabulary, largest=vocabulary * hidden,
        layer=max(parameters - tables, 0) // layers, linear=tuple(matrices) * layers,
        heads=heads, tied=bool(config.get("tie_word_embeddings")),
    )  # fmt: skip


def _mixing(model: Any) -> tuple[str, ...]:
    """By what such layers are made of: all known ones convolve along the tokens, or are said to carry a state."""
    import torch

    convolving = {
        type(module).__name__
        for module in model.modules()
        if any(isinstance(child, torch.nn.Conv1d) and child.groups > 1 for child in module.children())
    }
    if convolving:
        return tuple(sorted(convolving))
    kinds: Sequence[str] = getattr(model.config, "layer_types", None) or ()
    recurs = getattr(model, "_is_stateful", False) or "linear_attention" in kinds
    return ("recurrent layers",) if recurs else ()


def step_flops(shape: Shape, lengths: Sequence[int], learned: int, adapter: int = 0) -> float:
    """Operations of one optimizer step over examples of these lengths, `learned` of whose tokens carry loss.

    Of a training of an `adapter` with so many parameters the base model's own gradients are left out.
    """
    tokens = sum(lengths)
    passes = 4 if adapter else 6
    attention = 6 * shape.layers * shape.attention * sum(n * n for n in lengths)
    return float(passes * (shape.matrices * tokens + shape.head * learned) + attention + 6 * adapter * tokens)


def peak_flops(gpu: str) -> float | None:
    """A GPU's peak by its name as torch gives it, or None if it is not known."""
    return next((peak for name, peak in DENSE_BF16.items() if name in gpu), None)
