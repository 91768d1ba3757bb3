"""Servers of tests on loopback, each in a process of its own that prints its URL as its first line."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.paths import ROOT


@contextmanager
def serving(module: str, *args: str) -> Iterator[str]:
    """The URL of `python -m module`, which serves as long as this is entered."""
    process = subprocess.Popen([sys.executable, "-m", module, *args], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()
