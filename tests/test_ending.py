"""SIGTERM raises `KeyboardInterrupt` once where a command listens, and is left alone where nobody does."""

import os
import signal
from collections.abc import Iterator

import pytest

from dgrc import ending


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(ending, "_listening", False)
    monkeypatch.setattr(ending, "_told", False)
    yield
    signal.signal(signal.SIGTERM, before)


def test_the_first_one_ends_and_the_second_does_not_disturb_the_end() -> None:
    ending.listen()
    assert not ending.told_to_end()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGTERM)
    assert ending.told_to_end()
    os.kill(os.getpid(), signal.SIGTERM)


def test_a_handler_that_ray_put_in_between_is_replaced_only_if_a_command_listens() -> None:
    rays = signal.getsignal(signal.SIGTERM)
    ending.listen_again()
    assert signal.getsignal(signal.SIGTERM) is rays, "who uses dgrc as a library keeps his signals"
    ending.listen()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ending.listen_again()
    assert signal.getsignal(signal.SIGTERM) is ending._stop
