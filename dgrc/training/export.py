"""A trained DeepSpeed engine in, a plain Hugging Face directory out.

Two halves, because they run in two places: `save_weights` on all workers at the end of a stage (ZeRO
spreads the weights over them), `write_student` once on the driver, which adds what the weights need
to be a model of their own: tokenizer, generation config, model card. The student has the dtype, the
config and the tokenizer of its base model, and appears under its name whole or not at all.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import torch

_COMPANIONS = (
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab*",
    "merges.txt",
    "*.jinja",
    "chat_template.json",
    "generation_config.json",
)
"""Files of the base model that the student takes over: its tokenizer, chat template and generation config."""


def save_weights(engine: Any, base_model: str, folder: str) -> None:
    """Writes the engine's full weights to `folder` on rank 0 (safetensors, config, generation config).

    All workers must call it. Weights come from the optimizer's float32 master copies by parameter name.
    """
    import torch.distributed as dist
    from deepspeed.utils import safe_get_full_fp32_param
    from transformers import AutoConfig

    rank = dist.get_rank()
    module = engine.module
    base_config = AutoConfig.from_pretrained(base_model, trust_remote_code=False)
    dtype = base_config.dtype or torch.float32
    parameters = dict(module.named_parameters())
    state: dict[str, torch.Tensor] = {}
    for name, parameter in parameters.items():
        full = safe_get_full_fp32_param(parameter)  # gathers over the workers; None where ZeRO keeps no master copy
        if rank == 0:
            state[name] = (parameter if full is None else full).detach().to("cpu", dtype, copy=True)
    if rank == 0:
        persistent = module.state_dict().keys() - parameters.keys()
        state |= {name: buffer.detach().cpu() for name, buffer in module.named_buffers() if name in persistent}
        module.save_pretrained(folder, state_dict=state)
        base_config.save_pretrained(folder)  # the module's own config would name the dtype of training
    dist.barrier()


def write_student(weights: str, base_model: str, output: str, card: dict[str, str]) -> None:
    """Makes `output` a complete model directory out of a stage's weights; an earlier one is replaced at once."""
    target = Path(output).absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        shutil.copytree(weights, draft, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".metadata.json"))
        # Copied, not loaded and saved: transformers may load a tokenizer as another class than it was saved as.
        for pattern in _COMPANIONS:
            for file in Path(base_model).glob(pattern):
                shutil.copy(file, draft)
        (draft / "README.md").write_text(model_card(base_model, card), encoding="utf-8")
        draft.chmod(0o755)
        if target.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent))
            os.replace(target, old / target.name)
            os.replace(draft, target)
            shutil.rmtree(old)
        else:
            os.replace(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def model_card(base_model: str, card: dict[str, str]) -> str:
    """The student's README.md: the Hub's front matter, then a table of the facts in `card`."""
    rows = "\n".join(f"| {key} | {' '.join(value.split())} |" for key, value in card.items())
    return (
        f"---\nlibrary_name: transformers\npipeline_tag: text-generation\nbase_model: {Path(base_model).name}\n"
        f"tags: [dgrc]\n---\n\n# {card.get('name', 'Student')}\n\n"
        "A language model adapted without labels by divergence-guided reasoning curricula (`dgrc`).\n\n"
        f"| | |\n|---|---|\n{rows}\n"
    )
