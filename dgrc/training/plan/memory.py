"""A model's shape and how it is trained in, what each worker must hold out, in bytes.

The parts are those of ZeRO (Rajbhandari et al., 2020, section 3): weights, gradients and AdamW's state, whole or
divided among the workers by stage; then what a micro-batch needs, and the buffers through which DeepSpeed communicates.
`python -m benchmarks.train` holds the sum against measured peaks.
"""

from dataclasses import dataclass
from typing import Literal

from dgrc.training.plan.shapes import Shape

Attention = Literal["math", "eager", "sdpa", "flash"]
"""What attention leaves for backward: `math` is torch's plain kernel, which training takes on a CPU, `sdpa` its fused
ones, `flash` any that takes lengths and no mask."""

GIB = 2**30
BUCKET = 500_000_000
"""Elements of DeepSpeed's reduce buffer (`reduce_bucket_size`), if the user's file does not say."""
LIVE = 1_000_000_000
"""Most parameters that ZeRO 3 keeps gathered (`stage3_max_live_parameters`)."""
PROCESS = {"cpu": int(0.6 * GIB), "gpu": int(0.9 * GIB)}
"""What a worker holds before it has a model: Python, torch, DeepSpeed and Ray; on a GPU the CUDA context and NCCL."""
Half = tuple[list[float], list[float]]
"""Bytes of the tensors that half a layer keeps, and that its backward makes."""
HEAP_BLOCK = 32 * 2**20
"""glibc gives larger blocks back to the system (mallopt(3): `M_MMAP_THRESHOLD` grows to 32 MiB at most). Smaller ones
lie in the heap, which is kept."""
HEAP = int(0.15 * GIB)
"""What lies between these blocks. With the threshold set low, the peak of a step of 1,200 tokens was 0.20 GB less, of
which the blocks themselves are 0.07; in `benchmarks.train` 0.1 to 0.3 was missing without it."""


@dataclass(frozen=True, slots=True)
class Setup:
    """How a model is trained.

    Attributes:
        workers: Data-parallel workers.
        stage: ZeRO stage.
        offload: `none`, `optimizer` or `all`.
        adapter: Parameters of a LoRA adapter; 0 trains all.
        precision: Bytes of a weight: 2 (bf16) or 4.
        four_bits: Whether the base model is kept in 4 bits.
        checkpointing: Whether activations are computed again.
        tokens: Tokens of a micro-batch.
        row: Tokens of its longest row.
        learned: Share of the tokens that carry loss and so go through the head.
        device: `gpu` or `cpu`; on a CPU there is one memory.
        attention: The kernel; None is the device's own, `math` on a CPU and `sdpa` on a GPU.
        accumulated: Whether a step has several micro-batches, so that gradients are there while one is computed.
    """

    workers: int
    stage: int = 2
    offload: str = "none"
    adapter: int = 0
    precision: int = 2
    four_bits: bool = False
    checkpointing: bool = False
    tokens: int = 4096
    row: int = 4096
    learned: float = 0.5
    device: str = "gpu"
    attention: Attention | None = None
    accumulated: bool = True


def parts(shape: Shape, setup: Setup) -> dict[str, tuple[int, int]]:
    """What one worker holds by what it is for: bytes on the device and bytes in the host's memory."""
    w, b = setup.workers, setup.precision
    trained = setup.adapter or shape.parameters
    weights = (shape.parameters * (0.55 if setup.four_bits else b) + setup.adapter * b) / (w if setup.stage == 3 else 1)
    master = 4 * trained / (w if setup.stage else 1)
    itself = setup.stage == 0 and b == 4  # AdamW steps on the weights; otherwise on a copy of them in float32
    state = {"master weights": 0 if itself else master, "moments": 2 * master}
    gradients = b * trained / (w if setup.stage >= 2 else 1)
    step = 0 if itself else master  # gradients in float32 while AdamW steps
    on_host = setup.offload != "none"
    found: dict[str, tuple[float, float]] = {
        "process": (PROCESS[setup.device], 0),
        "weights": _place(weights, setup.offload == "all"),
        "gradients": _place(gradients, on_host),
        **{name: _place(size, on_host) for name, size in state.items()},
        "step": _place(step, on_host),
        "buffers": (_buffers(shape, setup, trained), 0),
        "micro-batch": (activations(shape, setup), 0),
    }
    if setup.device == "cpu":  # one memory
        return {name: (round(device + host), 0) for name, (device, host) in found.items()}
    return {name: (round(device), round(host)) for name, (device, host) in found.items()}


def total(shape: Shape, setup: Setup) -> tuple[int, int]:
    """Bytes on the device and in the host's memory, for each worker. What the step needs and what a micro-batch needs
    are not needed at once."""
    held = parts(shape, setup)
    step, batch = held.pop("step"), held.pop("micro-batch")
    device, host = (sum(part[i] for part in held.values()) for i in (0, 1))
    return device + max(step[0], batch[0]), host + step[1]


