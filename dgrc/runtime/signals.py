"""SIGTERM, which is how Kubernetes, Slurm and clouds announce the end, ends a command as a Ctrl-C does.

Only a command listens; who uses dgrc as a library keeps signals to himself. Ray puts handlers of its own in place when
a driver joins it and gives the signal back to the system when it leaves, so the session listens again after both.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_listening = False
_told = False


def listen() -> None:
    """From here on SIGTERM raises `KeyboardInterrupt`, once: what follows is the end, which is not to be disturbed."""
    global _listening
    if threading.current_thread() is threading.main_thread():  # nobody else may
        signal.signal(signal.SIGTERM, _stop)
        _listening = True


@contextmanager
def listening_after() -> Iterator[None]:
    """Takes the signal back, if it was listened to, from what is called while this is entered; and if it came just
    then and Ray's handler had it, which exits, ends as ever.
    """
    global _told
    try:
        yield
    except SystemExit as e:
        if not _listening or e.code != signal.SIGTERM:
            raise
        _told = True
        raise KeyboardInterrupt from e
    finally:
        if _listening:
            listen()


def told_to_end() -> bool:
    """Whether the signal came. The exception does not say: Ray replaces it by one of its own."""
    return _told


def _stop(number: int, frame: object) -> None:
    global _told
    if not _told:
        _told = True
        raise KeyboardInterrupt
