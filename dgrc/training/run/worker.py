"""What every training worker runs: base model, encoded corpora and stages in, checkpoints and students out.

A training is a line of places: student, stage, step. A checkpoint holds the place and the state there, so after a crash
(or under another number of workers, see `state`) it goes on from that step as if nothing had happened. One is made too
when a machine is about to be taken away. Each stage starts with fresh moments. Several students (recipes to compare)
are trained by the same workers one after the other, because starting workers takes longer than a small training.
"""

import contextlib
import dataclasses
import logging
import os
import socket
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from dgrc.errors import TrainingError
from dgrc.storage.objectstore.models import local_copy
from dgrc.training.data.encode import Corpus
from dgrc.training.export import write_student, write_weights
from dgrc.training.run.best import BestWeights
from dgrc.training.run.engine import make_engine
from dgrc.training.run.loop import mean_loss, train_stage
from dgrc.training.run.preemption import Notice
from dgrc.training.run.progress import Reporter
from dgrc.training.run.state import SavedState, State, restore, save_state
from dgrc.training.run.task import Plan, WorkerTask

LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Place:
    """Where a training is: the step to do next, and what came of those before.

    `losses` are by plan, one list a stage; `looks` likewise, of (step, validation loss). `best` is where the best
    weights of the stage under way lie.
    """

    plan: int = 0
    stage: int = 0
    step: int = 0
    losses: dict[str, list[list[float]]] = field(default_factory=dict)
    looks: dict[str, list[list[tuple[int, float]]]] = field(default_factory=dict)
    best: str | None = None


def train_worker(task: dict[str, WorkerTask]) -> None:
    """The function that Ray Train runs on every worker (its one argument is Ray Train's config mapping)."""
    _redirect_output(os.path.join(task["task"].work_dir, "logs", f"worker-{dist.get_rank()}.log"))
    _Training(task["task"]).run()


