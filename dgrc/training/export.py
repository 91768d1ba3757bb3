"""A trained DeepSpeed engine in, a plain Hugging Face directory out: a model, or an adapter that stays apart.

Two halves, because they run in two places: `write_weights` on all workers at the end of a training (ZeRO spreads the
weights over them), `write_student` on one of them, which adds what the weights need to be of use: tokenizer, generation
config, model card. The student has the dtype, the config and the tokenizer of its base model, and appears under its
name whole or not at all.
"""

import itertools
import json
import os
import shutil
import tempfile
from pathlib import Path

import torch
import torch.distributed as dist

from dgrc.storage.cards import front_matter, harmless, row, table
from dgrc.training.adapter import base_of, is_adapter
from dgrc.training.ending import stop_where_turns_end
from dgrc.training.merge import merge_into
from dgrc.training.model.hf_config import config_of
from dgrc.training.run.state import State

SHARD_BYTES = 4 * 2**30
"""Full models are written in files of about this size, so that rank 0 holds no more of one."""
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


def write_weights(state: State, base_model: str, folder: str, named: str | None = None) -> None:
    """Writes the engine's weights to `folder` on rank 0: a model's with its config, or an adapter's.

    An adapter names its base model `named`: the directory of this node may be a copy that others do not have.
    All workers must call it. Weights come from the optimizer's float32 master copies by parameter name.
    """
    module = state.engine.module
    base_config = config_of(base_model)
    dtype = base_config.dtype or torch.float32
    if hasattr(module, "peft_config"):
        _write_adapter(state, dtype, named or base_model, folder)
    else:
        shards = _Shards(folder, dtype)
        for name in state.parameters:
            shards.add(name, state.get(name))
        if dist.get_rank() == 0:
            persistent = module.state_dict().keys() - dict(module.named_parameters(remove_duplicate=False)).keys()
            for name, buffer in module.named_buffers():
                if name in persistent:
                    shards.keep(name, buffer.detach().to("cpu", copy=True))
            shards.close()
            base_config.save_pretrained(folder)
    dist.barrier()


def _write_adapter(state: State, dtype: torch.dtype, base_model: str, folder: str) -> None:
    from peft import get_peft_model_state_dict
    from safetensors.torch import save_file

    module = state.engine.module
    tensors = {}
    for name in state.parameters:  # an adapter fits in memory
        full = state.get(name)
        if dist.get_rank() == 0:
            tensors[name] = full.detach().to("cpu", dtype, copy=True)
    if dist.get_rank() == 0:
        adapter = get_peft_model_state_dict(module, state_dict=tensors)
        save_file({name: t.contiguous() for name, t in adapter.items()}, Path(folder) / "adapter_model.safetensors")
        config = module.peft_config["default"]
        config.inference_mode = True
        config.base_model_name_or_path = base_model
        config.save_pretrained(folder)


class _Shards:
    """Rank 0's files of a model; the other ranks only take part in the gathering that comes before."""

    def __init__(self, folder: str, dtype: torch.dtype):
        self.folder, self.dtype = Path(folder), dtype
        self.held: dict[str, torch.Tensor] = {}
        self.names: list[list[str]] = []
        self.total = 0

    def add(self, name: str, full: torch.Tensor) -> None:
        if dist.get_rank() == 0:
            self.keep(name, full.detach().to("cpu", self.dtype, copy=True))

    def keep(self, name: str, tensor: torch.Tensor) -> None:
        if self.held and sum(t.nbytes for t in self.held.values()) + tensor.nbytes > SHARD_BYTES:
            self._flush()
        self.held[name] = tensor

    def close(self) -> None:
        """Gives the files their names, which say how many there are, and writes the index if it is more than one."""
        self._flush()
        count = len(self.names)
        if count == 1:
            os.replace(self._draft(0), self.folder / "model.safetensors")
            return
        weight_map: dict[str, str] = {}
        for n, names in enumerate(self.names):
            file = f"model-{n + 1:05d}-of-{count:05d}.safetensors"
            os.replace(self._draft(n), self.folder / file)
            weight_map |= dict.fromkeys(names, file)
        index = {"metadata": {"total_size": self.total}, "weight_map": weight_map}
        (self.folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2), encoding="utf-8")

    def _flush(self) -> None:
        from safetensors.torch import save_file

        save_file(self.held, self._draft(len(self.names)), metadata={"format": "pt"})
        self.total += sum(t.nbytes for t in self.held.values())
        self.names.append(list(self.held))
        self.held = {}

    def _draft(self, number: int) -> Path:
        return self.folder / f"draft-{number}.safetensors"


