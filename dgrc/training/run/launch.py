"""Curriculum directories and a base model in, student directories out.

`train` reads and encodes the examples, plans every step and runs the workers under Ray Train, which
write the students. The driver holds no model. While the workers run, `on_progress` and the trackers are fed with
their steps (`progress`); the workers' own output goes to log files in `work_dir`.
"""

import contextlib
import hashlib
import logging
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import ray

from dgrc.config.engines import EngineConfig
from dgrc.config.training import TrainingConfig
from dgrc.errors import TrainingStoppedError
from dgrc.records import Example
from dgrc.runtime.driver import beside_driver
from dgrc.storage.contents import NOTES, contents
from dgrc.storage.objectstore.files import is_remote
from dgrc.storage.objectstore.hub import is_hub_name
from dgrc.training.data.inputs import check_vocabulary, check_window, load_tokenizer
from dgrc.training.data.stages import Budget
from dgrc.training.model.attention import check_attention
from dgrc.training.model.ds_config import deepspeed_settings, zero_stage
from dgrc.training.model.load import check_adapter, check_targets
from dgrc.training.run.checkpoints import checkpoints_at
from dgrc.training.run.course import Course, Planned, TrainResult, plan_course
from dgrc.training.run.progress import Board, OnProgress, following
from dgrc.training.run.task import Plan, WorkerTask
from dgrc.training.run.trackers import check_trackers, trackers
from dgrc.training.run.worker import train_worker

NO_HOLES = {"MALLOC_MMAP_THRESHOLD_": str(4 * 2**20), "MALLOC_TRIM_THRESHOLD_": str(64 * 2**20)}
"""Environment of workers that train by ZeRO 3 on a CPU: or glibc keeps gathered matrices in its heap, where they leave
holes. A student of 1.5B took 10 GiB a worker for 7 and more with each step (docs/log.md). Larger blocks now go straight
back to the system."""


PREEMPTIONS = 30
"""So many machines may be taken away with notice. Ray's own number is without limit, and it counts errors of ours as
preemptions too, once there was one."""


def train(
    config: TrainingConfig,
    courses: Sequence[Course],
    *,
    base_model: str,
    seed: int,
    work_dir: str,
    on_progress: OnProgress | None = None,
    budget: Budget | None = None,
    student: EngineConfig | None = None,
    hashes: Path | None = None,
    replayed: Iterable[Example] = (),
) -> dict[str, TrainResult]:
    """Fine-tunes `base_model` on each course and writes the students; all with equal visits and optimizer steps.

    How many is said by `budget`, or else by the first course and the configuration. Uses the Ray cluster the
    process is connected to, or one of its own. `student` is the section of the engine that will serve the
    students, and says how their chat template is asked. `work_dir` and outputs must be on storage that all nodes share.
    `hashes` is the file that keeps the hashes of the base model's weights, in `work_dir` if it is None. `replayed` are
    the examples of `replay.files`; they are gone through once a course.

    Returns:
        What was done, by course name.

    Raises:
        ConfigError: the DeepSpeed file cannot be used.
        TrainingError: a directory is missing or wrong, no example can be trained on, or the workers failed.
    """
    deepspeed_settings(config)  # these are said now, not when workers have started
    check_adapter(config.adapter)
    check_trackers(config.report_to)
    checkpoints_at(config, Path(work_dir))
    tokenizer = load_tokenizer(base_model)
    check_targets(base_model, config.adapter)
    check_attention(config, base_model)
    check_window(base_model, config.max_length)
    planned: list[Planned] = []
    for course in courses:
        planned.append(plan_course(config, course, tokenizer, seed, budget, student, replayed))
        check_vocabulary(base_model, tokenizer, [planned[-1].corpus.tokens.max()])
        if budget is None:
            budget = Budget(sum(s.visits for s in planned[0].stages), sum(len(s.steps) for s in planned[0].stages))
    folder = Path(work_dir).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    # A run of the same name takes up an interrupted one, so the name says all that decides the result.
    name = _fingerprint(config, base_model, planned, seed, hashes or folder / NOTES)
    with _ray(config):
        end = _run_workers(config, base_model, planned, seed, folder, name, on_progress)
    return {p.course.name: p.result(end["losses"][p.course.name], end["looks"][p.course.name]) for p in planned}


