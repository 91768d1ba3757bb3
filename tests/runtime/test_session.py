"""How many CPUs a cluster started here is told to have, and that nothing is left running when it ends."""

import subprocess
import sys

import pytest

from dgrc.config.file import make_config
from dgrc.errors import ConfigError
from dgrc.runtime.session import DATA_CPUS, _logical_cpus


def test_engines_and_ray_data_both_find_room() -> None:
    config = make_config({"teacher": {"replicas": 3, "cpus": 4}, "student": {"cpus": 1.5}})
    assert _logical_cpus(config) >= 3 * 4 + 1.5 + DATA_CPUS


def test_training_that_needs_more_than_the_engines_counts() -> None:
    config = make_config({"training": {"workers": 40, "cpus_per_worker": 2}})
    assert _logical_cpus(config) >= 80 + DATA_CPUS


def test_too_few_cpus_are_refused_not_waited_for() -> None:
    with pytest.raises(ConfigError, match=r"`ray.num_cpus` is 4.*Set it to 6 or more"):
        _logical_cpus(make_config({"ray": {"num_cpus": 4}}))


@pytest.mark.stack
def test_what_an_exception_left_running_ends_before_ray_does() -> None:
    """In a process of its own, which Ray might end with status 1."""
    done = subprocess.run([sys.executable, "-c", BROKEN_OFF], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout.split()) == (0, ["running", "ended"]), done.stderr[-2000:]


BROKEN_OFF = """
import tempfile, threading, time
from pathlib import Path
from dgrc.config import Config
from dgrc.runtime.session import ray_session
from dgrc.storage.run_dir import RunDir

def threads():
    return [t for t in threading.enumerate() if t.name.startswith("StreamingExecutor")]

def slow(batch):
    time.sleep(0.2)
    return batch

config = Config.model_validate({"ray": {"object_store_gib": 0.1}})
try:
    with ray_session(config, RunDir(Path(tempfile.mkdtemp()))):
        import ray

        batches = iter(ray.data.range(500, override_num_blocks=500).map_batches(slow).iter_batches(batch_size=1))
        next(batches)
        print("running" if threads() else "over")
        down = ray.shutdown
        ray.shutdown = lambda: (print("running" if threads() else "ended"), down())
        raise KeyboardInterrupt
except KeyboardInterrupt:
    pass
"""
