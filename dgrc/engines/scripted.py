"""An engine whose replies come from a Python function: for tests and examples (`dgrc.proving.toy`).

`script: module:function` names `(Request) -> list[str]`, one text a sample; it may be a coroutine function. It may
raise `ValueError` to refuse a request; anything else breaks the engine, as a crash of vLLM would.
"""

import importlib
import inspect
from collections.abc import Callable
from typing import Any

from dgrc.config import EngineConfig
from dgrc.engines.base import Completion, Request, Sample, failed
from dgrc.errors import EngineError


class ScriptedEngine:
    """Replies by calling the configured function."""

    def __init__(self, config: EngineConfig, seed: int):
        self.config = config
        self.seed = seed

    async def start(self) -> None:
        """Imports the function."""
        self._reply = function_of(self.config.script)

    async def generate(self, request: Request) -> Completion:
        """One text a sample, lengths counted in words; log-probabilities are the numbers that the function writes."""
        try:
            texts = self._reply(request)
            if inspect.isawaitable(texts):
                texts = await texts
        except ValueError as e:
            return failed(f"refused: {e}")
        if request.score or request.logprobs_of:
            return Completion((), 0, 0, logprobs=tuple(float(number) for number in texts[0].split()))
        prompt_tokens = sum(len(m["content"].split()) for m in request.messages)
        return Completion(tuple(Sample(t, "stop", len(t.split())) for t in texts), prompt_tokens, 0)

    async def load(self, model: str) -> None:
        """A script has no weights."""

    def stop(self) -> None:
        """Nothing to end."""


def function_of(script: str) -> Callable[[Request], Any]:
    """What `module:function` names.

    Raises:
        EngineError: there is no such module or function, or importing it fails.
    """
    module, _, name = script.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except Exception as e:  # a module of the user may raise whatever it likes
        raise EngineError(f"The scripted engine {script!r} cannot be imported: {type(e).__name__}: {e}.") from e
    if not callable(found):
        raise EngineError(f"The scripted engine {script!r} is a {type(found).__name__}, a function is wanted.")
    return found
