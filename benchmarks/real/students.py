"""The points `train-RECIPE-SEED`: curricula flow in; a student of each recipe and seed flows out, at equal visits.

The first student of DGRC decides how many visits and steps all others take.
"""

import math
import shutil
from pathlib import Path
from typing import Any

from benchmarks.real.bench import AT_EQUAL_TOKENS, REPLAYED, Bench
from benchmarks.real.curation import beside
from dgrc.config import Config
from dgrc.errors import DgrcError
from dgrc.method.curriculum import RECIPES
from dgrc.method.prompts import load_pack
from dgrc.pipeline.assemble.step import make_baseline
from dgrc.questions.chats import ChatFiles
from dgrc.runtime.session import ray_session
from dgrc.storage.cards import made_with
from dgrc.storage.run_dir import RunDir
from dgrc.training.data.stages import Budget
from dgrc.training.run.course import Course
from dgrc.training.run.launch import train as launch
from dgrc.training.run.progress import TrainingLine
from dgrc.workflow.job import SUBJECT

KINDS = ("atomic", "cot")
OURS = (SUBJECT, REPLAYED)
"""Recipes of the method's own curriculum."""


def train(bench: Bench, recipe: str, seed: int) -> dict[str, Any]:
    """One student. A recipe that has nothing to teach leaves the student as it was, and says so."""
    settings = bench.settings
    of_seed = f"seed={seed}"
    config = settings.replaying(of_seed) if recipe == REPLAYED else settings.config("run", of_seed)
    bench.points.need("curate")
    budget = _budget(bench, recipe, seed)
    with ray_session(config, bench.run):
        folder = curriculum(bench, recipe)
        examples = {kind: count(folder / kind) for kind in KINDS}
        if not sum(examples.values()):
            if recipe in OURS:
                raise DgrcError(
                    f"The curriculum in {folder} is empty, so there is nothing to compare. What `curate` said in lines "
                    "that begin with `!` tells why; the point `premise` has the figures of each step."
                )
            bench.say(f"  {recipe} has no example: its student stays as it was")
            return {"recipe": recipe, "seed": seed, "examples": examples, "trained": False}
        return {
            "recipe": recipe, "seed": seed, "examples": examples, "trained": True,
            **_train(bench, config, recipe, seed, folder, budget),
        }  # fmt: skip


def _budget(bench: Bench, recipe: str, seed: int) -> Budget | None:
    first = bench.settings.seeds[0]
    if recipe == SUBJECT and seed == first:
        return None
    found = bench.points.need(f"train-{SUBJECT}-{first}")
    return Budget(found["visits"], found["steps"])


def curriculum(bench: Bench, recipe: str) -> Path:
    """The folder of a recipe's curriculum, written if it is not there; needs a Ray session."""
    config = bench.settings.config()
    if recipe in OURS:
        return bench.run.curriculum()
    run = bench.run
    if recipe in AT_EQUAL_TOKENS:
        config = beside(bench, bench.points.need("tokens")["chains"])
        run = RunDir.of(config)
    folder = run.curriculum(recipe)
    if not all((folder / kind / "train.jsonl").is_file() for kind in _kinds(recipe)):
        make_baseline(run, config, recipe)
    return folder


def _kinds(recipe: str) -> tuple[str, ...]:
    return KINDS if RECIPES[recipe].atoms else ("cot",)


def count(folder: Path) -> int:
    """Examples of a curriculum's folder; none without one."""
    file = folder / "train.jsonl"
    if not file.is_file():
        return 0
    with open(file, encoding="utf-8") as lines:
        return sum(1 for _ in lines)


def _train(
    bench: Bench, config: Config, recipe: str, seed: int, folder: Path, budget: Budget | None
) -> dict[str, Any]:
    output = bench.student(recipe, seed)
    shutil.rmtree(output, ignore_errors=True)  # of a training that was broken off after it had begun to write
    facts = made_with(bench.run, config, load_pack(config.method.prompts).called())
    parts = RECIPES[SUBJECT if recipe in OURS else recipe]
    atoms, chains = (str(folder / kind) if count(folder / kind) else None for kind in KINDS)
    chats = ChatFiles.of(config)
    card = {"name": f"{recipe}, seed {seed}", "recipe": recipe, **facts, **chats.card()}
    course = Course(recipe, atoms, chains, str(output), card, parts.order, parts.replay)
    line = TrainingLine(bench.say)
    work = bench.settings.out / "work" / f"train-{recipe}-{seed}"
    result = launch(
        config.training, [course], base_model=config.student.model, seed=seed, work_dir=str(work), on_progress=line,
        budget=budget, student=config.student, replayed=chats,
    )[recipe]  # fmt: skip
    losses = [loss for loss in result.losses if math.isfinite(loss)]
    return {
        "visits": result.visits, "steps": result.steps, "tokens": result.tokens, "set_aside": result.set_aside,
        "replayed_examples": result.own_examples, "replayed_visits": result.replayed,
        "first_loss": round(losses[0], 4), "last_loss": round(losses[-1], 4),
        "tokens_per_second": round(line.rate(recipe), 1), "memory_gib": round(line.memory_gib, 2),
    }  # fmt: skip
