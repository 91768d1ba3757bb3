"""A model in, how its examples may lie in a micro-batch out: packed only if they are computed as if each stood alone.

Attention keeps packed examples apart, but not every layer is attention: linear attention, convolutions and state spaces
carry on from one example into the next, unless a kernel takes their boundaries, and whether it does depends on what is
installed. Models are known by no name here. Two short examples go through the model itself, packed and alone, before
anything is trained; what comes out decides.
"""

import math
from typing import Any

import numpy as np
import torch
import torch.distributed as dist

from dgrc.training.data.encode import Corpus
from dgrc.training.data.packing import Layout, Row, collate
from dgrc.training.model.head import causal_model

LAYOUT = "dgrc_layout"
"""The attribute of a model that says what the probe found."""
LENGTHS = (11, 7)
"""Tokens of the examples that are tried."""
ROUNDING = {"float32": (1e-4, 1e-4), "float64": (1e-4, 1e-4)}
"""What is rounding, as a share of the logits' spread: between an example packed and alone, and between one and the same
row whose other example changes."""
ROUGHER = (0.05, 1e-3)
"""The same in half precision. The second is exact: the same numbers go the same way."""


def layout_of(model: Any) -> Layout:
    """What `probe` found; of a model that was not tried, what its attention takes."""
    causal = causal_model(model)
    found: Layout = getattr(causal, LAYOUT, None) or _candidates(causal)[0]
    return found


def probe(model: Any, device: torch.device) -> Layout:
    """Tries the ways in which a model's examples may lie, the fastest first, and keeps the first that is right.

    It has its weights by now, on the device where it will be trained. All workers must call it, and agree.
    """
    causal = causal_model(model)
    found: Layout = next((layout for layout in _candidates(causal) if _is_right(model, layout, device)), "alone")
    setattr(causal, LAYOUT, found)
    return found


def _candidates(causal: Any) -> tuple[Layout, ...]:
    """By what the attention can do, whatever it is called: kernels of flash attention take lengths and no mask, others
    (sdpa, flex attention) take a mask that transformers makes of the positions."""
    from transformers.utils.generic import is_flash_attention_requested

    if is_flash_attention_requested(causal.config.get_text_config()):
        return ("flat",)
    return ("rows", "flat")


def _is_right(model: Any, layout: Layout, device: torch.device) -> bool:
    """Whether every worker finds the examples packed as they are alone."""
    try:
        found = leak(model, layout, device)
    except Exception:  # noqa: BLE001 - a kernel that cannot do it says so in its own way, and there is another layout
        found = math.inf
    if dist.is_initialized():
        of_all = torch.tensor(found, device=device)
        dist.all_reduce(of_all, op=dist.ReduceOp.MAX)
        found = float(of_all)
    return found <= 1  # of what is no number this is false


def leak(model: Any, layout: Layout, device: torch.device) -> float:
    """How far the second of two packed examples is from what it is alone, and from what it is beside another first
    one, in multiples of what may be rounding: above 1 it is none."""
    causal = causal_model(model)
    vocabulary = int(causal.config.get_text_config().vocab_size)
    one, other = (_examples(vocabulary, seed) for seed in (0, 1))
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            alone = _logits(model, one, [[1]], "alone", device)
            after, beside = ([_logits(model, c, [r], layout, device) for c in (one, other)] for r in ([0, 1], [1, 0]))
    finally:
        model.train(training)
    second, first = slice(LENGTHS[0], None), slice(0, LENGTHS[1])
    apart = _apart(after[0][second], alone, alone)
    touched = _apart(after[0][second], after[1][second], alone)
    # What comes later touches no example that stands first, but by rounding: experts get other numbers of tokens.
    by_rounding = _apart(beside[0][first], beside[1][first], alone)
    limits = ROUNDING.get(str(causal.dtype).removeprefix("torch."), ROUGHER)
    # Rounding may send a token to another expert: in half precision one token's difference proves nothing.
    far = apart.median() if limits is ROUGHER else apart.max()
    return max(float(far) / limits[0], float(touched.max()) / (limits[1] + 4 * float(by_rounding.max())))


def _apart(one: torch.Tensor, other: torch.Tensor, alone: torch.Tensor) -> torch.Tensor:
    """The mean difference of each position's logits, by their spread."""
    return (one - other).abs().mean(-1) / alone.std()


def _logits(model: Any, corpus: Corpus, rows: list[Row], layout: Layout, device: torch.device) -> torch.Tensor:
    logits: torch.Tensor = model(**collate(corpus, rows, layout).to(device).inputs).logits[0].float()
    return logits


def _examples(vocabulary: int, seed: int) -> Corpus:
    """Two examples of random tokens; the second is the same whatever the seed."""
    parts = [np.random.default_rng(s).integers(0, vocabulary, size) for s, size in zip((seed, 7), LENGTHS, strict=True)]
    tokens = np.concatenate(parts).astype(np.int32)
    return Corpus(tokens, np.ones(len(tokens), bool), np.cumsum([0, *LENGTHS], dtype=np.int64), 0, np.arange(2))
