"""What a process does of a run right now, told to whoever looks from another one.

Whoever works notes it in a small file of the run; `dgrc status` reads it. It is a courtesy: nothing depends on it, and
a note that cannot be written is not written. What a killed process noted stays, so it also says where a run stopped.
"""

import contextlib
import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from dgrc.errors import DgrcError
from dgrc.storage.atomic import write_json
from dgrc.storage.run_dir import UNDERWAY, RunDir

EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class AskedRole:
    """How one role's engines are asked in a step.

    Attributes:
        role: Whose engines.
        queue: Requests that have no reply yet, those that are being answered among them.
        rate: Replies a second.
        tokens: Tokens that are written a second.
        cached: The share of the tokens read that a cache had; None where no engine said that any were.
    """

    role: str
    queue: int
    rate: float
    tokens: float
    cached: float | None = None

    def told(self) -> str:
        """The line of it."""
        hits = "" if self.cached is None else f"  {self.cached:.0%} of what is read was cached"
        rates = f"{self.rate:7.1f} replies/s  {self.tokens:,.0f} tokens/s"
        return f"{self.role:<9} {self.queue:>7,} in flight  {rates}{hits}"


@dataclass(frozen=True, slots=True)
class Note:
    """A step of a round: `done` of `total` units (0: not known), at `rate` a second, at a time since the epoch; and how
    each role is asked in it."""

    round: int
    step: str
    done: int = 0
    total: int = 0
    unit: str = "rows"
    rate: float = 0.0
    at: float = 0.0
    roles: tuple[AskedRole, ...] = ()

    @property
    def left_s(self) -> float | None:
        """Seconds that are left at this rate, None where nobody knows."""
        return (self.total - self.done) / self.rate if self.rate > 0 and self.total else None


class Notes:
    """Notes of one process about a run, not more often than every few seconds but for a new step."""

    def __init__(self, run: RunDir):
        self._run = run
        self._step, self._noted = "", 0.0

    def __call__(
        self, step: str, done: int = 0, total: int = 0, unit: str = "rows", rate: float = 0.0,
        roles: Sequence[AskedRole] = (),
    ) -> None:  # fmt: skip
        now = time.monotonic()
        if step == self._step and now - self._noted < EVERY_S:
            return
        self._step, self._noted = step, now
        note = Note(self._run.number, step, done, total, unit, round(rate, 4), round(time.time(), 1), tuple(roles))
        with contextlib.suppress(DgrcError):  # a disk that is full stops the work where it is written, not here
            write_json(self._run.root / UNDERWAY, dataclasses.asdict(note))

    def counting(self, step: str, total: int, unit: str) -> Callable[[], None]:
        """A step begins that has so many units; the function is to be called after each."""
        began, done = time.monotonic(), 0
        self(step, 0, total, unit)

        def one_more() -> None:
            nonlocal done
            done += 1
            self(step, done, total, unit, done / max(time.monotonic() - began, 1e-9))

        return one_more


def read_note(run: RunDir) -> Note | None:
    """What was noted last, None if nothing or nothing that can be read."""
    try:
        return TypeAdapter(Note).validate_json((run.root / UNDERWAY).read_bytes())
    except (OSError, ValueError):
        return None
