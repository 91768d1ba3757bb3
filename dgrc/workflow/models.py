"""The models of a run: those of the proving world, made if missing, and the students that were trained here."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dgrc.config import Config
from dgrc.storage.first_day import first_day
from dgrc.storage.run_dir import RunDir

Say = Callable[[str], None]
PROVING_FILES = {"proving:unlabeled": 0, "proving:held_out": 1}


def resolve_proving(config: Config, run: RunDir, say: Say) -> Config:
    """Makes the proving world's models and question files that the configuration names, and puts paths in."""
    from dgrc.proving.models import resolve
    from dgrc.proving.world import World

    engines = {role: engine for role, engine in config.engines().items() if engine.engine == "vllm"}
    models = resolve([e.model for e in engines.values()], config.proving, lambda line: say(f"  {line}"))
    updates: dict[str, Any] = {
        role: engine.model_copy(update={"model": models[engine.model]}) for role, engine in engines.items()
    }
    for section in ("questions", "evaluation"):
        part = getattr(config, section)
        if any(f in PROVING_FILES for f in part.files):
            paths = World.from_config(config.proving).write_questions(config.proving, run.root / "proving")
            files = tuple(str(paths[PROVING_FILES[f]]) if f in PROVING_FILES else f for f in part.files)
            updates[section] = part.model_copy(update={"files": files})
    return config.model_copy(update=updates)


def dated(config: Config, run: RunDir) -> Config:
    """The configuration with the run's first day for the chat templates of all engines that name no other."""
    day = first_day(run)
    undated = {role: engine for role, engine in config.engines().items() if engine.day is None}
    return config.model_copy(update={role: e.model_copy(update={"day": day}) for role, e in undated.items()})


def served(config: Config, student: Path) -> dict[str, Any]:
    """What changes in the student's engine when it serves a student that was trained here."""
    is_adapter = (student / "adapter_config.json").is_file()
    return {"adapter": str(student)} if is_adapter else {"model": str(student), "adapter": ""}


def merged_student(run: RunDir, recipe: str) -> Path:
    """The full model of a DoRA adapter, which vLLM does not serve over its base model."""
    from dgrc.training.export import merge_adapter

    target = run.state("merged") / recipe
    return Path(merge_adapter(str(run.student(recipe)), str(target)))
