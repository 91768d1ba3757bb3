"""Our settings and, if there is one, the user's DeepSpeed file in; DeepSpeed's settings out.

The file is DeepSpeed's own form as it is used with Hugging Face: values may be "auto". Batch size, accumulation,
clipping, precision, optimizer and schedule are what the training section says; a file that says otherwise is refused.
"""

import json
from pathlib import Path
from typing import Any

from dgrc.config.training import TrainingConfig
from dgrc.errors import ConfigError

ELSEWHERE = {
    "optimizer": "the optimizer is AdamW, set by `training.betas` and `training.weight_decay`",
    "scheduler": "the schedule is set for each stage, by `training.atoms` and `training.chains`",
    "fp16": "precision is set by `training.precision`",
    "amp": "precision is set by `training.precision`",
}
"""Sections of a DeepSpeed file that may be there with nothing but "auto" in them, or switched off."""


def deepspeed_settings(config: TrainingConfig) -> dict[str, Any]:
    """DeepSpeed's settings. Accumulation is counted by `loop.train_stage`, so DeepSpeed is told of none.

    Raises:
        ConfigError: the user's file cannot be read, or contradicts the training section.
    """
    ours: dict[str, Any] = {
        "train_micro_batch_size_per_gpu": config.micro_batch_rows,
        "gradient_accumulation_steps": 1,
        "gradient_clipping": config.max_grad_norm,
        "bf16": {"enabled": config.precision == "bf16"},
        "zero_allow_untested_optimizer": True,
        "zero_force_ds_cpu_optimizer": False,  # torch's fused AdamW runs on the CPU too, and needs no compiler
        "steps_per_print": 10**9,
        "wall_clock_breakdown": False,
    }
    zero = _zero(config) if config.deepspeed is None else None
    theirs = {"zero_optimization": zero} if zero is not None else _read(config)
    theirs.setdefault("zero_optimization", {"stage": 0})
    return {**theirs, **ours}


def zero_stage(config: TrainingConfig) -> int:
    """The ZeRO stage that will run."""
    return int(deepspeed_settings(config)["zero_optimization"].get("stage", 0))


def _zero(config: TrainingConfig) -> dict[str, Any]:
    on_gpu = config.gpus_per_worker > 0
    zero: dict[str, Any] = {"stage": config.zero_stage, "overlap_comm": on_gpu}
    if config.offload != "none":
        zero["offload_optimizer"] = {"device": "cpu", "pin_memory": on_gpu}
    if config.offload == "all":
        zero["offload_param"] = {"device": "cpu", "pin_memory": on_gpu}
    return zero


def _read(config: TrainingConfig) -> dict[str, Any]:
    """The user's file without what is "auto"; raises if it contradicts ours."""
    assert config.deepspeed is not None
    path = Path(config.deepspeed)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        raise ConfigError(
            f"`training.deepspeed` names {str(path)!r}, which cannot be read as JSON ({e}). Give a file of DeepSpeed "
            "settings such as configs/deepspeed/zero3.json, or null."
        ) from e
    if not isinstance(data, dict):
        raise ConfigError(
            f"`training.deepspeed` names {str(path)!r}, which holds a {type(data).__name__}; wanted is a JSON object."
        )
    for section, reason in ELSEWHERE.items():
        if section in data and not _says_nothing(data.pop(section)):
            raise ConfigError(
                f"{str(path)!r} sets `{section}`, but {reason}. Take the section out of the file, or make it \"auto\"."
            )
    wanted = {
        "gradient_clipping": config.max_grad_norm,
        "gradient_accumulation_steps": 1,
        "train_micro_batch_size_per_gpu": config.micro_batch_rows,
        "bf16": {"enabled": config.precision == "bf16"},
    }
    for key, value in wanted.items():
        said = _without_auto(data.pop(key, "auto"))
        if said not in (None, {}, value):
            raise ConfigError(
                f"{str(path)!r} says `{key}: {json.dumps(said)}`, but the training section wants {json.dumps(value)}. "
                f"Set it there, and make `{key}` \"auto\" in the file."
            )
    data.pop("train_batch_size", None)
    cleaned: dict[str, Any] = _without_auto(data) or {}
    zero = cleaned.get("zero_optimization", {})
    for part in ("offload_optimizer", "offload_param"):
        device = (zero.get(part) or {}).get("device", "none")
        if device not in ("none", "cpu"):
            raise ConfigError(
                f"{str(path)!r} offloads to {device!r} (`{part}`), but checkpoints are made of tensors in memory: use "
                "`cpu` or `none`."
            )
    return cleaned


def _says_nothing(section: Any) -> bool:
    """Whether a section holds nothing but "auto", names of types, and `enabled: false`."""
    if isinstance(section, dict):
        if section.get("enabled") is False:
            return True
        return all(key == "type" or _says_nothing(value) for key, value in section.items())
    return section in ("auto", None, False)


def _without_auto(value: Any) -> Any:
    """A value without the parts that are "auto"; None if it is itself."""
    if isinstance(value, dict):
        return {key: kept for key, item in value.items() if (kept := _without_auto(item)) is not None}
    return None if value == "auto" else value
