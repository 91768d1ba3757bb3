"""The models of a run: those of the proving world, made if missing, and the students that were trained here."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dgrc.config import Config, EngineConfig
from dgrc.storage.manifest import first_day
from dgrc.storage.run_dir import RunDir
from dgrc.workflow.standing import SUBJECT

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


def served(config: Config, run: RunDir) -> EngineConfig:
    """The student's engine when it serves the student that a run's round trained here: over its base model if it is an
    adapter, unless it is a DoRA adapter, which is merged."""
    student = run.student()
    if (student / "adapter_config.json").is_file() and not is_merged(config):
        return ready_for_adapters(config).model_copy(update={"adapter": str(student)})
    folder = merged_student(run, SUBJECT) if is_merged(config) else student
    return config.student.model_copy(update={"model": str(folder), "adapter": ""})


def is_merged(config: Config) -> bool:
    """Whether students are adapters that vLLM does not serve over their base model."""
    return config.training.adapter is not None and config.training.adapter.variant == "dora"


def ready_for_adapters(config: Config) -> EngineConfig:
    """The student's engine, ready for the adapters that are trained here, if they are what it serves."""
    adapter = config.training.adapter
    if adapter is None or is_merged(config):
        return config.student
    return config.student.model_copy(update={"max_lora_rank": max(adapter.rank, config.student.max_lora_rank)})


def merged_student(run: RunDir, recipe: str) -> Path:
    """The full model of a DoRA adapter, which vLLM does not serve over its base model."""
    from dgrc.training.export import merge_adapter

    target = run.state("merged") / recipe
    return Path(merge_adapter(str(run.student(recipe)), str(target)))
