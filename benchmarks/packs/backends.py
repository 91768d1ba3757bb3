"""The grammar backends of vLLM on real diagnoses: does the reply parse, is it cut, how long is it, is it an echo?

Pairs of chains and a way to start the engine with other settings flow in; one row a backend, with blanks between the
parts of the JSON allowed and not, flows out. Diagnoses are drawn greedily, so that rows differ by the grammar alone.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from benchmarks.packs.items import Pair
from benchmarks.packs.steps import GREEDY, Ask, Result, about_of, diagnoses
from dgrc.config import EngineConfig
from dgrc.errors import EngineError
from dgrc.evaluation.truth.intervals import clustered
from dgrc.method import diagnose
from dgrc.method.echo import ECHO
from dgrc.method.prompts import Pack
from dgrc.method.replies import json_object

NAMES = ("xgrammar", "guidance", "outlines", "lm-format-enforcer")
COMPACT = ("xgrammar", "guidance")
"""Those that vLLM can tell to leave blanks out."""
Start = Callable[[EngineConfig], AbstractContextManager[Ask]]


def variants(names: Sequence[str]) -> list[tuple[str, bool]]:
    """Each backend with blanks allowed, then without where it can."""
    return [(name, blanks) for name in names for blanks in ((True, False) if name in COMPACT else (True,))]


def measured(
    start: Start, config: EngineConfig, name: str, blanks: bool, pack: Pack, pairs: Sequence[Pair], max_tokens: int
) -> Result:
    """One row. A backend with which the engine does not start gives its `error` alone."""
    told = {"grammar_backend": name, "grammar_whitespace": blanks}
    engine = EngineConfig.model_validate({**config.model_dump(), **told})
    requests = diagnoses(pack, pairs, GREEDY.model_copy(update={"max_tokens": max_tokens}))
    try:
        with start(engine) as ask:
            ask(requests[:1])  # a grammar is compiled once
            began = time.monotonic()
            completions = ask(requests[1:])
            seconds = time.monotonic() - began
    except EngineError as e:
        return {"error": str(e)}
    replies = [
        (pair, completion.samples[0]) for pair, completion in zip(pairs[1:], completions, strict=True)
        if completion.samples
    ]  # fmt: skip
    tokens = [reply.tokens for _, reply in replies]
    asked = echoes = 0
    for pair, reply in replies:
        if reply.finish_reason == "stop":
            kept, refused, _ = diagnose.parse_reply(pack, reply.text, about_of(pair))
            asked += len(kept) + len(refused)
            echoes += sum(refusal.reason == ECHO for refusal in refused)
    whole = [reply.finish_reason == "stop" for _, reply in replies]
    parsed = [
        (pair.problem.id, ended and json_object(reply.text) is not None)
        for (pair, reply), ended in zip(replies, whole, strict=True)
    ]
    return {
        "replies": len(replies),
        "failed": sum(completion.error is not None for completion in completions),
        "first_failure": next((completion.error for completion in completions if completion.error), None),
        "parsed": clustered(parsed).to_dict(),
        "cut_share": round(1 - sum(whole) / len(replies), 4) if replies else None,
        "tokens_a_reply": round(sum(tokens) / len(tokens), 1) if tokens else None,
        "blank_share": _blanks([reply.text for _, reply in replies]),
        "seconds_a_reply": round(seconds / len(replies), 3) if replies else None,
        "tokens_a_second": round(sum(tokens) / seconds, 1) if tokens else None,
        "atoms_asked": asked,
        "echo_share": round(echoes / asked, 4) if asked else None,
    }


def _blanks(texts: Sequence[str]) -> float | None:
    """Share of all characters that are blanks in a row after the first, where grammars that allow them run away."""
    characters = sum(map(len, texts))
    return round(sum(len(text) - len(" ".join(text.split())) for text in texts) / characters, 4) if characters else None
