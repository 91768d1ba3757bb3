"""Greedy diagnoses and verdicts with and without speculation by n-grams: settings in, turns of a contender out."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.inference.real.work import PACK, SAMPLED, N, Row, Settings, chats, llm_of, rows_of

SPECULATION = {"method": "ngram", "num_speculative_tokens": 4, "prompt_lookup_max": 4, "prompt_lookup_min": 2}
TURNS = 5
"""Of each of the two; before them is one that does not count."""


def greedy(settings: Settings, folder: Path, more: dict[str, Any]) -> Callable[[Sequence[int]], dict[str, Any]]:
    """An engine with these arguments too, and its turns: the requests of these numbers, answered greedily."""
    from dgrc.engines.vllm.thinking import grammar_of

    own = replace(settings, sequences=settings.ngram_sequences)
    llm, encoder = llm_of(own, disable_log_stats=False, **more)
    from vllm import SamplingParams

    rows = rows_of(settings, (TURNS + 1) * -(-settings.ngram_requests // 2))
    chains = _chains(settings, folder, llm, encoder, rows)
    asked = requests_of(rows, chains)
    prompts = [{"prompt_token_ids": encoder.encode(tuple(messages))} for messages, _ in asked]
    sampling = [
        SamplingParams(
            temperature=0, max_tokens=settings.tail_tokens, stop_token_ids=encoder.stops(),
            structured_outputs=grammar_of(schema),
        )
        for _, schema in asked
    ]  # fmt: skip

    def turn(numbers: Sequence[int]) -> dict[str, Any]:
        began, before = time.time(), _drafts(llm)
        outputs = llm.generate([prompts[n] for n in numbers], [sampling[n] for n in numbers], use_tqdm=False)
        seconds, after = time.time() - began, _drafts(llm)
        replies = [list(output.outputs[0].token_ids) for output in outputs]
        drafts = {name: after[name] - before[name] for name in after}
        return {"tokens": sum(map(len, replies)), "seconds": seconds, "replies": replies, **drafts}

    return turn


def requests_of(rows: Sequence[Row], chains: Sequence[Sequence[str]]) -> list[tuple[list[Any], str | None]]:
    """Two requests a question, its diagnosis and a verdict on its first chain: messages and the schema of the reply."""
    from dgrc.method import diagnose, verify
    from dgrc.method.prompts import load_pack
    from dgrc.records import Chain

    pack, found = load_pack(PACK), []
    for row, texts in zip(rows, chains, strict=True):
        first, second = (Chain(text, None, "stop", 0) for text in texts[:2])
        parted = diagnose.build_messages(pack, row.text, (), first, second, swap=False)
        found.append((parted, pack.schema("diagnose")))
        facts = row.facts()
        found.append((verify.build_messages(pack, row.text, (), first, facts), verify.schema(pack, facts)))
    return found


def _chains(settings: Settings, folder: Path, llm: Any, encoder: Any, rows: Sequence[Row]) -> list[list[str]]:
    """The model's own chains; who comes first samples them, and the other reads the same."""
    file = folder / "chains.json"
    if not file.is_file():
        from vllm import SamplingParams

        sampling = SamplingParams(
            n=N // 2, max_tokens=settings.max_tokens, stop_token_ids=encoder.stops(), **SAMPLED
        )
        prompts = [{"prompt_token_ids": encoder.encode(tuple(chat))} for chat in chats(rows)]
        outputs = llm.generate(prompts, sampling, use_tqdm=False)
        file.write_text(json.dumps([[sample.text for sample in output.outputs] for output in outputs]))
    found: list[list[str]] = json.loads(file.read_text())
    return found


def _drafts(llm: Any) -> dict[str, int]:
    """Tokens that were proposed and accepted so far."""
    names = {"proposed": "vllm:spec_decode_num_draft_tokens", "accepted": "vllm:spec_decode_num_accepted_tokens"}
    values = {metric.name: getattr(metric, "value", 0) for metric in llm.get_metrics()}
    return {said: int(values.get(name, 0)) for said, name in names.items()}
