"""Mixed into vLLM's workers: other weights for the model that is loaded, exactly as a new engine would have them, and
what the weights that are served come to.

vLLM calls this a worker extension (`worker_extension_cls`); the engine (`in_place.py`) calls these on every worker by
name.
A worker imports it before it computes anything, so what the process itself needs for that is asked for here as well.
"""

import ctypes
import platform
import sys
from typing import Any

from dgrc.engines.vllm import checksum

SYS_ARCH_PRCTL = 158  # of x86-64
ARCH_REQ_XCOMP_PERM = 0x1023  # https://docs.kernel.org/arch/x86/xstate.html
XFEATURE_XTILEDATA = 18


def allow_amx() -> None:
    """Asks the kernel to let this process use the CPU's AMX tiles; without effect where there are none.

    Linux wants this of each process. vLLM's attention on CPUs (0.32) uses them without having asked, and is killed for
    an illegal instruction unless something else in the process, a large enough product of matrices, asked before.
    """
    if sys.platform == "linux" and platform.machine() == "x86_64":
        ctypes.CDLL(None).syscall(SYS_ARCH_PRCTL, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA)


allow_amx()


class WeightsExtension:
    """What a vLLM worker can do beyond vLLM's own."""

    model_runner: Any
    reload_weights: Any

    def load_weights_of(self, model: str) -> None:
        """Replaces the weights in place by those of another directory of the same architecture."""
        self.reload_weights(weights_path=model)
        # On a CPU vLLM multiplies by packed copies of its matrices. It packs anew what it loaded, but a head that is
        # tied to the embedding is not loaded, and would go on with the old one (vLLM 0.32).
        head = getattr(self.model_runner.get_model(), "lm_head", None)
        if head is not None and hasattr(head, "quant_method"):
            head.quant_method.process_weights_after_loading(head)

    def sums_served(self) -> tuple[str, dict[str, int]]:
        """In which arithmetic this worker computes, and what its weights come to (`checksum`)."""
        dtype = self.model_runner.model_config.dtype
        return str(dtype).removeprefix("torch."), checksum.served(self.model_runner.get_model(), dtype)

    def sums_of_adapter(self, number: int) -> tuple[str, dict[str, int] | None]:
        """The arithmetic of adapters, and what that of a number comes to where this worker's kernels read it."""
        manager = self.model_runner.lora_manager
        dtype = str(manager.lora_config.lora_dtype).removeprefix("torch.")
        return dtype, checksum.served_adapter(manager._adapter_manager, number)
