"""A model directory in, the model to train out: whole, partitioned by ZeRO 3 as it is read, or with an adapter.

Weights come from safetensors alone. Under ZeRO 3 no process ever holds the model: it is made of partitioned, empty
parameters, and each tensor goes from the file of rank 0 to where its parts belong before the next one is read.
"""

import contextlib
import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from dgrc.config.training import AdapterConfig, TrainingConfig
from dgrc.errors import TrainingError
from dgrc.training.model.attention import attention
from dgrc.training.model.hf_config import config_of


def load_model(config: TrainingConfig, base_model: str, settings: dict[str, Any]) -> Any:
    """The model of a directory, on the CPU (partitioned under ZeRO 3), with a fresh adapter if one is configured."""
    stage = settings["zero_optimization"].get("stage", 0)
    dtype = torch.bfloat16 if config.precision == "bf16" else torch.float32
    how = attention(config, base_model)
    options: dict[str, Any] = dict(dtype=dtype, attn_implementation=how, trust_remote_code=False)
    if stage == 3:
        model = _load_partitioned(base_model, settings, options)
    else:
        from transformers import AutoModelForCausalLM

        if config.adapter is not None and config.adapter.quantize == "nf4":
            options["quantization_config"] = _four_bits(dtype)
        model = AutoModelForCausalLM.from_pretrained(base_model, use_safetensors=True, **options)
    if config.gradient_checkpointing:
        # ZeRO-3 has let go of the weights when torch's newer kind compares what it recomputes with what it saw.
        model.gradient_checkpointing_enable({"use_reentrant": stage == 3})
    if config.adapter is not None:
        if config.gradient_checkpointing:
            model.enable_input_require_grads()  # or nothing before the first adapter would have a gradient to pass on
        model = add_adapter(model, config.adapter)
    model.train()
    return model


def add_adapter(model: Any, adapter: AdapterConfig) -> Any:
    """The model wrapped by PEFT with a fresh adapter; its other weights are frozen.

    Raises:
        TrainingError: no module has one of the names in `targets`, or they name one half of a head that is tied to the
            embedding.
    """
    from peft import LoraConfig, get_peft_model

    targets = adapter.targets if isinstance(adapter.targets, str) else list(adapter.targets)
    one_matrix = is_tied(model)
    try:
        adapted = get_peft_model(
            model,
            LoraConfig(
                r=adapter.rank,
                lora_alpha=adapter.alpha,
                lora_dropout=adapter.dropout,
                target_modules=targets,
                use_rslora=adapter.variant == "rslora",
                use_dora=adapter.variant == "dora",
                task_type="CAUSAL_LM",
            ),
        )
    except ValueError as e:
        raise TrainingError(
            f"No adapter could be made for `training.adapter.targets` {adapter.targets!r}: {e} Name modules of the "
            "base model such as q_proj, or `all-linear`."
        ) from e
    if one_matrix and changes_vocabulary(adapted):
        raise TrainingError(
            f"`training.adapter.targets` {adapter.targets!r} names the embedding or the head of a model whose head is "
            "its embedding (`tie_word_embeddings`): adapted in one of its places, the matrix would be two, which vLLM "
            "does not serve. Leave both out, as `all-linear` does, or train all weights (`training.adapter: null`)."
        )
    return adapted


def check_targets(base_model: str, adapter: AdapterConfig | None) -> None:
    """Raises TrainingError if an adapter of these targets cannot be trained over a model, by its config alone."""
    from transformers import AutoModelForCausalLM

    if adapter is None or adapter.targets == "all-linear":
        return
    config = config_of(base_model)
    with torch.device("meta"):  # modules without weights
        add_adapter(AutoModelForCausalLM.from_config(config, trust_remote_code=False), adapter)


def is_tied(model: Any) -> bool:
    """Whether a model's head is the same matrix as its embedding."""
    head = model.get_output_embeddings()
    return head is not None and head.weight is model.get_input_embeddings().weight


def changes_vocabulary(adapted: Any) -> bool:
    """Whether an adapter changes the embedding or the head of the model that it lies over."""
    model = adapted.get_base_model()
    ends = (model.get_input_embeddings(), model.get_output_embeddings())
    return any(hasattr(module, "base_layer") or hasattr(module, "modules_to_save") for module in ends)


def check_adapter(adapter: AdapterConfig | None) -> None:
    """Raises TrainingError if what an adapter needs is not installed."""
    if adapter is not None and adapter.quantize == "nf4" and importlib.util.find_spec("bitsandbytes") is None:
        raise TrainingError(
            "`training.adapter.quantize` is `nf4`, which needs the package bitsandbytes, and it is not installed. "
            "Install it beside dgrc (the extra `qlora`), or set `quantize: none`."
        )


def _four_bits(dtype: torch.dtype) -> Any:
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=dtype
    )


def _load_partitioned(base_model: str, settings: dict[str, Any], options: dict[str, Any]) -> Any:
    """The model under ZeRO 3, read tensor by tensor."""
    from transformers import AutoModelForCausalLM
    from transformers.integrations import HfDeepSpeedConfig

    hf_config = config_of(base_model)
    partitioned = HfDeepSpeedConfig(settings)  # while this object lives, transformers makes partitioned parameters
    files = tensor_files(base_model)
    with _without_initialization():
        model = AutoModelForCausalLM.from_config(hf_config, **options)
    names = dict(model.named_parameters())
    if not names.keys() <= files.keys():
        # The files have other names than the modules (mixtures of experts, say). transformers maps them, but must hold
        # the whole model in every worker while it does.
        model = AutoModelForCausalLM.from_pretrained(base_model, use_safetensors=True, **options)
    else:
        fill(names, lambda name: read_tensor(files[name], name))
        for name, buffer in model.named_buffers():
            if name in files:
                buffer.copy_(read_tensor(files[name], name))
    del partitioned
    return model


@contextlib.contextmanager
def _without_initialization() -> Iterator[None]:
    """transformers would draw random weights for a model made from a config, only for them to be overwritten."""
    from transformers.integrations import deepspeed as integration

    original = integration.initialize_weights_zero3
    integration.initialize_weights_zero3 = lambda model: None
    try:
        yield
    finally:
        integration.initialize_weights_zero3 = original


def fill(parameters: dict[str, Any], read: Any) -> None:
    """Sets parameters, partitioned or not, from `read(name)`. All workers must call it; rank 0 alone reads if they are
    partitioned."""
    import deepspeed

    for name, parameter in parameters.items():
        if not hasattr(parameter, "ds_id"):
            parameter.data.copy_(read(name))
            continue
        with deepspeed.zero.GatheredParameters([parameter], modifier_rank=0):
            if dist.get_rank() == 0:
                parameter.data.copy_(read(name))


def tensor_files(folder: str) -> dict[str, Path]:
    """The safetensors file that holds each tensor of a model directory."""
    from safetensors import safe_open

    root = Path(folder)
    index = root / "model.safetensors.index.json"
    if index.is_file():
        names: dict[str, str] = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
        return {name: root / file for name, file in names.items()}
    files: dict[str, Path] = {}
    for path in sorted(root.glob("*.safetensors")):
        with safe_open(path, "pt") as opened:
            files |= dict.fromkeys(opened.keys(), path)
    return files


def read_tensor(path: Path, name: str) -> torch.Tensor:
    """One tensor of a safetensors file."""
    from safetensors import safe_open

    with safe_open(path, "pt") as opened:
        tensor: torch.Tensor = opened.get_tensor(name)
    return tensor