@contextlib.contextmanager
def _ray(config: TrainingConfig) -> Iterator[None]:
    """The Ray cluster this process is connected to, or a local one for as long as needed."""
    if ray.is_initialized():
        yield
        return
    ray.init(
        address="local",  # or Ray would join whatever cluster was last started on this machine, and refuse `num_cpus`
        num_cpus=math.ceil(config.most_workers * config.cpus_per_worker),
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
    )
    try:
        yield
    finally:
        ray.shutdown()


def _run_workers(
    config: TrainingConfig,
    base_model: str,
    planned: Sequence[Planned],
    seed: int,
    folder: Path,
    name: str,
    on_progress: OnProgress | None,
) -> dict[str, Any]:
    """Trains; returns the last place, with the losses of every step by course and stage."""
    from ray.train.v2.api.exceptions import TrainingFailedError

    board = ray.remote(Board).options(**beside_driver()).remote()
    logs = folder / "logs"
    plans = tuple(
        Plan(
            p.course.name, ray.put(p.corpus), p.stages, str(Path(p.course.output).absolute()), p.card(config),
            ray.put(p.validation) if p.validation is not None else None, p.looks(),
        )
        for p in planned
    )
    # A worker finds it by the same name: fetched where it runs, or in a folder that all nodes share.
    fetched = is_remote(base_model) or is_hub_name(base_model)
    named = base_model if fetched else str(Path(base_model).absolute())
    task = WorkerTask(config, named, plans, seed, board, str(folder))
    try:
        with (
            trackers(config.report_to, str(folder), folder.name, config.decisive()) as listeners,
            following(board, [*([on_progress] if on_progress else []), *listeners]),
            _quiet_driver(),
        ):
            result = _trainer(config, task, folder, name).fit()
    except TrainingFailedError as e:
        raise TrainingStoppedError(
            f"Fine-tuning failed after {config.max_failures} restarts: {_first_cause(e)} The workers' output is in "
            f"{logs}; running the same training again resumes from its last checkpoint."
        ) from e
    assert result.checkpoint is not None, "every student ends with a checkpoint"
    end: dict[str, Any] = result.checkpoint.get_metadata()
    storage, path = checkpoints_at(config, folder)
    storage.delete_dir(f"{path}/{name}")
    return end


def _trainer(config: TrainingConfig, task: WorkerTask, folder: Path, name: str) -> Any:
    from ray.train import CheckpointConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer
    from ray.train.v2.api.config import FailureConfig, LoggingConfig, RunConfig

    storage, path = checkpoints_at(config, folder)
    on_gpu = config.gpus_per_worker > 0
    retries = config.max_failures
    resources = {"CPU": config.cpus_per_worker, **config.resources_per_worker}
    resources |= {"GPU": config.gpus_per_worker} if on_gpu else {}
    environment = {"OMP_NUM_THREADS": str(max(1, int(config.cpus_per_worker))), "TOKENIZERS_PARALLELISM": "false"}
    if not on_gpu:
        environment |= {"DS_ACCELERATOR": "cpu", **(NO_HOLES if zero_stage(config) == 3 else {})}
    class Trainer(TorchTrainer):
        """One that leaves Ctrl-C alone: Ray Train's handler stays after the training, and ends what comes later."""

        def _register_sigint_handler(self, controller: Any) -> None:
            pass

    return Trainer(
        train_worker,
        train_loop_config={"task": task},
        torch_config=TorchConfig(backend="nccl" if on_gpu else "gloo"),
        scaling_config=ScalingConfig(num_workers=config.workers, use_gpu=on_gpu, resources_per_worker=resources),
        run_config=RunConfig(
            name=name,
            storage_path=path,
            storage_filesystem=storage,
            failure_config=FailureConfig(
                max_failures=retries, controller_failure_limit=retries, max_preemption_failures=PREEMPTIONS
            ),
            logging_config=LoggingConfig(log_level="CRITICAL"),  # what matters comes back as an exception
            checkpoint_config=CheckpointConfig(num_to_keep=config.checkpoints.keep),
            worker_runtime_env={"env_vars": environment},
        ),
    )


def _fingerprint(
    config: TrainingConfig, base_model: str, planned: Sequence[Planned], seed: int, hashes: Path | None = None
) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for part in (repr(sorted(config.decisive().items())), repr(contents(base_model, hashes)), repr(seed)):
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
