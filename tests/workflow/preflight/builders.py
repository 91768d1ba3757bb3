"""Configurations and model directories for looks before the start."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dgrc.config import Config
from dgrc.config.file import make_config

SCRIPTED = {"engine": "scripted", "script": "tests.scripts:teacher"}


def config(**settings: Any) -> Config:
    """Scripted engines, and these settings."""
    return make_config({"teacher": SCRIPTED, "student": SCRIPTED, **settings})


def written(path: Path, rows: Iterable[dict[str, Any]]) -> str:
    """A JSONL file of these rows."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def model(folder: Path, architecture: str = "LlamaForCausalLM", size: int = 8, **settings: Any) -> str:
    """A directory that looks like a model's, with so many bytes of weights."""
    folder.mkdir(parents=True)
    config = {"model_type": "llama", "architectures": [architecture], **settings}
    (folder / "config.json").write_text(json.dumps(config))
    with open(folder / "model.safetensors", "wb") as file:
        file.truncate(size)
    return str(folder)