def merge_adapter(adapter: str, output: str) -> str:
    """Writes the full model that an adapter and its base model make, and returns its directory.

    Raises:
        TrainingError: `adapter` is no adapter directory, its base model is gone, or the two make another model when
            they are merged than the adapter is.
    """
    base_model = base_of(adapter)
    with tempfile.TemporaryDirectory(dir=_parent(output)) as folder:
        merge_into(folder, adapter, base_model)
        card = {"name": Path(output).name, "method": f"the adapter {Path(adapter).name}, merged"}
        write_student(folder, base_model, output, card, adapter)
    carry_facts(Path(adapter), Path(output))
    return output


def carry_facts(student: Path, other: Path) -> None:
    """Adds the facts of a student's model card, but for its name, to the card of another form of it."""
    path = student / "README.md"
    if not path.is_file():  # a student from elsewhere
        return
    lines = path.read_text(encoding="utf-8").splitlines()
    facts = [line for line in lines if line.startswith("| ") and not line.startswith(("| | |", "| name |"))]
    with open(other / "README.md", "a", encoding="utf-8") as card:
        card.writelines(f"{line}\n" for line in facts)


def _parent(output: str) -> Path:
    parent = Path(output).absolute().parent
    parent.mkdir(parents=True, exist_ok=True)
    return parent


def write_student(weights: str, base_model: str, output: str, card: dict[str, str], adapter: str | None = None) -> None:
    """Makes `output` a complete model or adapter directory; an earlier one is replaced at once.

    What an `adapter` that was merged has of a tokenizer takes the place of the base model's: it may have more tokens.
    """
    target = Path(output).absolute()
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=_parent(output)))
    try:
        shutil.copytree(weights, draft, dirs_exist_ok=True)
        # Copied, not loaded and saved: transformers may load a tokenizer as another class than it was saved as.
        for pattern, source in itertools.product(_COMPANIONS, filter(None, (base_model, adapter))):
            for file in Path(source).glob(pattern):
                shutil.copy(file, draft)
        stop_where_turns_end(draft, Path(base_model))
        (draft / "README.md").write_text(model_card(base_model, card, is_adapter(draft)), encoding="utf-8")
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


def model_card(base_model: str, card: dict[str, str], adapter: bool = False) -> str:
    """The student's README.md: the Hub's front matter, then a table of the facts in `card`."""
    library, kind = ("peft", "An adapter of a language model") if adapter else ("transformers", "A language model")
    base = Path(base_model).name
    facts = {"library_name": library, "pipeline_tag": "text-generation", "base_model": base, "tags": ["dgrc"]}
    return (
        f"{front_matter(facts)}\n# {harmless(card.get('name', 'Student'))}\n\n"
        f"{kind} adapted without labels by divergence-guided reasoning curricula (`dgrc`).\n\n"
        f"{table(card)}"
    )


def add_to_card(folder: Path, facts: dict[str, str]) -> None:
    """Adds facts to the table of a student's model card, if it has one; what it said of them before goes."""
    path = folder / "README.md"
    if not path.is_file():  # a student from elsewhere; its figures are in the evaluation
        return
    kept = [
        line
        for line in path.read_text(encoding="utf-8").rstrip().splitlines()
        if not any(line.startswith(f"| {harmless(key)} |") for key in facts)
    ]
    path.write_text("\n".join([*kept, *(row(*fact) for fact in facts.items())]) + "\n", encoding="utf-8")

