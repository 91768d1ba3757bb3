"""Model directories from elsewhere: what must not be loaded, said before anything is.

Weights in pickles run code when they are opened, and so does a model that brings its own Python (`auto_map`). dgrc
loads neither; without this check the libraries would say so in a trace of their own, or not at all.
"""

import json
from pathlib import Path
from typing import Any

PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.pickle", "*.msgpack", "*.h5")
"""Weights in forms that are no safetensors."""
INDEX = "model.safetensors.index.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"
WIDTHS = {"float32": 4, "bfloat16": 2, "float16": 2}
"""Bytes of a weight."""


def model_problem(folder: str | Path) -> str | None:
    """Why a model directory is not to be loaded, and what to do; None if nothing speaks against it."""
    root = Path(folder).expanduser()
    config = _object(root / "config.json")
    if config is None:
        return f"The config.json of {root} cannot be read: one JSON object is wanted. Fetch the model again."
    if problem := _code(root, config):
        return problem
    pickled = sorted({path.name for pattern in PICKLED for path in root.glob(pattern)} - {"training_args.bin"})
    if pickled and not any(root.glob("*.safetensors")):
        return (
            f"The weights of {root} are pickled ({', '.join(pickled[:3])}), and a pickle can run any code when it is "
            "opened; wanted is *.safetensors. Take a revision of the model that has them, or convert it where you "
            "trust it: `AutoModelForCausalLM.from_pretrained(...).save_pretrained(...)`."
        )
    if not isinstance(config.get("model_type"), str):
        return (
            f"The config.json of {root} names no `model_type`, so that neither transformers nor vLLM knows what the "
            "model is. Fetch the model again, or write its type there."
        )
    return _outside(root)


def adapter_problem(folder: str | Path) -> str | None:
    """The same of a directory with a PEFT adapter."""
    root = Path(folder).expanduser()
    if (root / "adapter_model.bin").exists() and not (root / ADAPTER_WEIGHTS).exists():
        return (
            f"The weights of the adapter {root} are pickled (adapter_model.bin), and a pickle can run any code when it "
            f"is opened; wanted is {ADAPTER_WEIGHTS}. Convert it where you trust it."
        )
    return None


def settings_of(folder: Path) -> dict[str, Any]:
    """What the config.json of a model says of its language model; empty if it cannot be read."""
    config = _object(folder / "config.json") or {}
    inner = config.get("text_config")
    return {**config, **inner} if isinstance(inner, dict) else config


def held_weights(folder: Path) -> tuple[int, int]:
    """Bytes of a model's weights as they lie there, and of each of them (a quantized one: of those that are not)."""
    held = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    config = settings_of(folder)
    return held, WIDTHS.get(str(config.get("dtype") or config.get("torch_dtype")), 2)


def _code(root: Path, config: dict[str, Any]) -> str | None:
    """Whether the model needs Python of its own: it brings some, and transformers has none of that name."""
    for file, settings in (("config.json", config), ("tokenizer_config.json", _object(root / "tokenizer_config.json"))):
        if settings and settings.get("auto_map") and not _known(file, settings):
            return (
                f"The model {root} brings Python code of its own (`auto_map` in its {file}), which dgrc does not run: "
                "`trust_remote_code` is off and cannot be switched on. Take a model whose architecture transformers "
                "and vLLM know by themselves."
            )
    return None


def _known(file: str, settings: dict[str, Any]) -> bool:
    """Whether transformers has the class by itself; it then ignores the code that comes along."""
    if file == "config.json":
        from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

        return settings.get("model_type") in CONFIG_MAPPING_NAMES
    import transformers

    name = settings.get("tokenizer_class")
    return isinstance(name, str) and hasattr(transformers, name)


def _outside(root: Path) -> str | None:
    """Whether the index of the weights names files anywhere else."""
    names = (_object(root / INDEX) or {}).get("weight_map", {})
    strange = [name for name in set(names.values()) if Path(str(name)).name != name] if isinstance(names, dict) else []
    if strange:
        name = min(map(str, strange))
        return f"The {INDEX} of {root} names a file outside the directory: {name!r}. Do not use this model."
    return None


def _object(path: Path) -> dict[str, Any] | None:
    """A JSON file as one object; None if it is none or not there."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None
