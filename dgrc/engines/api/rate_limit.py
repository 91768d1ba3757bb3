"""Limits in, permission to send out: rates, concurrency and budgets as plain arithmetic on a clock that is passed in.

`ledger.py` shares the rates and budgets across a cluster; each engine has a `Window` of its own.
"""

import asyncio
import heapq
import itertools
import random
from dataclasses import dataclass

HEADROOM = 0.98
"""Share of a rate that is used: requests leave in time, but the network makes some arrive early and some late."""


class Pace:
    """Evenly spaced permissions (the generic cell rate algorithm without burst): a pause is not made up for, so no
    minute ever has more than its share, wherever the server lets a minute begin.

    Args:
        per_minute: So many units a minute; None is no limit.
    """

    def __init__(self, per_minute: float | None):
        self._each = 60 / (per_minute * HEADROOM) if per_minute else 0.0
        self._free = 0.0

    def delay(self, now: float) -> float:
        """Seconds until the next unit may go."""
        return max(0.0, self._free - now)

    def take(self, amount: float, now: float) -> None:
        """Uses up units from the next free moment on."""
        self._free = max(self._free, now) + amount * self._each

    def correct(self, amount: float) -> None:
        """Adds units that were used beyond what was taken, or gives some back (negative)."""
        self._free += amount * self._each

    def hold(self, until: float) -> None:
        """Lets nothing go before then."""
        self._free = max(self._free, until)


class Window:
    """How many requests may be under way: grows by one for each windowful of successes, halves where the server says
    that it is too much (additive increase, multiplicative decrease).

    Args:
        most: It never grows beyond this.
    """

    def __init__(self, most: int):
        self._most = most
        self._size = float(min(most, 32))
        self._used = 0
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._shrunk_at = float("-inf")
        self.reached = 0

    async def enter(self, priority: int) -> None:
        """Waits for a place; of those who wait the smallest priority goes first."""
        if self._used >= int(self._size) or self._waiting:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            heapq.heappush(self._waiting, (priority, next(self._order), turn))
            self._admit()
            await turn
        else:
            self._used += 1
        self.reached = max(self.reached, self._used)

    def leave(self) -> None:
        """Gives the place back."""
        self._used -= 1
        self._admit()

    def grow(self) -> None:
        """A request went well."""
        self._size = min(self._most, self._size + 1 / self._size)
        self._admit()

    def shrink(self, now: float, least_between: float = 1.0) -> None:
        """The server was overtaxed. What was under way together counts once."""
        if now - self._shrunk_at >= least_between:
            self._size, self._shrunk_at = max(1.0, self._size / 2), now

    @property
    def size(self) -> int:
        """Requests that may be under way now."""
        return int(self._size)

    def _admit(self) -> None:
        while self._waiting and self._used < int(self._size):
            *_, turn = heapq.heappop(self._waiting)
            if not turn.done():
                self._used += 1
                turn.set_result(None)


@dataclass
class Estimate:
    """What a request will take, learned from those that came back."""

    tokens_a_character: float = 0.3
    tokens_a_sample: float = 0.0
    seen: int = 0

    def tokens(self, characters: int, samples: int, most: int) -> int:
        """Expected tokens of a prompt and its replies; before the first reply, what was asked for at most."""
        reply = self.tokens_a_sample if self.seen else most
        return max(1, round(characters * self.tokens_a_character + samples * min(reply, most)))

    def learn(self, characters: int, samples: int, prompt_tokens: int, completion_tokens: int) -> None:
        """Takes in what a request took; later ones count more until a hundred were seen."""
        self.seen = min(self.seen + 1, 100)
        weight = 1 / self.seen
        self.tokens_a_character += weight * (prompt_tokens / max(1, characters) - self.tokens_a_character)
        self.tokens_a_sample += weight * (completion_tokens / max(1, samples) - self.tokens_a_sample)


def backoff(attempt: int, first: float = 0.5, most: float = 30.0) -> float:
    """Seconds to wait after the attempt of that number, from 0: doubling, jittered so that clients part."""
    return min(most, first * 2.0 ** min(attempt, 16)) * random.uniform(0.5, 1.0)