def activations(shape: Shape, setup: Setup) -> float:
    """The most that a micro-batch takes beside all gradients: at the end of forward, in the last layer's backward, or
    at the end of backward, when a tied embedding's gradient meets the head's. On a CPU the heap is full still by then.
    """
    (attention, made_there), (network, made_here) = layer_tensors(shape, setup)
    layer, state = [*attention, *network], setup.tokens * shape.width * setup.precision
    others = [state] * shape.layers if setup.checkpointing else layer * (shape.layers - 1)
    body = [*others, *([] if setup.checkpointing else layer)]
    body += [setup.tokens * shape.width * 4.0, state, state, *_hidden(shape, setup)]  # the last norm, and the head's
    chunk, second, more = loss(shape, setup)
    of_layer = sum(attention) + max(sum(network) + sum(made_here), sum(made_there))
    stays = 0.0
    if setup.device == "cpu":
        blocks = (*body, *(layer if setup.checkpointing else ()), *max(made_here, made_there, key=sum))
        stays = HEAP + sum(size for size in blocks if size < HEAP_BLOCK)
    return more + max(sum(body) + chunk, sum(others) + state + of_layer, second + stays)


def layer_tensors(shape: Shape, setup: Setup) -> tuple[Half, Half]:
    """Of a layer's halves, attention and the network after it, what forward leaves for backward, tensor by tensor, and
    the most that backward makes beside it; by the time it comes to attention, the network's is gone.

    Two norms leave their input and what is scaled in float32, and their output. Fused attention leaves queries, keys,
    values and output, and where packed rows have a mask, this as numbers, one square for all heads. The plain kernel
    computes in float32: it leaves queries, keys and values in it, and the square of every head, and backward makes two
    more. So does eager attention, which leaves a second square in the model's precision if that is another. These were
    read off the tensors that torch 2.13 and transformers 5.19 save for backward (docs/log.md); on a GPU nothing was
    measured, but `scaled_dot_product_attention` has the same mask made into numbers there, and its kernels (flash,
    memory-efficient, cuDNN) recompute the square (Dao et al., 2022, section 3.1). DeepSpeed's and glibc's are not here.
    """
    tokens, b, kind = setup.tokens, setup.precision, kernel(setup)
    norm, its = _each(tokens * shape.width, 4, b, b), _each(tokens * shape.width, 4, 4, 4)
    heads = [tokens * shape.attention * size for size in ((4, 4, 4, b) if kind == "math" else (b, b, b, b))]
    gated = [float(tokens * shape.inner * b)] * 4  # gate, its activation, up, and their product
    row = tokens * min(setup.row, tokens)
    square: dict[Attention, list[float]] = {
        "math": [row * shape.heads * 4], "eager": _each(row * shape.heads, 4, *([b] if b < 4 else [])),
        "sdpa": [row * b], "flash": [],
    }  # fmt: skip
    again = [row * shape.heads * 4.0] * 2 if kind in ("math", "eager") else []
    attention = [*norm, *heads, *square[kind]], max(its, again, key=sum)
    return attention, ([*norm, *gated], max(its, gated[:3], key=sum))


def kernel(setup: Setup) -> Attention:
    """What computes attention."""
    return setup.attention or ("math" if setup.device == "cpu" else "sdpa")


def loss(shape: Shape, setup: Setup) -> tuple[float, float, float]:
    """At the end of forward a chunk of logits, a part of them in float32 twice; at the end of backward a second
    gradient of the head, the embedding's, where they are tied; and one more of it all the time, where another
    micro-batch's is there already. Or logits of all positions."""
    learned, b = setup.tokens * setup.learned, setup.precision
    if not learned:
        return 0.0, 0.0, 0.0
    from dgrc.training.model.loss import SLICES, chunk_size  # torch, without which the rest can be told

    head = 0 if setup.adapter else shape.head * b
    second, more = head if shape.tied else 0, head if setup.accumulated else 0
    if shape.whole_logits:  # and their gradient, log-softmax in float32
        return learned * shape.vocabulary * (2 * b + 12), second, more
    chunk = min(learned, chunk_size(shape.vocabulary, b)) * shape.vocabulary
    return chunk * (b + 2 * 4 / SLICES), second, more


def _hidden(shape: Shape, setup: Setup) -> list[float]:
    """Hidden states that go through the head, and their gradients."""
    return _each(setup.tokens * setup.learned * shape.width, setup.precision, setup.precision)


def _each(count: float, *sizes: int) -> list[float]:
    return [count * size for size in sizes]


def _buffers(shape: Shape, setup: Setup, trained: int) -> float:
    b = setup.precision
    if setup.stage == 0:
        return min(BUCKET, trained) * b
    if setup.stage < 3:
        size = min(BUCKET, trained) * b
        return 2 * size if setup.device == "gpu" else size  # communication overlaps with computation
    gathered = min(LIVE, shape.parameters) * b  # what backward will want again soon is not let go of
    arriving = shape.largest * b  # a gathered tensor is put together from the workers' parts, beside them
    return gathered + arriving + min(BUCKET, trained) * b


def _place(size: float, on_host: bool) -> tuple[float, float]:
    return (0, size) if on_host else (size, 0)
