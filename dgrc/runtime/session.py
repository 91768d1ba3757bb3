"""One Ray session for the length of a command: joins a cluster or starts one here, quietly.

Ray's and vLLM's own words go to Ray's log files; the session folder is linked from the run's `logs/`.
Leaving the session ends every process it started. A session that is there already, of a notebook say, is the caller's:
it is used if it has room, and left as it was found.
"""

import contextlib
import logging
import math
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dgrc.config import Config
from dgrc.errors import ConfigError, DgrcError
from dgrc.runtime.signals import listening_after
from dgrc.storage.atomic import explain_os_error
from dgrc.storage.run_dir import RunDir

STDERR = 2
EXECUTION_ENDS_S = 10.0
"""So long a thread of Ray Data is waited for that was told to end; it looks once in a turn of its loop."""
DATA_CPUS = 4
"""Ray Data's own: listing files, the reader of their footers that the listing waits for, the checkpoint filter, a read.
With two a resumed pass came to a standstill: filter and listing had them, and the footer reader could not start."""
MAX_CONCURRENCY = "RAY_DATA_DEFAULT_ASYNC_BATCH_UDF_MAX_CONCURRENCY"
DATA_CONTEXT = ("enable_progress_bars", "print_on_execution_start", "use_datasource_v2")
"""Switches of Ray Data's that are off. Ray 2.60's new Parquet reader takes 4 to 6 s for the smallest folder, its old
one 0.2 s (docs/log.md)."""
ENVIRONMENT = {
    "RAY_DEDUP_LOGS": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_TRAIN_V2_ENABLED": "1",
    # Else Ray starts a worker for each CPU that it was told of, and waits for all; a pass has use for two or three.
    "RAY_prestart_worker_first_driver": "0",
    "TOKENIZERS_PARALLELISM": "false",
    # Ray's own default is to try again for ever what it ended for want of memory; a pass must come to an end.
    "RAY_task_oom_retries": "15",
    # How many batches of a block one async worker may have under way; blocks are cut into batches of 64 rows, so this
    # is enough for blocks of 32,768 rows. With Ray's own 4, a worker would keep 256 questions in flight.
    MAX_CONCURRENCY: "512",
}
"""Set before Ray is started, and before Ray Data first maps (it reads the last one then)."""
SETUP_HOOK = "dgrc.runtime.processes.bind_to_raylet"


@contextlib.contextmanager
def ray_session(config: Config, run: RunDir) -> Iterator[None]:
    """Ray initialised while entered.

    Raises:
        ConfigError: the caller's own session is of this machine alone and has too few CPUs.
        DgrcError: the cluster cannot be reached or started.
    """
    os.environ.update({k: v for k, v in ENVIRONMENT.items() if k not in os.environ})
    import ray

    if ray.is_initialized():  # a caller's session, for example a notebook's, a test's or a Ray job's
        _check_room(config)
        with _data_context():
            yield
        return
    try:
        run.logs.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise explain_os_error(e, run.logs) from e
    with native_noise_to(run.logs / "native.log"), _data_context():
        yield from _session(config, run)


def _session(config: Config, run: RunDir) -> Iterator[None]:
    import ray

    args = _init_args(config)
    try:
        with listening_after(), _inherited() if args["address"] == "local" else contextlib.nullcontext():
            ray.init(**args)
    except Exception as e:  # Ray raises many kinds here; each means: no cluster
        reason = str(e).strip().splitlines()[0] if str(e).strip() else type(e).__name__
        raise DgrcError(
            f"Ray could not {'join ' + config.ray.address if config.ray.address else 'start here'}: {reason} "
            "Check `ray.address`, free memory and /dev/shm, and that no half-dead Ray is left (`ray stop`)."
        ) from e
    try:
        with _quiet_loggers(run):
            _link_logs(run)
            yield
    finally:
        try:
            _end_executions()
        finally:
            with listening_after():
                ray.shutdown()


def _end_executions() -> None:
    """Ends the threads of Ray Data that an exception left running, or for which Ray Data waited two seconds in vain.

    One that asks Ray for something after the shutdown ends the whole process, with status 1 and no word.
    """
    from ray.data._internal.execution.streaming_executor import StreamingExecutor  # Ray has no public way to them

    for thread in threading.enumerate():
        if isinstance(thread, StreamingExecutor):
            with contextlib.suppress(Exception):  # why the session ends is another matter, which is not to be hidden
                thread.shutdown(force=False)  # the thread alone: its tasks end with Ray
            thread.join(EXECUTION_ENDS_S)


@contextlib.contextmanager
def native_noise_to(file: Path) -> Iterator[None]:
    """Sends what C++ code writes to standard error to a file; Python's own words still reach the screen.

    Ray's core complains there in every pass about its own way of starting actors, and dumps a stack at SIGTERM.
    """
    try:
        real = sys.stderr.fileno() == STDERR
    except (OSError, ValueError, AttributeError):  # a test's or a notebook's stand-in has no descriptor
        real = False
    if not real:
        yield
        return
    before, screen = sys.stderr, os.fdopen(os.dup(STDERR), "w", buffering=1)
    with open(file, "ab") as log:
        os.dup2(log.fileno(), STDERR)
    sys.stderr = screen
    try:
        yield
    finally:
        os.dup2(screen.fileno(), STDERR)
        sys.stderr = before


