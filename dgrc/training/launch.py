"""Curriculum directories and a base model in, student directories out.

`train` reads and encodes the examples, plans every step and runs the workers under Ray Train, which
write the students. The driver holds no model. While the workers run, their steps arrive on a small actor,
the board, from which `on_progress` is fed; the workers' own output goes to log files in `work_dir`.
"""

import contextlib
import hashlib
import logging
import math
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray

from dgrc.config import TrainingConfig
from dgrc.errors import TrainingError
from dgrc.training.encode import Corpus, encode_corpus
from dgrc.training.inputs import check_window, load_tokenizer, read_examples, write_quarantine
from dgrc.training.loop import Plan, TrainProgress, WorkerTask, train_worker
from dgrc.training.stages import Budget, Stage, plan_stages

OnProgress = Callable[[TrainProgress], None]


@dataclass(frozen=True, slots=True)
class Course:
    """One student to train: the curricula it learns from, where it goes, and the facts of its model card.

    `atoms` and `chains` are directories of Parquet files of `records.Example`; None leaves a kind out. `order` and
    `replay` take the place of the configuration's where they are given.
    """

    name: str
    atoms: str | None
    chains: str | None
    output: str
    card: dict[str, str]
    order: str | None = None
    replay: float | None = None


@dataclass(frozen=True, slots=True)
class TrainResult:
    """What was done for one student: `losses` has the mean loss of each step in nats a token, `tokens` counts all
    visited.

    `set_aside` examples were too long and lie in `quarantine`, a Parquet file beside the output (None if
    there were none).
    """

    output: str
    steps: int
    visits: int
    tokens: int
    set_aside: int
    quarantine: str | None
    losses: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Planned:
    course: Course
    corpus: Corpus
    stages: tuple[Stage, ...]
    set_aside: int
    quarantine: str | None


def train(
    config: TrainingConfig,
    courses: Sequence[Course],
    *,
    base_model: str,
    seed: int,
    work_dir: str,
    on_progress: OnProgress | None = None,
    budget: Budget | None = None,
) -> dict[str, TrainResult]:
    """Fine-tunes `base_model` on each course and writes the students; all with equal visits and optimizer steps.

    How many is said by `budget`, or else by the first course and the configuration. Uses the Ray cluster the
    process is connected to, or one of its own. `work_dir` and outputs must be on storage that all nodes share.

    Returns:
        What was done, by course name.

    Raises:
        TrainingError: a directory is missing or wrong, no example can be trained on, or the workers failed.
    """
    tokenizer = load_tokenizer(base_model)
    check_window(base_model, config.max_length)
    planned: list[_Planned] = []
    for course in courses:
        planned.append(_plan(config, course, tokenizer, seed, budget))
        if budget is None:
            budget = Budget(sum(s.visits for s in planned[0].stages), sum(len(s.steps) for s in planned[0].stages))
    folder = Path(work_dir).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    with _ray(config):
        losses = _run_workers(config, base_model, planned, seed, folder, on_progress)
    return {
        p.course.name: TrainResult(
            output=p.course.output,
            steps=sum(len(stage.steps) for stage in p.stages),
            visits=sum(stage.visits for stage in p.stages),
            tokens=sum(p.corpus.length(v) for stage in p.stages for step in stage.steps for v in step),
            set_aside=p.set_aside,
            quarantine=p.quarantine,
            losses=tuple(loss for stage in losses[p.course.name] for loss in stage),
        )
        for p in planned
    }


def _plan(config: TrainingConfig, course: Course, tokenizer: Any, seed: int, budget: Budget | None) -> _Planned:
    own = {name: value for name in ("order", "replay") if (value := getattr(course, name)) is not None}
    config = config.model_copy(update=own)
    examples = read_examples(course.atoms), read_examples(course.chains)
    corpus, aside = encode_corpus(tokenizer, *examples, config.max_length)
    stages = plan_stages(corpus.atoms, len(corpus) - corpus.atoms, config, seed, budget)
    return _Planned(course, corpus, stages, len(aside), write_quarantine(aside, course.output))


@contextlib.contextmanager
def _ray(config: TrainingConfig) -> Iterator[None]:
    """The Ray cluster this process is connected to, or a local one for as long as needed."""
    if ray.is_initialized():
        yield
        return
    ray.init(
        num_cpus=math.ceil(config.workers * config.cpus_per_worker),
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
    )
    try:
        yield
    finally:
        ray.shutdown()


