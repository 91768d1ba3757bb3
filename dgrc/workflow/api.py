"""The main job as a library: settings and questions in Python flow in, runs, students and figures flow out.

The same passes, files, checks and errors as the command line's: a call that was killed and is made again goes on where
it stopped, and what one began the other continues. Whatever a user can act on is a `DgrcError`.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from dgrc.config import Config
from dgrc.config.file import load_config, make_config
from dgrc.errors import ConfigError, RunDirError
from dgrc.report.terminal import plain
from dgrc.workflow.given import with_given
from dgrc.workflow.job import Job
from dgrc.workflow.results import Evaluation, Run, Training

if TYPE_CHECKING:
    import datasets
    import pandas  # type: ignore[import-untyped]
    import pyarrow
    import ray.data

Say = Callable[[str], None]
Settings: TypeAlias = str | os.PathLike[str] | Mapping[str, Any] | Config | Run
"""A YAML file, the name of one that comes with dgrc, a dict of settings, a `Config`, or a run (its folder too)."""
Questions: TypeAlias = (
    "str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | Sequence[Mapping[str, Any]] "
    "| pandas.DataFrame | datasets.Dataset | pyarrow.Table | ray.data.Dataset"
)


def to_stderr(line: str) -> None:
    """A line for the user on standard error, as the command line writes it."""
    sys.stderr.write(plain(line) + "\n")
    sys.stderr.flush()


def curate(
    config: Settings,
    *,
    questions: "Questions | None" = None,
    say: Say | None = to_stderr,
    allow_empty: bool = False,
) -> Run:
    """Unlabeled questions to curricula, or what is left to do of it; the same as `dgrc curate`.

    Args:
        config: The settings.
        questions: In the place of those that `config` names. Rows and tables have the columns of `questions.fields`;
            they are written into the run's folder, whatever cannot be used goes to quarantine, and a run goes on only
            with the questions it was begun with.
        say: Takes a line of progress at a time; None: silence.
        allow_empty: Return a run whose curriculum is empty, too.

    Returns:
        The run with its datasets.

    Raises:
        EmptyCurriculumError: nothing was kept to learn from.
        DgrcError: for whatever keeps the run from being finished; what was done is kept.
    """
    with _saying(say) as tell:
        settings, number = settings_of(config)
        if questions is not None:
            settings = with_given(settings, questions)
        with _job(settings, number, tell, "curate", allow_empty) as job:
            job.curate()
        return Run(job.run.root, number)


def train(config: Settings, *, say: Say | None = to_stderr, allow_empty: bool = False) -> Training:
    """Trains the student of a curated run, and those of the baselines of `evaluation.baselines`; as `dgrc train`.

    Args:
        config: The run that `curate` returned, or its settings.
        say: Takes a line of progress at a time; None: silence.
        allow_empty: Train on a curriculum without chains, too.

    Returns:
        The students' directories by recipe. Students that were trained before are found again.

    Raises:
        DgrcError: for whatever keeps them from being trained.
    """
    with _saying(say) as tell, _job(*settings_of(config), tell, "train", allow_empty) as job:
        job.train()
        students = {recipe: job.run.student(recipe) for recipe in job.recipes()}
        reports = {recipe: job.reports[f"train-{recipe}"] for recipe in students}
        return Training(job.run.root, students, reports)


def evaluate(config: Settings, *, say: Say | None = to_stderr) -> Evaluation:
    """Scores the student before and after, and what it is compared with, on held-out questions; as `dgrc evaluate`.

    Args:
        config: The run whose student was trained, or its settings; `evaluation` names the held-out questions.
        say: Takes a line of progress at a time; None: silence.

    Raises:
        DgrcError: for whatever keeps it from being done.
    """
    with _saying(say) as tell, _job(*settings_of(config), tell, "evaluate") as job:
        return Evaluation.of(job.run.root, job.evaluate())


def open_run(path: str | os.PathLike[str], *, round: int = 1) -> Run:
    """A run that is there, finished or not; no engine, no Ray is started.

    Args:
        path: Its folder.
        round: Which of its rounds, from 1.

    Raises:
        RunDirError: there is no run in that folder, or it has no such round.
    """
    if not isinstance(path, str | os.PathLike):
        raise RunDirError(f"A run is opened by the path of its folder, for example runs/demo; got {path!r:.200}.")
    return Run(Path(path), round)


def settings_of(config: Settings) -> tuple[Config, int]:
    """Checked settings, and the round of the run that they are of."""
    if isinstance(config, Run):
        return config.config, config.round
    if isinstance(config, Config):  # perhaps a copy with changes that nobody has checked
        return make_config(config.model_dump(warnings=False), where="the Config"), 1
    if isinstance(config, Mapping):
        return make_config(_as_settings(config), where="the settings"), 1
    if isinstance(config, str | os.PathLike):
        path = Path(config)
        return open_run(path).config if path.is_dir() else load_config(path), 1
    raise ConfigError(
        f"`config` is a {type(config).__name__}; wanted is the path of a YAML file, the name of a configuration that "
        "comes with dgrc, a dict of settings, a dgrc.Config, or a run."
    )


def _as_settings(value: Any) -> Any:
    """Settings as a YAML file has them: paths are text there."""
    if isinstance(value, Mapping):
        return {key: _as_settings(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_as_settings(inner) for inner in value]
    return os.fspath(value) if isinstance(value, os.PathLike) else value


@contextlib.contextmanager
def _job(config: Config, number: int, say: Say, part: str, allow_empty: bool = False) -> Iterator[Job]:
    with Job(config, say, allow_empty).open(part) as job:
        if number > 1:
            job.enter_round(number)
        yield job


@contextlib.contextmanager
def _saying(say: Say | None) -> Iterator[Say]:
    """Where words go while entered, those of the passes too, which else draw a line of their own."""
    if say is not None and not callable(say):
        raise ConfigError(f"`say` is a {type(say).__name__}; wanted is a function that takes a line of text, or None.")
    if say is to_stderr:
        yield to_stderr
        return
    from dgrc.pipeline.progress import told

    listener = say or (lambda line: None)
    with told(listener):
        yield listener
