"""Children of an actor die with it, and the actor with its raylet, even when that one is killed outright. That every
worker of a session is bound to its raylet is in test_session."""

import signal
import subprocess
import sys
import time

import psutil
import pytest

from dgrc.engines.pool import _alive

PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"])
from dgrc.runtime.processes import bind_children
watcher = bind_children()
print(child.pid, flush=True)
time.sleep(600)
"""
RAYLET = """
import os, subprocess, sys, time
code = "import time; from dgrc.runtime.processes import bind_to_raylet as b; b(); print(0, flush=True); time.sleep(600)"
environment = os.environ | {"RAY_RAYLET_PID": str(os.getpid() + int(sys.argv[1]))}
child = subprocess.Popen([sys.executable, "-c", code], env=environment, start_new_session=True, stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("away", [0, 1])
def test_a_worker_that_cannot_notice_dies_with_its_raylet_and_with_no_other_parent(away: int) -> None:
    with subprocess.Popen([sys.executable, "-c", RAYLET, str(away)], stdout=subprocess.PIPE, text=True) as raylet:
        assert raylet.stdout is not None
        worker = psutil.Process(int(raylet.stdout.readline()))
        worker.suspend()  # nothing in it runs any more, as in one that hangs on its way out
        raylet.kill()
        gone, _ = psutil.wait_procs([worker], timeout=1 if away else 30)
        try:
            assert bool(gone) == (not away)
        finally:
            if not gone:
                worker.kill()


def test_killing_the_parent_ends_the_child() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    assert child.is_running()
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    deadline = time.monotonic() + 30
    while _alive(child.pid):
        assert time.monotonic() < deadline, "the child outlived its parent"
        time.sleep(0.05)
