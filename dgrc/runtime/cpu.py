"""What this machine's CPU is good at. Nothing flows in; whether bfloat16 pays flows out."""


def has_bfloat16() -> bool:
    """Whether bfloat16 is worth its rounding here: oneDNN has kernels for it (AVX-512, AMX or Arm's BF16).

    Without them torch multiplies it number by number: measured on a CPU with AVX2 alone, 0.8 GFLOP/s where float32 has
    65. That a GPU is there does not matter.
    """
    try:
        import torch
    except ImportError:  # nothing is computed here then
        return False
    return bool(torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported())
