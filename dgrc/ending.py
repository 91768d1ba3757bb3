"""SIGTERM, which is how Kubernetes, Slurm and clouds announce the end, ends a command as a Ctrl-C does.

Only a command listens; who uses dgrc as a library keeps signals to himself. Ray puts a handler of its own in place when
a driver joins it, so the session listens again after that.
"""

import signal
import threading

_listening = False
_told = False


def listen() -> None:
    """From here on SIGTERM raises `KeyboardInterrupt`, once: what follows is the end, which is not to be disturbed."""
    global _listening
    if threading.current_thread() is threading.main_thread():  # nobody else may
        signal.signal(signal.SIGTERM, _stop)
        _listening = True


def listen_again() -> None:
    """Takes the signal back, if it was listened to."""
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
