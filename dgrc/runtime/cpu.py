"""What this machine's CPU is good at. Nothing flows in; whether bfloat16 pays flows out."""

from pathlib import Path

FLAGS = ({"avx512bw", "avx512dq", "avx512vl"}, {"bf16"})
"""Linux's names of what oneDNN wants of an x86 or Arm CPU before it computes in bfloat16."""


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


def is_told_bfloat16() -> bool:
    """What `has_bfloat16` says, by the flags that Linux tells: for a look before the start, as torch takes a second."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # no Linux, where engines compute in float32 at the worst
        return False
    told = next((line.partition(":")[2] for line in lines if line.lower().startswith(("flags", "features"))), "")
    return any(wanted <= {*told.split()} for wanted in FLAGS)
