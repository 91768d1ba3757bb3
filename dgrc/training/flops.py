"""The shape of a model in, how much arithmetic its training takes out. No weights are read.

A matrix of P parameters takes 2 P floating-point operations a token forward, as many again for the gradient of its
input, and as many for its own gradient, which a frozen matrix does without. Causal attention over an example of n
tokens takes 2 n^2 operations a layer and unit of width forward (two products, of which the mask leaves half), three
times that in training. The head is counted for the tokens that carry loss, for only they go through it; what
gradient checkpointing computes twice is counted once, as is usual for MFU (Chowdhery et al., PaLM, appendix B).
"""

from collections.abc import Sequence
from dataclasses import dataclass

DENSE_BF16 = {
    "H200": 989e12, "H100 PCIe": 756e12, "H100": 989e12, "A100": 312e12, "L40S": 362e12, "A10": 125e12, "L4": 121e12,
    "B200": 2250e12,
}
"""Peak operations a second of dense bf16 by a part of the GPU's name, from the makers' data sheets."""


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
        inner: Width of the widest matrix in a layer.
        vocabulary: Tokens.
        largest: Parameters of the largest single tensor.
        layer: Parameters of one layer.
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


def shape_of(base_model: str) -> Shape:
    """The shape of a model directory, from its configuration."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.from_pretrained(base_model, trust_remote_code=False)
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
        inner=max(max(p.shape) for p in in_layers if p.dim() > 1),
        vocabulary=int(config.vocab_size),
        largest=max(sizes.values()),
        layer=sum(p.numel() for p in in_layers) // layers,
    )


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