class _Board:
    """The actor that rank 0 writes its steps to and the driver reads them from."""

    def __init__(self) -> None:
        self.steps: list[TrainProgress] = []

    def push(self, step: TrainProgress) -> None:
        self.steps.append(step)

    def since(self, seen: int) -> list[TrainProgress]:
        return self.steps[seen:]


@contextlib.contextmanager
def _following(board: Any, on_progress: OnProgress | None) -> Iterator[None]:
    """Hands the board's steps to `on_progress` while entered, and the last of them on leaving."""
    seen = 0
    stop = threading.Event()

    def drain() -> None:
        nonlocal seen
        for step in ray.get(board.since.remote(seen)):
            seen += 1
            if on_progress is not None:
                on_progress(step)

    def follow() -> None:
        while not stop.wait(0.2):
            drain()

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        drain()


def _run_workers(
    config: TrainingConfig,
    base_model: str,
    planned: Sequence[_Planned],
    seed: int,
    folder: Path,
    on_progress: OnProgress | None,
) -> dict[str, list[list[float]]]:
    """Trains; returns the losses of every step by course and stage."""
    from ray.train.v2.api.exceptions import TrainingFailedError

    board = ray.remote(_Board).options(num_cpus=0).remote()
    logs = folder / "logs"
    plans = tuple(
        Plan(p.course.name, ray.put(p.corpus), p.stages, str(Path(p.course.output).absolute()), p.course.card)
        for p in planned
    )
    task = WorkerTask(config, str(Path(base_model).absolute()), plans, seed, board, str(logs))
    name = _fingerprint(config, base_model, planned, seed)
    try:
        with _following(board, on_progress), _quiet_driver():
            result = _trainer(config, task, folder, name).fit()
    except TrainingFailedError as e:
        raise TrainingError(
            f"Fine-tuning failed after {config.max_failures} restarts: {_first_cause(e)} The workers' output is in "
            f"{logs}; running the same training again resumes after the last finished stage."
        ) from e
    assert result.checkpoint is not None, "every stage ends with a checkpoint"
    losses: dict[str, list[list[float]]] = result.checkpoint.get_metadata()["finished"]
    shutil.rmtree(folder / name)
    return losses


def _trainer(config: TrainingConfig, task: WorkerTask, folder: Path, name: str) -> Any:
    from ray.train import CheckpointConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer
    from ray.train.v2.api.config import FailureConfig, LoggingConfig, RunConfig

    on_gpu = config.gpus_per_worker > 0
    retries = config.max_failures
    resources = {"CPU": config.cpus_per_worker} | ({"GPU": config.gpus_per_worker} if on_gpu else {})
    environment = {"OMP_NUM_THREADS": str(max(1, int(config.cpus_per_worker))), "TOKENIZERS_PARALLELISM": "false"}
    if not on_gpu:
        environment["DS_ACCELERATOR"] = "cpu"
    return TorchTrainer(
        train_worker,
        train_loop_config={"task": task},
        torch_config=TorchConfig(backend="nccl" if on_gpu else "gloo"),
        scaling_config=ScalingConfig(num_workers=config.workers, use_gpu=on_gpu, resources_per_worker=resources),
        run_config=RunConfig(
            # A run of the same name takes up an interrupted one, so the name says all that decides the result.
            name=name,
            storage_path=str(folder),
            failure_config=FailureConfig(max_failures=retries, controller_failure_limit=retries),
            logging_config=LoggingConfig(log_level="CRITICAL"),  # what matters comes back as an exception
            checkpoint_config=CheckpointConfig(num_to_keep=1),
            worker_runtime_env={"env_vars": environment},
        ),
    )


def _fingerprint(config: TrainingConfig, base_model: str, planned: Sequence[_Planned], seed: int) -> str:
    digest = hashlib.blake2b(digest_size=8)
    files = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in sorted(Path(base_model).iterdir())]
    for part in (config.model_dump_json(), repr(files), repr(seed)):
        digest.update(part.encode())
    for p in planned:
        digest.update(repr((p.course.name, p.course.output, p.stages)).encode())
        for array in (p.corpus.tokens, p.corpus.loss, p.corpus.offsets):
            digest.update(array.tobytes())
    return f"train-{digest.hexdigest()}"


@contextlib.contextmanager
def _quiet_driver() -> Iterator[None]:
    """Ray Train's own log lines on the driver only from errors on."""
    logger = logging.getLogger("ray.train")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _first_cause(error: BaseException) -> str:
    """What the first failed worker raised, on one line."""
    failures = getattr(error, "worker_failures", None)
    cause = next(iter(failures.values())) if failures else error
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    return f"{type(cause).__name__}: {lines[-1] if lines else 'no message'}."
