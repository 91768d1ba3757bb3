"""Sees to it that an engine's child processes die with the process that started them.

vLLM's engine core is a separate process. When its actor is killed outright (node lost, out of
memory, `ray.kill`) nobody tells the core, and it would keep its memory for ever. So a small watcher
process holds one end of a pipe whose other end only the actor has: end of file means that the actor
is gone, however it went, and the watcher kills what it left behind.
"""

import subprocess
import sys

import psutil

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
