"""SIGTERM raises `KeyboardInterrupt` once where a command listens, and is left alone where nobody does."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from dgrc.runtime import signals


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(signals, "_listening", False)
    monkeypatch.setattr(signals, "_told", False)
    yield
    signal.signal(signal.SIGTERM, before)


def test_the_first_one_ends_and_the_second_does_not_disturb_the_end() -> None:
    signals.listen()
    assert not signals.told_to_end()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGTERM)
    assert signals.told_to_end()
    os.kill(os.getpid(), signal.SIGTERM)


def test_a_handler_that_ray_put_in_between_is_replaced_only_if_a_command_listens() -> None:
    rays = signal.getsignal(signal.SIGTERM)
    with signals.listening_after():
        pass
    assert signal.getsignal(signal.SIGTERM) is rays, "who uses dgrc as a library keeps his signals"
    signals.listen()
    with signals.listening_after():
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    assert signal.getsignal(signal.SIGTERM) is signals._stop


def test_a_signal_that_rays_handler_had_while_it_started_ends_a_command_as_ever() -> None:
    with pytest.raises(SystemExit), signals.listening_after():
        sys.exit(signal.SIGTERM)
    assert not signals.told_to_end(), "of a library it is the caller's"
    signals.listen()
    with pytest.raises(SystemExit, match="2"), signals.listening_after():
        sys.exit(2)
    with pytest.raises(KeyboardInterrupt), signals.listening_after():
        sys.exit(signal.SIGTERM)
    assert signals.told_to_end()


@pytest.mark.stack
def test_ray_gives_the_signal_back_to_the_system_and_the_session_takes_it_again() -> None:
    """In a process of its own: it is about the kernel's view of it."""
    done = subprocess.run([sys.executable, "-c", SESSION], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["stopped"]


SESSION = """
import os, signal, tempfile
from pathlib import Path
from dgrc.runtime import signals
from dgrc.config import Config
from dgrc.runtime.session import ray_session
from dgrc.storage.run_dir import RunDir

signals.listen()
config = Config.model_validate({"ray": {"object_store_gib": 0.1}})
with ray_session(config, RunDir(Path(tempfile.mkdtemp()))):
    pass
try:
    os.kill(os.getpid(), signal.SIGTERM)
except KeyboardInterrupt:
    print("stopped")
"""