class _Training:
    """One worker's way from place to place."""

    def __init__(self, task: WorkerTask):
        self.task = task
        self.base_model = local_copy(task.base_model)
        self.rank = dist.get_rank()
        self.place = Place()
        self.notice = Notice()
        self.best = self._best_weights(())

    def _best_weights(self, named: Iterable[str | None]) -> BestWeights:
        return BestWeights(Path(self.task.work_dir) / "best", self.task.config.checkpoints.keep, named)

    def run(self) -> None:
        import ray.train

        with self._resumed() as saved:
            place = self.place
            where = f"student {place.plan}, stage {place.stage}, step {place.step}"
            sys.stdout.write(f"dgrc: on {socket.gethostname()}\n")
            sys.stdout.write(f"dgrc: from {where} on: training with {dist.get_world_size()} workers\n")
            sys.stdout.flush()
            for number in range(self.place.plan, len(self.task.plans)):
                self._train(self.task.plans[number], saved)
                saved = None
                self.place.plan, self.place.stage, self.place.step = number + 1, 0, 0
                self._report(None)
                ray.train.get_all_reported_checkpoints()  # waits until it is safe: this student need not be made again
                self.best.clear()

    def _train(self, plan: Plan, saved: SavedState | None) -> None:
        import ray

        torch.manual_seed(self.task.seed)  # a fresh adapter is drawn at random
        state = make_engine(self.task.config, self.base_model, saved)
        if saved is None or not saved.steps:
            torch.manual_seed(self.task.seed)
        corpus: Corpus = ray.get(plan.corpus)
        validation: Corpus | None = ray.get(plan.validation) if plan.validation is not None else None
        for number in range(self.place.stage, len(plan.stages)):
            self._train_stage(plan, state, corpus, validation)
            self.place.stage, self.place.step, self.place.best = number + 1, 0, None
            if self.place.stage < len(plan.stages):
                state.reset()
                torch.manual_seed(self.task.seed)
                self._report(state, moments=False)
        with tempfile.TemporaryDirectory() as folder:
            write_weights(state, self.base_model, folder, self.task.base_model)
            if self.rank == 0:
                # Before the checkpoint that says so: a crash between the two repeats the last steps, and loses nothing.
                write_student(folder, self.base_model, plan.output, plan.card)
        state.engine.destroy()
        dist.barrier()

    def _train_stage(self, plan: Plan, state: State, corpus: Corpus, validation: Corpus | None) -> None:
        place, config = self.place, self.task.config
        stage = plan.stages[place.stage]
        losses = _of_stage(place.losses, plan.name, place.stage)
        looks = _of_stage(place.looks, plan.name, place.stage)
        reporter = Reporter(self.task, plan, place.stage, corpus, state)
        for step in train_stage(state.engine, corpus, stage, config, place.step):
            losses.append(step.loss)
            place.step = step.number + 1
            last = place.step == len(stage.steps)
            seen = None
            if validation is not None and (last or place.step % config.validation.every_steps == 0):
                seen = mean_loss(state.engine, validation, plan.looks[stage.name], config)
                looks.append((place.step, seen))
                self._keep_if_best(plan, state, looks)
            reporter(step, seen)
            if validation is not None and _is_stale(looks, config.validation.patience):
                break
            every = config.checkpoints.every_steps
            noticed = self.notice.came()
            if noticed or (every and place.step % every == 0 and not last):
                self._report(state, moments=True)
            if noticed:
                sys.stdout.write(f"dgrc: a machine will be taken away: checkpoint at step {place.step}\n")
                sys.stdout.flush()
        if place.best is not None and looks[-1][1] > min(loss for _, loss in looks):
            restore(state, SavedState(place.best))
        reporter.flush()

    def _keep_if_best(self, plan: Plan, state: State, looks: list[tuple[int, float]]) -> None:
        """Writes the weights of the best look so far beside the checkpoints."""
        if not self.task.config.validation.keep_best or looks[-1][1] > min(loss for _, loss in looks):
            return
        self.place.best = self.best.write(state, f"{plan.name}-{self.place.stage}-{self.place.step}")

    def _report(self, state: State | None, moments: bool = False) -> None:
        """Hands a checkpoint of this place to Ray Train, which uploads it while training goes on."""
        import ray.train
        from ray.train import Checkpoint, CheckpointUploadMode

        folder = tempfile.mkdtemp(prefix="dgrc-checkpoint-")
        checkpoint = None
        if state is not None:
            save_state(state, folder, moments)
            self.best.checkpoint(self.place.best)
        if state is not None or self.rank == 0:
            checkpoint = Checkpoint.from_directory(folder)
        if self.rank == 0 and checkpoint is not None:
            checkpoint.set_metadata(dataclasses.asdict(self.place))
        place = self.place
        ray.train.report(
            {"plan": place.plan, "stage": place.stage, "step": place.step},
            checkpoint=checkpoint,
            checkpoint_dir_name=f"{place.plan:03d}-{place.stage}-{place.step:07d}",
            checkpoint_upload_mode=CheckpointUploadMode.ASYNC,
        )

    @contextlib.contextmanager
    def _resumed(self) -> Iterator[SavedState | None]:
        """Takes up the place of the newest checkpoint that is whole; its state, if it has one, can be read inside."""
        import ray.train

        newest = ray.train.get_checkpoint()
        candidates = [reported.checkpoint for reported in ray.train.get_all_reported_checkpoints()] if newest else []
        if newest is not None and newest not in candidates:
            candidates.append(newest)
        self.best = self._best_weights(Place(**each.get_metadata()).best for each in candidates)
        with contextlib.ExitStack() as opened:
            for checkpoint in reversed(candidates):
                place = Place(**checkpoint.get_metadata())
                if not place.stage and not place.step:
                    self.place = place
                    yield None
                    return
                saved = _open_whole(opened.enter_context(checkpoint.as_directory()))
                if saved is not None:
                    self.place = place
                    yield saved
                    return
            if candidates:
                raise TrainingError(
                    f"None of the {len(candidates)} checkpoints of this training is whole; the worker's log says why. "
                    "Delete the folder of the training to begin anew."
                )
            yield None


def _open_whole(folder: str) -> SavedState | None:
    """A checkpoint that all workers find whole, or None; the reason is in the worker's log."""
    saved, whole = None, torch.ones(())
    try:
        saved = SavedState(folder)
    except TrainingError as e:
        LOG.error("%s", e)
        whole.zero_()
    if dist.get_backend() == "nccl":
        whole = whole.cuda()
    dist.all_reduce(whole, op=dist.ReduceOp.MIN)
    return saved if bool(whole) else None


def _is_stale(looks: list[tuple[int, float]], patience: int) -> bool:
    """Whether the best loss was so many looks ago."""
    losses = [loss for _, loss in looks]
    return bool(patience and losses) and len(losses) - 1 - losses.index(min(losses)) >= patience


def _of_stage(lists: dict[str, list[list[Any]]], plan: str, stage: int) -> list[Any]:
    """The list of a stage, made if it is not there yet."""
    stages = lists.setdefault(plan, [])
    while len(stages) <= stage:
        stages.append([])
    return stages[stage]


def _redirect_output(path: str) -> None:
    """Sends all this process prints from now on to a file: DeepSpeed's and its children's chatter included."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
