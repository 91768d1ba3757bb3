"""What the user sees while a pass works: rows done, rate, time left, calls and tokens, and how each role is asked.

Workers add to counters on a small actor (`Board`); a thread of the driver reads them and draws a line for the pass and
one for each role on standard error. On a terminal the lines are redrawn, elsewhere new ones come every 15 s. A Python
caller may have the lines instead (`told`).
"""

import contextlib
import shutil
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, TextIO

import ray

from dgrc.runtime.clock import clock
from dgrc.runtime.driver import every
from dgrc.storage.underway import AskedRole

OFTEN_S, SELDOM_S = 0.5, 15.0
"""Between two lines on a terminal, and elsewhere."""
_listener: ContextVar[Callable[[str], None] | None] = ContextVar("_listener", default=None)


@contextlib.contextmanager
def told(listener: Callable[[str], None]) -> Iterator[None]:
    """While entered, passes that begin have this function told each line, and write nothing themselves."""
    before = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(before)


def tell(text: str) -> None:
    """A line about a pass, for whoever listens, else on standard error."""
    listener = _listener.get()
    if listener is not None:
        listener(text)
    else:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


@ray.remote
class Board:
    """Counters that all workers of a pass add to."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = defaultdict(int)
        self._in_flight: dict[str, dict[str, int]] = {}

    def add(self, deltas: dict[str, int], sender: str, in_flight: dict[str, int]) -> None:
        """Adds deltas; `in_flight` is how many requests the sender has under way now, by role."""
        for name, delta in deltas.items():
            self._counts[name] += delta
        self._in_flight[sender] = in_flight
        now = {role for one in self._in_flight.values() for role in one}
        by_role = {role: sum(one.get(role, 0) for one in self._in_flight.values()) for role in now}
        self._counts |= {f"in_flight/{role}": count for role, count in by_role.items()}
        self._counts["in_flight"] = sum(by_role.values())
        self._counts["peak_in_flight"] = max(self._counts["peak_in_flight"], self._counts["in_flight"])

    def read(self) -> dict[str, int]:
        """All counters, in all and by role (`NAME/ROLE`), the requests in flight as the workers last reported them, and
        the most there were."""
        return dict(self._counts)


@contextlib.contextmanager
def progress_line(
    name: str, board: Any, total: int, out: TextIO | None = None,
    note: Callable[[int, float, list[AskedRole]], None] | None = None,
) -> Iterator[None]:  # fmt: skip
    """Draws the lines of one pass while entered.

    Args:
        name: The pass.
        board: Its counters.
        total: Rows to do in this life of the pass.
        out: Where to draw; standard error.
        note: Is told rows done, rows a second and how each role is asked, as often as lines are drawn.
    """
    listener, out = _listener.get(), out or sys.stderr
    live, began, height = listener is None and out.isatty(), time.monotonic(), 1

    def draw() -> None:
        nonlocal height
        try:
            counts = ray.get(board.read.remote(), timeout=10)
        except Exception:  # noqa: BLE001 - a lost line of progress must not end the pass
            return
        seconds = time.monotonic() - began
        roles = asked(counts, seconds)
        lines = [line(name, counts, total, seconds), *(f"    {role.told()}" for role in roles)]
        if note is not None:
            note(counts.get("rows", 0), counts.get("rows", 0) / seconds, roles)
        if listener is not None:  # taken above, for a thread does not see what is set here
            for text in lines:
                listener(text)
            return
        height = len(lines)
        out.write(redrawn(lines, shutil.get_terminal_size().columns) if live else "\n".join(lines) + "\n")
        out.flush()

    try:
        with every(OFTEN_S if live else SELDOM_S, draw):
            yield
    finally:
        if live:
            out.write("\n" * height)


def redrawn(lines: Sequence[str], columns: int) -> str:
    """Lines drawn over those before, none of which may be folded. The cursor is left at the first of them: what
    somebody else writes then stands above the next ones, and is not lost under them."""
    back = f"\x1b[{len(lines) - 1}F" if len(lines) > 1 else "\r"
    return "\r\x1b[J" + "\n".join(text[: columns - 1] for text in lines) + back


def asked(counts: Mapping[str, int], seconds: float) -> list[AskedRole]:
    """How each role was asked so far, by the counters of a pass."""
    roles = sorted({name.partition("/")[2] for name in counts if name.startswith(("calls/", "in_flight/"))})
    seconds = max(seconds, 1e-9)
    found = []
    for role in roles:
        queue, calls, tokens, read, cached = (
            counts.get(f"{name}/{role}", 0) for name in ("in_flight", "calls", "tokens", "read", "cached")
        )
        share = round(cached / read, 4) if cached and read else None
        found.append(AskedRole(role, queue, round(calls / seconds, 2), round(tokens / seconds, 1), share))
    return found


def line(name: str, counts: dict[str, int], total: int, seconds: float) -> str:
    """One line: rows done of all, rows/s, time left, calls, tokens, tokens/s, requests in flight, money."""
    rows = counts.get("rows", 0)
    rate = rows / seconds if seconds > 0 else 0.0
    left = f"{clock((total - rows) / rate)} left" if rate > 0 else "starting"
    tokens = counts.get("tokens", 0)
    return (
        f"  {name:<8} {rows:>7,}/{total:,} rows  {rate:7.1f}/s  {left:>12}  {counts.get('calls', 0):,} calls  "
        f"{tokens:,} tokens  {tokens / max(seconds, 1e-9):,.0f} tokens/s  {counts.get('in_flight', 0):,} in flight"
        + (f"  {counts['millionths'] / 1e6:,.2f} in money" if "millionths" in counts else "")
    )