def _init_args(config: Config) -> dict[str, Any]:
    args: dict[str, Any] = dict(log_to_driver=False, logging_level=logging.ERROR)
    if config.ray.address:
        path = {"PYTHONPATH": _python_path()}
        return args | dict(
            address=config.ray.address, runtime_env={"env_vars": path, "worker_process_setup_hook": SETUP_HOOK}
        )
    return args | dict(
        address="local",
        num_cpus=_logical_cpus(config),
        object_store_memory=int(config.ray.object_store_gib * 2**30),
        include_dashboard=False,
    )


@contextlib.contextmanager
def _inherited() -> Iterator[None]:
    """What workers need, in the environment that Ray's daemons inherit if they are started while this is entered.

    In a runtime environment it would cost each worker a process before it that imports Ray only to set it.
    """
    from ray._private.ray_constants import WORKER_PROCESS_SETUP_HOOK_ENV_VAR  # Ray's own way to hand the hook on

    given = {"PYTHONPATH": _python_path(), WORKER_PROCESS_SETUP_HOOK_ENV_VAR: SETUP_HOOK}
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _needed_cpus(config: Config) -> int:
    """Engines or training, whichever reserve more, and Ray Data."""
    engines = sum(e.most_replicas * e.cpus_of_replica for e in config.engines().values())
    training = config.training.most_workers * config.training.cpus_per_worker
    return math.ceil(max(engines, training)) + DATA_CPUS


def _check_room(config: Config) -> None:
    """Refuses a caller's session in which something would wait for ever; a cluster may grow, this machine does not."""
    import ray

    node = ray._private.worker._global_node  # Ray has no public way to ask who started it
    if node is None or not node.is_head():
        return
    needed, there = _needed_cpus(config), int(ray.cluster_resources().get("CPU", 0))
    if there < needed:
        raise ConfigError(
            f"Ray runs in this process already, with {there} CPUs, but engines or training reserve "
            f"{needed - DATA_CPUS} and Ray Data needs {DATA_CPUS} beside them, or they wait for ever. Start it with "
            f"`ray.init(num_cpus={needed})`, which may be more than there are cores, or end it with `ray.shutdown()`: "
            "then dgrc starts one of its own."
        )


def _logical_cpus(config: Config) -> int:
    """CPUs to tell a cluster started here: enough for engines or training, whichever is more, and for Ray Data.

    On a small machine this is more than there are cores: engines that share a core are slower than
    two of them would be, but a pass whose engines never start is no use at all.

    Raises:
        ConfigError: `ray.num_cpus` asks for fewer.
    """
    needed = _needed_cpus(config)
    if config.ray.num_cpus is not None and config.ray.num_cpus < needed:
        raise ConfigError(
            f"`ray.num_cpus` is {config.ray.num_cpus}, but engines or training reserve {needed - DATA_CPUS} and Ray "
            f"Data needs {DATA_CPUS} beside them, or it waits for ever. Set it to {needed} or more, or leave it out."
        )
    # Between rounds engines stay up while a student is trained, if there is room.
    beside = config.training.most_workers * config.training.cpus_per_worker if config.rounds.count > 1 else 0
    return config.ray.num_cpus or max(os.cpu_count() or 1, needed + math.ceil(beside))


def _python_path() -> str:
    """With it workers import this package also when it runs from a checkout that is not installed."""
    package_root = str(Path(__file__).resolve().parents[2])
    return os.pathsep.join(p for p in (package_root, *os.environ.get("PYTHONPATH", "").split(os.pathsep)) if p)


@contextlib.contextmanager
def _data_context() -> Iterator[None]:
    """Ray Data set as its passes need it while entered."""
    import ray.data  # sets up its logger when imported, so this has to come before `_quiet_loggers`

    context = ray.data.DataContext.get_current()
    before = {name: getattr(context, name) for name in DATA_CONTEXT}
    # A caller who used Ray Data before has had it read this variable when it was not set yet.
    if planner := sys.modules.get("ray.data._internal.planner.plan_udf_map_op"):
        planner.__dict__[MAX_CONCURRENCY.removeprefix("RAY_DATA_")] = int(os.environ[MAX_CONCURRENCY])
    try:
        for name in DATA_CONTEXT:
            setattr(context, name, False)
        yield
    finally:
        for name, value in before.items():
            setattr(context, name, value)


@contextlib.contextmanager
def _quiet_loggers(run: RunDir) -> Iterator[None]:
    """While entered, sends what Ray says in the driver to a file: its loggers, and the messages of its daemons.

    Ray prints the latter to standard output, which belongs to the command's own result.
    """
    import ray._private.worker

    for name in ("ray", "ray.train", "ray.tune"):
        logging.getLogger(name).setLevel(logging.ERROR)
    for handler in logging.getLogger("ray.data").handlers:
        if isinstance(handler, logging.StreamHandler):  # its file handler, which is none, keeps everything
            handler.setLevel(logging.CRITICAL)  # an error of a pass reaches the user as an exception, once
    file = run.logs / "ray-messages.log"

    def to_file(data: dict[str, Any], ignore_prefix: bool) -> None:
        with open(file, "a", encoding="utf-8") as f:
            f.writelines(line + "\n" for line in data["lines"])

    printing = ray._private.worker.print_to_stdstream
    ray._private.worker.print_to_stdstream = to_file
    try:
        yield
    finally:
        ray._private.worker.print_to_stdstream = printing


def _link_logs(run: RunDir) -> None:
    """Leaves a link to this session's logs, so that they are found when something went wrong."""
    import ray

    node = ray._private.worker._global_node  # Ray has no public name for the session folder
    if node is not None:
        link = run.logs / "ray"
        link.unlink(missing_ok=True)
        link.symlink_to(Path(node.get_session_dir_path()) / "logs")
