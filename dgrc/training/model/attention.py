"""The configuration and a model directory in, the name of the attention to load the model with out."""

import importlib.util

from dgrc.config.training import TrainingConfig
from dgrc.errors import TrainingError


def attention(config: TrainingConfig, base_model: str) -> str | None:
    """transformers' name of the attention to use; None leaves it to the model: sdpa, or eager where it has no other."""
    if config.attention != "auto":
        return config.attention
    if not config.gpus_per_worker or not _takes_flash(base_model):
        return None
    import torch
    from transformers.utils import is_flash_attn_2_available, is_flash_attn_3_available

    if torch.cuda.get_device_capability()[0] == 9 and is_flash_attn_3_available():  # it is made for these alone
        return "flash_attention_3"
    return "flash_attention_2" if is_flash_attn_2_available() else None


def check_attention(config: TrainingConfig) -> None:
    """Raises TrainingError if what the attention needs is not installed."""
    if "/" in config.attention and importlib.util.find_spec("kernels") is None:
        raise TrainingError(
            f"`training.attention` is {config.attention!r}, a kernel of the Hub, which needs the package kernels, and "
            "it is not installed. Install it beside dgrc, or set `attention: auto`."
        )


def _takes_flash(base_model: str) -> bool:
    from transformers import AutoConfig
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING

    config = AutoConfig.from_pretrained(base_model, trust_remote_code=False)
    return bool(getattr(MODEL_FOR_CAUSAL_LM_MAPPING.get(type(config), None), "_supports_flash_attn", False))
