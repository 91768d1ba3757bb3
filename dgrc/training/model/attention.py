"""The configuration and a model directory in, the name of the attention to load the model with out."""

import importlib.util
from typing import Any

from dgrc.config.training import TrainingConfig
from dgrc.errors import TrainingError
from dgrc.training.model.hf_config import config_of


def attention(config: TrainingConfig, base_model: str) -> str | None:
    """transformers' name of the attention to use; None leaves it to the model: sdpa, or eager where it has no other.

    It is asked where a worker runs: what `auto` takes depends on the device and on what is installed there.
    """
    if config.attention != "auto":
        return config.attention
    if not config.gpus_per_worker or not getattr(_model_class(base_model), "_supports_flash_attn", False):
        return None
    import torch
    from transformers.utils import is_flash_attn_2_available, is_flash_attn_3_available

    if torch.cuda.get_device_capability()[0] == 9 and is_flash_attn_3_available():  # it is made for these alone
        return "flash_attention_3"
    return "flash_attention_2" if is_flash_attn_2_available() else None


def check_attention(config: TrainingConfig, base_model: str) -> None:
    """Raises TrainingError if a named attention cannot be: what it needs is not installed, the model has no such one,
    or it trains on GPUs alone."""
    name = config.attention
    if name in ("auto", "eager"):
        return
    if "/" in name and importlib.util.find_spec("kernels") is None:
        raise TrainingError(
            f"`training.attention` is {name!r}, a kernel of the Hub, which needs the package kernels, and it is not "
            "installed. Install it beside dgrc, or set `attention: auto`."
        )
    kind = "sdpa" if name == "sdpa" else "flex_attn" if name == "flex_attention" else "flash_attn"
    if not config.gpus_per_worker and kind != "sdpa":
        raise TrainingError(
            f"`training.attention` is {name!r}, which trains on GPUs alone, but `gpus_per_worker` is 0: on a CPU its "
            "backward is missing. Set `attention: auto`."
        )
    model = _model_class(base_model)
    if model is not None and not getattr(model, f"_supports_{kind}", True):
        raise TrainingError(
            f"`training.attention` is {name!r}, but transformers has no such attention for {model.__name__}, which the "
            f"base model {base_model!r} is. Set `attention: auto`, which leaves the choice to the model."
        )


def _model_class(base_model: str) -> Any:
    """transformers' class of a model, which says what it supports; None if it names none by its config."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING

    config = config_of(base_model)
    return MODEL_FOR_CAUSAL_LM_MAPPING.get(type(config), None)
