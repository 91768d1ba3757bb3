"""Is it the prompt, or would the server serve nobody? A request that is refused or fails again and again is judged by
another of the same form that says nothing but hello: whoever refuses that refuses our parameters, or us.

It is asked only where nothing says so already: a form that was answered is known to be taken, and a server that blames
the prompt (it is too long, or flagged) is believed for a while, unless it names a parameter as well. So it costs
some words where something is refused or fails, and nothing elsewhere. One is under way at a time; all who wait for the
same use its answer.
"""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from dgrc.engines.api.body import Body, form_of, harmless, help_for, parameters_named
from dgrc.engines.api.rate_limit import backoff
from dgrc.engines.api.replies import CUT_OFF, Answer
from dgrc.errors import EngineAwayError, EngineError

REFUSALS_IN_A_ROW = 16
"""After so many of one form, none answered in between, neither earlier answers nor the server's words are believed."""
PATIENCE = 4
"""Failures of a request before something else is asked because of it: a server may be away for a moment."""


@dataclass
class _Form:
    """What is known of requests of one form: how many were answered, how many refused since the last answer, and why
    nobody will be served any more."""

    answers: int = 0
    refused: int = 0
    stopped: str = ""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    asking: asyncio.Task[Answer] | None = None


class Suspicion:
    """What one client knows of a server's ways with its requests.

    Args:
        base_url: Where the server is.
        ask: Sends a body, once, and says what came of it.
        deadline_s: So long a server may fail before it is given up.
    """

    def __init__(self, base_url: str, ask: Callable[[Body], Awaitable[Answer]], deadline_s: float):
        self._base_url, self._ask, self._deadline_s = base_url, ask, deadline_s
        self._forms: defaultdict[int, _Form] = defaultdict(_Form)

    def answered(self, body: Body) -> None:
        """A request got its reply."""
        form = self._forms[form_of(body)]
        form.answers, form.refused = form.answers + 1, 0

    def answers(self, body: Body) -> int:
        """So many requests of that form were answered so far."""
        return self._forms[form_of(body)].answers

    async def refused(self, body: Body, answer: Answer) -> None:
        """Returns if a refusal concerns that prompt alone.

        Raises:
            EngineError: the server refuses whatever is asked in this form, or answers nothing any more.
        """
        if (answer.refused or "").startswith(CUT_OFF):  # it was thought about: the server takes the form
            return
        form = self._forms[form_of(body)]
        form.refused += 1
        before = form.answers
        async with form.lock:
            if form.stopped:
                raise EngineError(form.stopped)
            named = parameters_named(body, (answer.refused or "") if answer.of_prompt else "", answer.about)
            again = form.refused >= REFUSALS_IN_A_ROW or named
            if (form.answers or answer.of_prompt) and (not again or form.answers > before):
                return
            refusal = await self._of_harmless(body)
            if refusal.reply is not None:
                self.answered(body)
            if form.answers > before:
                return
            said = refusal.refused or ""
            form.stopped = (
                f"{self._base_url} refuses all requests of this form, whatever they say: {said.rstrip('.')}. "
                f"{help_for(body, said, refusal.about)} Then run the same command again: no refusal was kept."
            )
            raise EngineError(form.stopped)

    async def is_well(self, body: Body, before: int, failures: int) -> bool:
        """Whether the server answered others of that form since there were `before`, or answers a harmless one now."""
        form = self._forms[form_of(body)]
        if form.answers > before:
            return True
        if failures <= PATIENCE:
            return False
        if form.asking is None or form.asking.done():
            form.asking = asyncio.ensure_future(self._ask(harmless(body)))
        answer = await asyncio.shield(form.asking)
        if answer.reply is not None and form.answers == before:
            self.answered(body)
        return answer.reply is not None

    async def _of_harmless(self, body: Body) -> Answer:
        """What the server says to a harmless request of that form: a reply, or a refusal."""
        began = asyncio.get_running_loop().time()
        for attempt in itertools.count():
            answer = await self._ask(harmless(body))
            wait = max(answer.retry_after, backoff(attempt))
            if answer.reply is not None or answer.refused is not None:
                return answer
            if asyncio.get_running_loop().time() + wait - began > self._deadline_s:
                break
            await asyncio.sleep(wait)
        raise EngineAwayError(
            f"{self._base_url} refused a request and then did not answer another within `api.deadline_s` "
            f"{self._deadline_s:g} s (the last time: {answer.says}). Run the same command again when it is well."
        )
