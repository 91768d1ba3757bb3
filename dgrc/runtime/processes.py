"""Sees to it that no process outlives the one that started it, however that one went.

A Ray worker notices by itself that its raylet is gone, unless it hangs or is stopped: then nobody is left to end it. So
the kernel is told to. vLLM's engine core is a child of an actor and knows nothing of this; when its actor is killed
outright (node lost, out of memory, `ray.kill`) it would keep its memory for ever. So a small watcher process holds one
end of a pipe whose other end only the actor has: end of file means that the actor is gone, and the watcher kills what
it left behind.
"""

import ctypes
import os
import signal
import subprocess
import sys

import psutil

PR_SET_PDEATHSIG = 1  # linux/prctl.h
WATCHER = """
import os, signal, sys
sys.stdin.buffer.read()
for pid, born in (pair.split(":") for pair in sys.argv[1:]):
    try:
        with open(f"/proc/{pid}/stat") as f:
            if f.read().rsplit(")", 1)[1].split()[19] == born:
                os.kill(int(pid), signal.SIGKILL)
    except OSError:
        pass
"""


def bind_to_raylet() -> None:
    """Has the kernel kill this process outright as soon as its raylet is gone: Ray calls it in every worker process.

    Does nothing where the raylet is not its parent (a worker in a container of its own) or there is no such call.
    """
    raylet = os.getppid()
    if sys.platform != "linux" or os.environ.get("RAY_RAYLET_PID") != str(raylet):
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != raylet:  # it went just before, and nobody will be told
        os._exit(1)


def bind_children() -> "subprocess.Popen[bytes]":
    """Starts a watcher over all present descendants of this process. Keep the returned handle alive."""
    children = psutil.Process().children(recursive=True)
    pairs = [f"{child.pid}:{born}" for child in children if (born := _start_ticks(child.pid)) is not None]
    return subprocess.Popen(
        [sys.executable, "-S", "-c", WATCHER, *pairs],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # signals to the actor's group must not end the watcher first
    )


def _start_ticks(pid: int) -> str | None:
    """Start time in clock ticks: with the pid it names a process even if the pid is used again."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[19]
    except OSError:
        return None
