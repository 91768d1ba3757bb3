"""How many CPUs a cluster started here is told to have, and that nothing is left running when it ends."""

import json
import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from dgrc.config.file import make_config
from dgrc.errors import ConfigError
from dgrc.runtime.session import DATA_CPUS, _logical_cpus
from tests.paths import ROOT


def test_engines_and_ray_data_both_find_room() -> None:
    config = make_config({"teacher": {"replicas": 3, "cpus": 4}, "student": {"cpus": 1.5}})
    assert _logical_cpus(config) >= 3 * 4 + 1.5 + DATA_CPUS


def test_training_that_needs_more_than_the_engines_counts() -> None:
    config = make_config({"training": {"workers": 40, "cpus_per_worker": 2}})
    assert _logical_cpus(config) >= 80 + DATA_CPUS


def test_too_few_cpus_are_refused_not_waited_for() -> None:
    with pytest.raises(ConfigError, match=r"`ray.num_cpus` is 4.*Set it to 6 or more"):
        _logical_cpus(make_config({"ray": {"num_cpus": 4}}))


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """What one session tells that an exception ends, in a process of its own, which Ray might end with status 1."""
    done = subprocess.run([sys.executable, "-c", SESSION], capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.stack
def test_what_an_exception_left_running_ends_before_ray_does(told: dict[str, Any]) -> None:
    assert told["executions"] == ["running", "ended"]


@pytest.mark.stack
def test_every_worker_is_bound_to_its_raylet(told: dict[str, Any]) -> None:
    """What that is good for is in test_processes."""
    assert told["death_signals"] == [signal.SIGKILL, signal.SIGKILL]


@pytest.mark.stack
def test_no_worker_starts_before_it_is_asked_for_nor_by_way_of_another_process(told: dict[str, Any]) -> None:
    """Each costs an import of Ray; for a runtime environment Ray starts a process before each, which imports it too."""
    assert told["workers"] == 0
    assert told["runtime_envs"] == [{}, {"env_vars": {"OMP_NUM_THREADS": "1"}}]


@pytest.mark.stack
def test_workers_import_this_checkout_and_the_callers_environment_is_as_it_was(told: dict[str, Any]) -> None:
    assert all(path.split(os.pathsep)[0] == str(ROOT) for path in told["paths"])
    assert told["changed"] == []


@pytest.mark.stack
def test_ray_gives_the_signal_back_to_the_system_and_the_session_takes_it_again(told: dict[str, Any]) -> None:
    """It is about the kernel's view of it; the rest is in test_signals."""
    assert told["after"] == "stopped"


SESSION = """
import ctypes, json, os, signal, tempfile, threading, time
import psutil
from pathlib import Path
from dgrc.config import Config
from dgrc.runtime import signals
from dgrc.runtime.session import ray_session
from dgrc.storage.run_dir import RunDir

def threads():
    return [t for t in threading.enumerate() if t.name.startswith("StreamingExecutor")]

def slow(batch):
    time.sleep(0.2)
    return batch

told = {"executions": [], "after": ""}
os.environ.pop("PYTHONPATH", None)
signals.listen()
config = Config.model_validate({"ray": {"object_store_gib": 0.1}})
try:
    with ray_session(config, RunDir(Path(tempfile.mkdtemp()))):
        import ray
        from ray._private.ray_constants import WORKER_PROCESS_SETUP_HOOK_ENV_VAR

        started = [" ".join(process.cmdline()) for process in psutil.Process().children(recursive=True)]
        told["workers"] = sum("ray::IDLE" in line or "_worker.py" in line.split("--")[0] for line in started)
        told["changed"] = [name for name in ("PYTHONPATH", WORKER_PROCESS_SETUP_HOOK_ENV_VAR) if name in os.environ]

        @ray.remote
        class Actor:
            def signal(self):
                found = ctypes.c_int()
                ctypes.CDLL(None).prctl(2, ctypes.byref(found))  # PR_GET_PDEATHSIG
                return found.value

            def environment(self):
                return os.environ["PYTHONPATH"], dict(ray.get_runtime_context().runtime_env)

        actors = [Actor.remote(), Actor.options(runtime_env={"env_vars": {"OMP_NUM_THREADS": "1"}}).remote()]
        told["death_signals"] = ray.get([actor.signal.remote() for actor in actors])
        environments = ray.get([actor.environment.remote() for actor in actors])
        told["paths"], told["runtime_envs"] = zip(*environments)
        for actor in actors:
            ray.kill(actor)
        batches = iter(ray.data.range(500, override_num_blocks=500).map_batches(slow).iter_batches(batch_size=1))
        next(batches)
        told["executions"].append("running" if threads() else "over")
        down = ray.shutdown
        ray.shutdown = lambda: (told["executions"].append("running" if threads() else "ended"), down())
        raise KeyboardInterrupt
except KeyboardInterrupt:
    pass
try:
    os.kill(os.getpid(), signal.SIGTERM)
except KeyboardInterrupt:
    told["after"] = "stopped"
print(json.dumps(told))
"""
