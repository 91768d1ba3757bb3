"""A step's toolbox whose engines are a function: for tests of what a step asks and makes of the replies."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dgrc.config import MethodConfig, Sampling
from dgrc.engines.base import Completion, Request, Sample
from dgrc.method.prompts import load_pack
from dgrc.method.verify import Fact
from dgrc.pipeline.steps.toolbox import Toolbox
from dgrc.questions.recorded import VerdictStore
from dgrc.records import Message, Usage

Reply = Callable[[str, str, str], list[str] | Completion]
"""(role, step, user turn) to the texts of the samples, or a whole completion."""


class FakeCaller:
    """Answers by a function and keeps what was asked, as (role, step, request)."""

    def __init__(self, reply: Reply, roles: Sequence[str]):
        self._reply, self._roles = reply, roles
        self.asked: list[tuple[str, str, Request]] = []

    def has(self, role: str) -> bool:
        return role in self._roles

    async def ask(
        self, role: str, step: str, owner: int, messages: Sequence[Message], sampling: Sampling, **options: Any
    ) -> tuple[Completion, Usage]:
        self.asked.append((role, step, Request(tuple(messages), **options)))
        said = self._reply(role, step, messages[-1]["content"] if not options.get("score") else messages[0]["content"])
        samples = () if isinstance(said, Completion) else tuple(Sample(text, "stop", 1) for text in said)
        completion = said if isinstance(said, Completion) else Completion(samples, 1, 0)
        return completion, Usage(role, step, options.get("n", 1), 1, len(completion.samples), 0)

    def steps(self) -> list[tuple[str, str]]:
        return [(role, step) for role, step, _ in self.asked]


class FakeFacts:
    """Facts by id, all of which are found for any words."""

    def __init__(self, facts: Sequence[Fact]):
        self._facts = facts

    def get(self, ids: Sequence[int]) -> list[Fact]:
        return [fact for id_ in ids for fact in self._facts if fact.id == id_]

    def search(self, words: Sequence[str], limit: int) -> list[Fact]:
        return list(self._facts[:limit])


def toolbox(
    reply: Reply, facts: Sequence[Fact] = (), roles: Sequence[str] = ("teacher", "student"), **method: Any
) -> tuple[Toolbox, FakeCaller]:
    """A toolbox and the caller in it."""
    settings = MethodConfig.model_validate(method)
    caller = FakeCaller(reply, roles)
    known = VerdictStore(Path("/nowhere"))
    tools = Toolbox(settings, load_pack(settings.prompts), caller, FakeFacts(facts), {}, known)  # type: ignore[arg-type]
    return tools, caller
