"""A model's shape and how it is trained in, what each worker must hold out, in bytes.

The parts are those of ZeRO (Rajbhandari et al., 2020, section 3): weights, gradients and AdamW's state, whole or
divided among the workers by stage; then what a micro-batch needs, and the buffers through which DeepSpeed communicates.
`python -m benchmarks.train` holds the sum against measured peaks.
"""

from dataclasses import dataclass

from dgrc.training.plan.shapes import Shape

GIB = 2**30
BUCKET = 500_000_000
"""Elements of DeepSpeed's reduce buffer (`reduce_bucket_size`), if the user's file does not say."""
LIVE = 1_000_000_000
"""Most parameters that ZeRO 3 keeps gathered (`stage3_max_live_parameters`)."""
PROCESS = {"cpu": int(0.6 * GIB), "gpu": int(0.9 * GIB)}
"""What a worker holds before it has a model: Python, torch, DeepSpeed and Ray; on a GPU the CUDA context and NCCL."""


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
        device: `gpu` or `cpu`; on a CPU attention's square is kept whole (the plain kernel), and there is one memory.
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
    """What forward leaves for backward in a micro-batch, and the head's share."""
    tokens, width, b = setup.tokens, shape.width, setup.precision
    rows = max(1, tokens // setup.row)
    square = rows * setup.row**2
    heads = shape.attention // 64 if shape.attention % 128 else shape.attention // 128
    # Two norms (their input in float32 and their output), queries to output, gate, up, activation and product.
    layer = tokens * (2 * (4 + 2 * b) * width + 3 * b * shape.attention + 4 * b * shape.inner)
    layer += square * heads * (4 + 2 * b) if setup.device == "cpu" else 0
    kept = shape.layers * tokens * width * b + layer if setup.checkpointing else shape.layers * layer
    return kept + loss(shape, setup)


def loss(shape: Shape, setup: Setup) -> float:
    """What the loss takes: logits of a chunk, a part of them in float32 twice, or, later, a second gradient of the head
    (the embedding's, where they are tied, or the next micro-batch's); hidden states with their gradients. Or logits of
    all positions."""
    learned, b = setup.tokens * setup.learned, setup.precision
    if not learned:
        return 0.0
    from dgrc.training.model.loss import SLICES, chunk_size  # torch, without which the rest can be told

    if shape.whole_logits:  # and their gradient, log-softmax in float32
        return learned * shape.vocabulary * (2 * b + 12)
    chunk = min(learned, chunk_size(shape.vocabulary, b)) * shape.vocabulary
    head = 0 if setup.adapter else shape.head * b
    return max(chunk * (b + 2 * 4 / SLICES), head) + 2 * learned * shape.width * b


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
