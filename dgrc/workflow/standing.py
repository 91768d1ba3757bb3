"""Whether a run stands where a command wants to begin. The run and what is to be done flow in, an error flows out.

Asked before a lock, a cluster or an engine is: a name that was mistyped makes no folder, and nobody waits for Ray to be
told that there is nothing to train on.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from dgrc.config import Config
from dgrc.errors import EvaluationError, TrainingError
from dgrc.storage.run_dir import RunDir
from dgrc.storage.standing import check_path, how_far, is_student, opened, runs_in

SUBJECT = "dgrc"
"""The recipe that all others are held against."""


def recipes_of(run: RunDir, config: Config) -> tuple[str, ...]:
    """What students are trained by, the subject first; baselines know no rounds."""
    return (SUBJECT, *(config.evaluation.baselines if run.number == 1 else ()))


def check_standing(run: RunDir, config: Config, parts: Iterable[str]) -> None:
    """Refuses parts of a job whose beginnings are neither there nor among the parts.

    Raises:
        TrainingError: nothing is curated that could be trained on.
        EvaluationError: nothing is named to evaluate on, or a student is not trained.
    """
    parts = set(parts)
    if "train" in parts and "curate" not in parts:
        needs_curriculum(run)
    if "evaluate" in parts:
        needs_held_out(config)
    if "evaluate" in parts and "train" not in parts:
        needs_students(run, recipes_of(run, config))


def needs_curriculum(run: RunDir) -> None:
    """Raises TrainingError if the run's round has no curriculum."""
    if not (run.curriculum(SUBJECT) / "cot").is_dir():
        raise TrainingError(
            f"There is no curriculum in {run.curriculum(SUBJECT)} yet. Run `dgrc curate` with this configuration "
            f"first. {_stands(run)}"
        )


def needs_held_out(config: Config) -> None:
    """Raises EvaluationError if no questions to evaluate on are named."""
    if not config.evaluation.wanted:
        raise EvaluationError(
            "There is nothing to evaluate on. List labeled question files under `evaluation.files`, or published "
            "ones under `evaluation.benchmarks`."
        )


def needs_students(run: RunDir, recipes: Sequence[str]) -> None:
    """Raises EvaluationError if one of these students is not trained yet."""
    for recipe in recipes:
        if not is_student(run.student(recipe)):
            raise EvaluationError(
                f"The student {run.student(recipe)} does not exist yet. Run `dgrc train` with this configuration "
                f"first, or `dgrc run`, which curates, trains and evaluates. {_stands(run)}"
            )


def adapter_of(given: str) -> str:
    """The folder of the student that a user names by itself or by its run.

    Raises:
        RunDirError: there is no such folder, nor a run of that name.
        TrainingError: it is a run that has no student yet.
    """
    check_path(given)
    folder = Path(given)
    if is_student(folder):
        return given
    if folder.is_dir() and not (folder / "config.yaml").is_file():
        return given  # what it lacks is told by whoever reads it
    run = opened(given)
    if not is_student(run.student()):
        raise TrainingError(
            f"The run {run.root} has no student to export: {how_far(run)}. Run `dgrc train` with its configuration "
            "first."
        )
    return str(run.student())


def _stands(run: RunDir) -> str:
    """Where the run stands, or what other runs there are if there is none of this name."""
    if run.config_file.is_file():
        return f"The run {run.root} stands so: {how_far(run)}."
    found = runs_in(run.root.parent)
    there = f"there are {', '.join(found[:8])}" if found else "there are none yet"
    return f"There is no run {run.root.name} in {run.root.parent}; {there}. `name` and `runs_dir` say which is meant."
