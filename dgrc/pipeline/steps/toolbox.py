"""What every step works with, and which steps go first."""

from dataclasses import dataclass

from dgrc.config import CorpusConfig, MethodConfig
from dgrc.engines.base import Completion
from dgrc.method.prompts import Pack
from dgrc.pipeline.index import FactIndex
from dgrc.pipeline.steps.ask import Caller
from dgrc.questions.recorded import ChainStore, VerdictStore

# Later steps go first: questions finish rather than pile up half done (vLLM: smaller is sooner).
PRIORITY = {"write": 2, "sample": 2, "grade": 1, "read": 1, "diagnose": 1, "answer": 0, "extract": 0, "verify": 0}


@dataclass
class Toolbox:
    """What a step works with: settings, prompts, engines, the facts found so far (None before `verify`), chains that
    need not be sampled, by role, and verdicts that need not be asked for."""

    method: MethodConfig
    pack: Pack
    caller: Caller
    facts: FactIndex | None
    recorded: dict[str, ChainStore]
    verdicts: VerdictStore
    corpus: CorpusConfig | None = None


def request_error(role: str, step: str, completion: Completion) -> str | None:
    """The request's error in words; for steps with one reply, also that it was cut off."""
    if completion.error is not None:
        return f"{role} {step}: {completion.error}"
    if step != "sample" and completion.samples[0].finish_reason != "stop":
        return f"{role} {step}: the reply was cut off after {completion.samples[0].tokens} tokens"
    return None
