"""PEFT adapter directories, as far as an engine must know them."""

import json
from pathlib import Path
from typing import Any

from dgrc.config import EngineConfig
from dgrc.errors import EngineError
from dgrc.storage.model_directory import ADAPTER_WEIGHTS, adapter_problem

FILE = "adapter_config.json"
"""What makes a directory an adapter."""
VOCABULARY = ("embed_tokens", "lm_head")
"""The modules of the vocabulary that vLLM adapts."""


def is_adapter(folder: str) -> bool:
    """Whether a directory holds an adapter rather than a model."""
    return (Path(folder) / FILE).is_file()


def adapter_settings(folder: str) -> dict[str, Any]:
    """An adapter's own settings.

    Raises:
        EngineError: the directory is no adapter, or one that vLLM cannot serve.
    """
    try:
        settings = dict(json.loads((Path(folder) / FILE).read_text(encoding="utf-8")))
        rank = int(settings["r"])
    except (OSError, ValueError, TypeError, KeyError) as e:
        raise EngineError(
            f"{folder!r} is no LoRA adapter: its {FILE} cannot be read ({type(e).__name__}: {e}). Give the directory "
            "of a student that was trained with `training.adapter`."
        ) from e
    if settings.get("use_dora"):
        raise EngineError(
            f"The adapter {folder!r} is a DoRA adapter, which vLLM cannot serve over its base model. Merge it first: "
            "`dgrc export ADAPTER --merge OUTPUT`."
        )
    if problem := adapter_problem(folder):
        raise EngineError(problem)
    return {**settings, "r": rank}


def check_over(adapter: str, model: str) -> None:
    """Raises EngineError if vLLM would serve something else over this base model than the adapter is: of a head that is
    the embedding it leaves the adapter out (0.32), without a word."""
    from safetensors import safe_open
    from transformers import AutoConfig

    with safe_open(Path(adapter) / ADAPTER_WEIGHTS, "pt") as file:
        halves = sorted({name for name in VOCABULARY for key in file.keys() if f".{name}." in key})  # noqa: SIM118
    config = AutoConfig.from_pretrained(model, trust_remote_code=False).get_text_config()
    if halves and config.tie_word_embeddings:
        raise EngineError(
            f"The adapter {adapter!r} adapts {' and '.join(halves)} of {model}, whose head is its embedding: vLLM "
            "cannot serve it over that. Merge it first: `dgrc export ADAPTER --merge OUTPUT`."
        )


def largest_rank(config: EngineConfig) -> int:
    """The largest rank of adapters that an engine must be ready for; 0 if there are none."""
    if config.adapter and not config.max_lora_rank:
        return int(adapter_settings(config.adapter)["r"])
    return config.max_lora_rank


def request_of(adapter: str, config: EngineConfig, number: int) -> Any:
    """vLLM's name, by a number, for an adapter directory.

    Raises:
        EngineError: it cannot be served by this engine.
    """
    from vllm.lora.request import LoRARequest

    rank = adapter_settings(adapter)["r"]
    if rank > largest_rank(config):
        raise EngineError(
            f"The adapter {adapter} has rank {rank}, but the engine of {config.model} takes adapters of rank "
            f"{largest_rank(config)} and less. Set `max_lora_rank: {rank}` in its section."
        )
    check_over(adapter, config.model)
    return LoRARequest(f"adapter-{number}", number, adapter)
