"""Contenders that stay up and take turns: `python -m benchmarks.inference.real.turns WHO FOLDER` in a process of its
own. Numbers of questions, a JSON list a line, flow in; a JSON object a line, what the turn came to, flows out."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.inference.real.work import SAMPLED, N, Settings, chats, llm_of, rows_of, run_of
from benchmarks.shared.record import ROOT

Turn = Callable[[Sequence[int]], dict[str, Any]]


class Contender:
    """A contender's process; entered, it is ready for its turns, or `reason` says why it is not."""

    reason: str | None

    def __init__(self, who: str, folder: Path):
        self._who, self._log = who, folder / f"{who}.log"
        with open(self._log, "w", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.inference.real.turns", who, str(folder)], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT,
            )  # fmt: skip

    def __enter__(self) -> "Contender":
        self.reason = self._reply().get("error")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def turn(self, numbers: Sequence[int]) -> dict[str, Any]:
        """What a turn over these questions came to."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(list(numbers)) + "\n")
        self._process.stdin.flush()
        return self._reply()

    def _reply(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self._who} ended: {self._log.read_text(encoding='utf-8')[-3000:]}")
        said: dict[str, Any] = json.loads(line)
        return said


def main() -> None:
    """Serves the turns of the contender that is named, until there is no further line."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    who, folder = sys.argv[1], Path(sys.argv[2])
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is not part of it
    settings = Settings.load(folder)
    contenders: dict[str, Any] = {"raw_vllm": raw_vllm, "sampling_pass": sampling_pass, "plain": plain, "ngram": ngram}
    for said in _served(contenders[who](settings, folder)):
        replies.write(json.dumps(said) + "\n")
        replies.flush()
    os._exit(0)  # some leave threads behind


def _served(turns: Iterator[Any]) -> Iterator[dict[str, Any]]:
    """Ready first, or why not; then a reply for each line of the input."""
    try:
        turn: Turn = next(turns)
    except Exception as e:  # noqa: BLE001 - vLLM raises whatever its parts raise; that it cannot start is a finding
        yield {"error": f"{type(e).__name__}: {str(e).strip().splitlines()[0] if str(e).strip() else ''}"}
        return
    yield {"ready": True}
    for line in sys.stdin:
        yield turn(json.loads(line))
    next(turns, None)  # ends what it started


def raw_vllm(settings: Settings, folder: Path) -> Iterator[Turn]:
    """vLLM's own offline interface, with the arguments that our engine gives it."""
    llm, encoder = llm_of(settings)
    from vllm import SamplingParams

    prompts = [encoder.encode(tuple(chat)) for chat in chats(rows_of(settings, rows_in_all(settings)))]
    sampling = SamplingParams(n=N, max_tokens=settings.max_tokens, stop_token_ids=encoder.stops(), **SAMPLED)

    def turn(numbers: Sequence[int]) -> dict[str, Any]:
        began = time.time()
        outputs = llm.generate([{"prompt_token_ids": prompts[n]} for n in numbers], sampling, use_tqdm=False)
        seconds = time.time() - began
        return {"tokens": sum(len(s.token_ids) for o in outputs for s in o.outputs), "seconds": seconds}

    yield turn


def sampling_pass(settings: Settings, folder: Path) -> Iterator[Turn]:
    """Our `gather` on Ray Data. Its time is from its first request to its last reply; `whole_seconds` is all of it."""
    from benchmarks.inference.real.passes import gather, ingested
    from benchmarks.inference.real.recorded import window
    from dgrc.engines.pool import Pool
    from dgrc.runtime.session import ray_session
    from dgrc.storage.run_dir import RunDir

    rows = rows_of(settings, rows_in_all(settings))
    config = run_of(settings, folder, "session", rows[:1])
    with ray_session(config, RunDir(folder / "session")), Pool.start("teacher", config.teacher, 0) as pool:
        pool.wait()

        def turn(numbers: Sequence[int]) -> dict[str, Any]:
            name = f"turn-{numbers[0]}-{len(numbers)}"
            own = run_of(settings, folder, name, [rows[n] for n in numbers])
            began = time.time()
            ingested(own)
            report, requests = gather(own, pool, folder / f"{name}-requests")
            first, last = window(requests)
            tokens = report["usage"]["teacher/sample"]["completion_tokens"]
            return {"tokens": tokens, "seconds": last - first, "whole_seconds": time.time() - began}

        yield turn


def rows_in_all(settings: Settings) -> int:
    """Questions of all turns and of the one before them that does not count."""
    return (settings.most_turns + 1) * settings.turn_questions


def plain(settings: Settings, folder: Path) -> Iterator[Turn]:
    """Greedy diagnoses and verdicts, as vLLM decodes them."""
    from benchmarks.inference.real.ngram import greedy

    yield greedy(settings, folder, {})


def ngram(settings: Settings, folder: Path) -> Iterator[Turn]:
    """The same with speculation by n-grams."""
    from benchmarks.inference.real.ngram import SPECULATION, greedy

    yield greedy(settings, folder, {"speculative_config": SPECULATION})


if __name__ == "__main__":
    main()
