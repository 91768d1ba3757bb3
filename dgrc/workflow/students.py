"""Trained students on disk: is there one, and what changes in an engine that serves it."""

from pathlib import Path
from typing import Any

from dgrc.config import Config


def is_student(folder: Path) -> bool:
    """Whether a directory holds a trained student: a model, or an adapter."""
    return any((folder / name).is_file() for name in ("config.json", "adapter_config.json"))


def served(config: Config, student: Path) -> dict[str, Any]:
    """What changes in the student's engine when it serves a student that was trained here."""
    is_adapter = (student / "adapter_config.json").is_file()
    return {"adapter": str(student)} if is_adapter else {"model": str(student), "adapter": ""}
