"""Adapter directories, before anything heavy is imported: whether one can be merged, and into what."""

import json
from pathlib import Path

from dgrc.errors import TrainingError
from dgrc.storage.model_directory import adapter_problem, model_problem
from dgrc.storage.objectstore.models import local_copy

ADAPTER = "adapter_config.json"
"""The file that makes a directory a PEFT adapter."""


def is_adapter(folder: Path) -> bool:
    """Whether a directory holds a PEFT adapter rather than a model."""
    return (folder / ADAPTER).is_file()


def base_of(adapter: str) -> str:
    """The directory of the base model of an adapter that is to be merged.

    Raises:
        TrainingError: `adapter` is no adapter directory, or its base model is gone or not to be loaded.
    """
    if not is_adapter(Path(adapter)):
        raise TrainingError(
            f"{adapter!r} holds no {ADAPTER}, so there is nothing to merge. Give the directory of a student that was "
            "trained with `training.adapter`; one that was trained without is a full model already."
        )
    if problem := adapter_problem(adapter):
        raise TrainingError(problem)
    try:
        named = json.loads((Path(adapter) / ADAPTER).read_text(encoding="utf-8"))["base_model_name_or_path"]
    except (OSError, ValueError, TypeError, KeyError) as e:
        raise TrainingError(
            f"The {ADAPTER} of {adapter!r} cannot be read ({type(e).__name__}: {e}); wanted is a JSON object with "
            "`base_model_name_or_path`. Copy the adapter again, or train it again."
        ) from e
    base_model = local_copy(str(named))
    if not (Path(base_model) / "config.json").is_file():
        raise TrainingError(
            f"The adapter {adapter!r} belongs to the base model {base_model!r}, but there is no such directory. Put "
            f"the model back, or change `base_model_name_or_path` in its {ADAPTER}."
        )
    if problem := model_problem(base_model):
        raise TrainingError(problem)
    return base_model
