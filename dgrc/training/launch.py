"""Curriculum directories and a base model in, a student directory out.

`train` reads and encodes the examples, plans every step, runs the workers under Ray Train and writes
the student. The driver holds no model. While the workers run, their steps arrive on a small actor,
the board, from which `on_progress` is fed; the workers' own output goes to log files in `work_dir`.
"""

import contextlib
import hashlib
import logging
import math
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dgrc.config import TrainingConfig
from dgrc.errors import TrainingError
from dgrc.training.encode import Corpus, encode_corpus
from dgrc.training.export import write_student
from dgrc.training.inputs import check_window, load_tokenizer, read_examples, write_quarantine
from dgrc.training.loop import TrainProgress, WorkerTask, train_worker
from dgrc.training.stages import Budget, Stage, plan_stages

OnProgress = Callable[[TrainProgress], None]


@dataclass(frozen=True, slots=True)
class TrainResult:
    """What a run did: `losses` has the mean loss of each step in nats a token, `tokens` counts all visited.

    `set_aside` examples were too long and lie in `quarantine`, a Parquet file beside the output (None if
    there were none). `seconds` is wall time, from reading the curriculum to the finished student.
    """

    output: str
    steps: int
    visits: int
    tokens: int
    set_aside: int
    quarantine: str | None
    losses: tuple[float, ...]
    seconds: float


def train(
    config: TrainingConfig,
    *,
    base_model: str,
    atoms: str | None,
    chains: str | None,
    output: str,
    seed: int,
    work_dir: str,
    card: dict[str, str],
    on_progress: OnProgress | None = None,
    budget: Budget | None = None,
) -> TrainResult:
    """Fine-tunes `base_model` on a curriculum and writes the student to `output`.

    `atoms` and `chains` are directories of Parquet files of `records.Example`; None leaves a kind out.
    `budget` makes a run take exactly so many visits and steps, for baselines. Uses the Ray cluster the
    process is connected to, or one of its own. `work_dir` must be on storage that all nodes share.

    Raises:
        TrainingError: a directory is missing or wrong, no example can be trained on, or the workers failed.
    """
    started = time.monotonic()
    tokenizer = load_tokenizer(base_model)
    examples = read_examples(atoms), read_examples(chains)
    corpus, aside = encode_corpus(tokenizer, *examples, config.max_length)
    check_window(base_model, config.max_length)
    stages = plan_stages(corpus.atoms, len(corpus) - corpus.atoms, config, seed, budget)
    quarantine = write_quarantine(aside, output)
    folder = Path(work_dir).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    with _ray(config):
        weights, losses = _run_workers(config, base_model, corpus, stages, seed, folder, on_progress)
    write_student(weights, base_model, output, card)
    shutil.rmtree(Path(weights).parent)
    return TrainResult(
        output=output,
        steps=sum(len(stage.steps) for stage in stages),
        visits=sum(stage.visits for stage in stages),
        tokens=sum(corpus.length(v) for stage in stages for step in stage.steps for v in step),
        set_aside=len(aside),
        quarantine=quarantine,
        losses=losses,
        seconds=time.monotonic() - started,
    )


@contextlib.contextmanager
def _ray(config: TrainingConfig) -> Iterator[None]:
    """The Ray cluster this process is connected to, or a local one for as long as needed."""
    import ray

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


class _Follower:
    """A thread that hands the board's steps to `on_progress` and keeps their losses."""

    def __init__(self, board: Any, on_progress: OnProgress | None) -> None:
        self.board, self.on_progress = board, on_progress
        self.losses: dict[int, float] = {}
        self._seen = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        while not self._stop.wait(0.2):
            self._drain()

    def _drain(self) -> None:
        import ray

        for step in ray.get(self.board.since.remote(self._seen)):
            self._seen += 1
            self.losses[step.step] = step.loss  # a stage begun anew after a crash overwrites its steps
            if self.on_progress is not None:
                self.on_progress(step)

    def finish(self) -> tuple[float, ...]:
        """Stops following, reads what is left, and gives the loss of each step in order."""
        self._stop.set()
        self._thread.join()
        self._drain()
        return tuple(self.losses[step] for step in sorted(self.losses))


def _run_workers(
    config: TrainingConfig,
    base_model: str,
    corpus: Corpus,
    stages: tuple[Stage, ...],
    seed: int,
    folder: Path,
    on_progress: OnProgress | None,
) -> tuple[str, tuple[float, ...]]:
    """Trains; returns the directory of the last stage's weights and the loss of every step."""
    import ray
    from ray.train.v2.api.exceptions import TrainingFailedError

    board = ray.remote(_Board).options(num_cpus=0).remote()
    logs = folder / "logs"
    task = WorkerTask(config, str(Path(base_model).absolute()), ray.put(corpus), stages, seed, board, str(logs))
    trainer = _trainer(config, task, folder, _fingerprint(config, base_model, corpus, stages, seed))
    follower = _Follower(board, on_progress)
    try:
        with _quiet_driver():
            result = trainer.fit()
    except TrainingFailedError as e:
        raise TrainingError(
            f"Fine-tuning failed after {config.max_failures} restarts: {_first_cause(e)} The workers' output is in "
            f"{logs}; running the same training again resumes after the last finished stage."
        ) from e
    finally:
        losses = follower.finish()
    assert result.checkpoint is not None, "every stage ends with a checkpoint"
    return result.checkpoint.path, losses


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


def _fingerprint(config: TrainingConfig, base_model: str, corpus: Corpus, stages: tuple[Stage, ...], seed: int) -> str:
    digest = hashlib.blake2b(digest_size=8)
    files = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in sorted(Path(base_model).iterdir())]
    for part in (config.model_dump_json(), repr(files), repr(stages), repr(seed)):
        digest.update(part.encode())
    for array in (corpus.tokens, corpus.loss, corpus.offsets):
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
