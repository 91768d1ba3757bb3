"""Mixed into vLLM's workers: other weights for the model that is loaded, exactly as a new engine would have them.

vLLM calls this a worker extension (`worker_extension_cls`); the engine calls `load_weights_of` on every worker by name.
"""

from typing import Any


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
