"""Steps in, curves out: TensorBoard, Weights & Biases, MLflow, each if it is named and installed."""

import contextlib
import dataclasses
import importlib.util
import os
from collections.abc import Iterator, Sequence
from typing import Any

from dgrc.errors import TrainingError
from dgrc.training.run.progress import OnProgress, TrainProgress

MODULES = {"tensorboard": "tensorboardX", "wandb": "wandb", "mlflow": "mlflow"}
"""What each needs; tensorboardX comes with Ray."""
CURVES = ("loss", "validation", "learning_rate", "grad_norm", "tokens_per_second", "memory_gib", "mfu")


def check_trackers(names: Sequence[str]) -> None:
    """Raises TrainingError if a tracker that was asked for is not installed."""
    for name in names:
        if importlib.util.find_spec(MODULES[name]) is None:
            raise TrainingError(
                f"`training.report_to` names {name}, but the package {MODULES[name]} is not installed. Install it "
                "beside dgrc, or take it out of the list."
            )


@contextlib.contextmanager
def trackers(names: Sequence[str], folder: str, run: str, settings: dict[str, Any]) -> Iterator[list[OnProgress]]:
    """Listeners for the steps of a training; what they hold open is closed on leaving.

    Each student is a curve of its own. Keys of W&B and MLflow come from their own environment variables.
    """
    with contextlib.ExitStack() as opened:
        yield [opened.enter_context(_OPEN[name](folder, run, settings)) for name in names]


@contextlib.contextmanager
def _tensorboard(folder: str, run: str, settings: dict[str, Any]) -> Iterator[OnProgress]:
    from tensorboardX import SummaryWriter

    writers: dict[str, Any] = {}

    def write(progress: TrainProgress) -> None:
        if progress.plan not in writers:
            writers[progress.plan] = SummaryWriter(os.path.join(folder, "tensorboard", progress.plan))
        for name, value in _curves(progress).items():
            writers[progress.plan].add_scalar(name, value, progress.step)

    try:
        yield write
    finally:
        for writer in writers.values():
            writer.close()


@contextlib.contextmanager
def _wandb(folder: str, run: str, settings: dict[str, Any]) -> Iterator[OnProgress]:
    import wandb

    with wandb.init(project="dgrc", name=run, dir=folder, config=settings) as started:
        yield lambda progress: started.log(_named(progress) | {f"{progress.plan}/step": progress.step})


@contextlib.contextmanager
def _mlflow(folder: str, run: str, settings: dict[str, Any]) -> Iterator[OnProgress]:
    import mlflow

    mlflow.set_experiment("dgrc")
    with mlflow.start_run(run_name=run):
        mlflow.log_params(settings)
        yield lambda progress: mlflow.log_metrics(_named(progress, "_"), step=progress.step)


_OPEN = {"tensorboard": _tensorboard, "wandb": _wandb, "mlflow": _mlflow}


def _curves(progress: TrainProgress) -> dict[str, float]:
    values = dataclasses.asdict(progress)
    return {name: values[name] for name in CURVES if values[name] is not None}


def _named(progress: TrainProgress, separator: str = "/") -> dict[str, float]:
    return {f"{progress.plan}{separator}{name}": value for name, value in _curves(progress).items()}
