"""SIGTERM raises `KeyboardInterrupt` once where a command listens, and is left alone where nobody does. That a session
of Ray leaves it so is in test_session."""

import os
import signal
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
