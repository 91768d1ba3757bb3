"""Time for tests of rates: a clock that leaps instead of waiting, and a watch that says whether real time was kept."""

import asyncio
import selectors
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest

T = TypeVar("T")
GRACE_S = 0.002
"""So long a socket of this machine may take to hand on what was written to it."""
LATE_S = 0.25
TRIES = 3


class _Leaping(selectors.DefaultSelector):
    """Where there is nothing to read, it does not wait: the clock goes on as if it had."""

    def __init__(self) -> None:
        super().__init__()
        self.now = time.monotonic()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(timeout if timeout is None or timeout <= 0 else min(timeout, GRACE_S))
        if not found and timeout is not None and timeout > 0:
            self.now += timeout
        return found


def run_leaping(work: Coroutine[Any, Any, T], monkeypatch: pytest.MonkeyPatch) -> T:
    """Runs it with `time.monotonic` by a clock on which nothing takes time but waiting, however busy the machine is.

    Client and server have to be in this process.
    """
    selector = _Leaping()
    with monkeypatch.context() as patched, asyncio.Runner(loop_factory=lambda: _loop(selector)) as runner:
        patched.setattr(time, "monotonic", lambda: selector.now)
        return runner.run(work)


def _loop(selector: selectors.BaseSelector) -> asyncio.AbstractEventLoop:
    return asyncio.SelectorEventLoop(selector)


def on_time(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """What it returns, run again if this process was late by `LATE_S` meanwhile: a busy machine tells nothing of rates.

    The last try counts in any case.
    """
    for _ in range(TRIES):
        found, late = asyncio.run(_watched(work()))
        if late < LATE_S:
            break
    return found


async def _watched(work: Coroutine[Any, Any, T]) -> tuple[T, float]:
    late = 0.0

    async def tick() -> None:
        nonlocal late
        while True:
            due = time.monotonic() + 0.02
            await asyncio.sleep(0.02)
            late = max(late, time.monotonic() - due)

    watch = asyncio.ensure_future(tick())
    try:
        return await work, late
    finally:
        watch.cancel()
