"""What is passed on to an engine in its own words: which of it dgrc cannot leave to a configuration, and which of it
decides what the engine says.

Names of vLLM's arguments (`vllm`), of a chat completion's fields and of HTTP headers (`servers`) flow in; why one is
refused flows out.
"""

from collections.abc import Callable
from typing import TypeVar

from dgrc.config.explain import ObjectionsError

T = TypeVar("T")


def checked(given: dict[str, T], why_not: Callable[[str, T], str | None], what: str) -> dict[str, T]:
    """What was given, if nothing speaks against any of it."""
    reasons = [(name, why_not(name, value)) for name, value in given.items()]
    if refused := [f"{what.format(name)}: {reason}" for name, reason in reasons if reason]:
        raise ObjectionsError(refused)
    return given
