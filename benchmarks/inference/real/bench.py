"""The parts of `benchmarks.inference --real MODEL`: settings in; figures, a record and the last line out.

*ratio*: our pass against raw vLLM, in pairs of turns whose order alternates, both staying up, each pair over questions
of its own, until the interval is narrow. *cpu*: what a further request costs outside the engine, at two rates of a
simulated one, several times. *prefix*: prompt tokens from the prefix cache, step by step, against what it could give.
*ngram*: speculation by n-grams where replies repeat their prompts. *tail*: how long an engine is less than half full.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.inference.real.figures import FEWEST_TURNS, alike, enough, ratio_of
from benchmarks.inference.real.ngram import SPECULATION, TURNS
from benchmarks.inference.real.turns import Contender
from benchmarks.inference.real.work import N, Settings
from benchmarks.shared.intervals import interval
from benchmarks.shared.record import ROOT, record
from dgrc.cli.common import say
from dgrc.errors import ConfigError

PARTS = ("ratio", "cpu", "prefix", "ngram", "tail")
KEYS = (
    "ratio_to_vllm", "ratio_low", "ratio_high", "turns", "cpu_ms_a_request", "cpu_ms_a_second", "prefix_share",
    "ngram_ratio", "ngram_same_replies", "tail_share",
)  # fmt: skip
"""Of the last line; null where a part was left out."""


def measure(settings: Settings, command: str, write: bool) -> dict[str, Any]:
    """Runs the parts one after the other, records all and returns what the last line says. The CPU alone has a record
    of its own, for it asks nothing of the model's weights and can be had where they are too slow.

    Raises:
        ConfigError: a part is unknown, or `model` is no model folder.
    """
    if unknown := [part for part in settings.parts if part not in PARTS]:
        raise ConfigError(f"There is no part {unknown[0]!r}. Wanted are some of {','.join(PARTS)}.")
    if not (Path(settings.model) / "config.json").is_file():
        raise ConfigError(f"{settings.model} has no config.json. Give the folder of a model with its weights.")
    found: dict[str, Any] = {}
    for part in settings.parts:
        say(f"{part} ...")
        with tempfile.TemporaryDirectory(prefix=f"dgrc-{part}-") as place:
            folder = Path(place)
            settings.save(folder)
            whole = {"ratio": ratio, "ngram": ngrams, "cpu": cpu}
            found[part] = whole.get(part, _in_a_process(part))(settings, folder)
        say(f"  {json.dumps(found[part])}")
    said = summary(found)
    if write:
        alone = settings.parts == ("cpu",)
        record("inference_cpu" if alone else "inference_real", {**said, **_setup(settings), **found}, command=command)
    return said


def summary(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The figures that are wanted of what the parts found."""
    ratio_, ngram = found.get("ratio", {}), found.get("ngram", {})
    flat = {
        "ratio_to_vllm": ratio_.get("ratio"), "ratio_low": ratio_.get("low"), "ratio_high": ratio_.get("high"),
        "turns": ratio_.get("turns"), "ngram_ratio": ngram.get("ratio"), "ngram_same_replies": ngram.get("same"),
    }  # fmt: skip
    for part, names in (("cpu", ("cpu_ms_a_request", "cpu_ms_a_second")), ("tail", ("tail_share",))):
        flat |= {name: found.get(part, {}).get(name) for name in names}
    shares = found.get("prefix", {}).get("prefix_share")
    flat["prefix_share"] = shares and {step: {k: one[k] for k in ("got", "could")} for step, one in shares.items()}
    return {key: flat[key] for key in KEYS}


def ratio(settings: Settings, folder: Path) -> dict[str, Any]:
    """Our pass over raw vLLM, pair by pair."""
    size = settings.turn_questions
    with Contender("raw_vllm", folder) as theirs, Contender("sampling_pass", folder) as ours:
        rates: dict[str, list[float]] = {"ours": [], "theirs": []}
        whole: list[float] = []
        for number in range(settings.most_turns + 1):
            questions = range(number * size, (number + 1) * size)
            who = (("theirs", theirs), ("ours", ours))
            said = {name: one.turn(questions) for name, one in (who if number % 2 else who[::-1])}
            if not number:
                continue  # first-time costs are in nobody's rate
            for name, one in said.items():
                rates[name].append(one["tokens"] / one["seconds"])
            whole.append(said["ours"]["tokens"] / said["ours"]["whole_seconds"])
            say(f"  turn {number}: {ratio_of(rates['ours'], rates['theirs'])}")
            if enough(rates["ours"], rates["theirs"], min(FEWEST_TURNS, settings.most_turns), settings.most_turns):
                break
    rounded = {name: [round(rate, 1) for rate in each] for name, each in rates.items()}
    return {
        **ratio_of(rates["ours"], rates["theirs"]), "tokens_per_second": rounded,
        "with_start_and_end": ratio_of(whole, rates["theirs"]),
    }  # fmt: skip


def ngrams(settings: Settings, folder: Path) -> dict[str, Any]:
    """Speculation by n-grams over none, pair by pair, and whether greedy replies are the same."""
    size = settings.ngram_requests
    with Contender("plain", folder) as plain, Contender("ngram", folder) as drafting:
        if plain.reason:
            raise SystemExit(f"vLLM could not start: {plain.reason}")
        if drafting.reason:
            return {"ratio": None, "same": None, "error": drafting.reason, "speculation": SPECULATION}
        turns: list[dict[str, dict[str, Any]]] = []
        for number in range(TURNS + 1):
            requests = range(number * size, (number + 1) * size)
            who = (("plain", plain), ("ngram", drafting))
            said = {name: one.turn(requests) for name, one in (who if number % 2 else who[::-1])}
            turns += [said] if number else []
        again = [plain.turn([number]) for number in requests]
    rates = {who: [t[who]["tokens"] / t[who]["seconds"] for t in turns] for who in ("plain", "ngram")}
    replies = {who: [reply for t in turns for reply in t[who]["replies"]] for who in rates}
    proposed, accepted = (sum(t["ngram"][name] for t in turns) for name in ("proposed", "accepted"))
    return {
        **ratio_of(rates["ngram"], rates["plain"]), "same": alike(replies["ngram"], replies["plain"]),
        "same_alone": alike([one["replies"][0] for one in again], turns[-1]["plain"]["replies"]),
        "tokens_per_second": {who: [round(rate, 1) for rate in each] for who, each in rates.items()},
        "requests": size, "proposed": proposed, "accepted": accepted, "speculation": SPECULATION,
    }  # fmt: skip


def cpu(settings: Settings, folder: Path) -> dict[str, Any]:
    """What a further request costs, turn by turn: one slope of two rates is off by a third, and machines that others
    use, too, are not always as fast. `loop_ms` tells how fast each turn's was."""
    turns = []
    for number in range(settings.cpu_turns):
        place = folder / str(number)
        place.mkdir()
        settings.save(place)
        before = loop_ms()
        turn = _in_a_process("cpu")(settings, place)
        turns.append({**turn, "loop_ms": round((before + loop_ms()) / 2, 1)})
        say(f"  turn {number + 1}: {turn['cpu_ms_a_request']} ms a request, loop {turns[-1]['loop_ms']} ms")
    return mean_costs(turns)


def loop_ms() -> float:
    """CPU that a loop of always the same length takes now, in ms."""
    began, total = time.process_time(), 0
    for number in range(1_000_000):
        total += number * number % 7
    return 1000 * (time.process_time() - began)


def mean_costs(turns: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The means of figures of turns that `passes.cpu` gave, and the interval of the first."""
    found = {name: _mean([turn[name] for turn in turns]) for name in turns[0] if name != "pipeline"}
    each = [turn["cpu_ms_a_request"] for turn in turns]
    ends = {f"cpu_ms_{end}": value for end, value in interval(each).items() if end != "mean"}
    loops = [turn["loop_ms"] for turn in turns]
    return {**found, **ends, "turns": each, "loops_ms": loops, "pipeline": turns[0]["pipeline"]}


def _mean(values: Sequence[Any]) -> Any:
    """Of numbers, or of each of the names that they are by."""
    if isinstance(values[0], dict):
        return {name: _mean([value[name] for value in values]) for name in values[0]}
    return round(statistics.fmean(values), 3)


def _in_a_process(part: str) -> Any:
    """A part that runs passes, in a process of its own, so that none inherits another's session."""

    def run(settings: Settings, folder: Path) -> dict[str, Any]:
        command = [sys.executable, "-m", "benchmarks.inference.real.passes", part, str(folder)]
        with open(folder / f"{part}.log", "w", encoding="utf-8") as log:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=log, text=True, check=False, cwd=ROOT)
        if done.returncode:
            say((folder / f"{part}.log").read_text(encoding="utf-8")[-3000:])
            raise SystemExit(f"{part} failed with exit status {done.returncode}")
        said: dict[str, Any] = json.loads(next(line for line in done.stdout.splitlines()[::-1] if line[:1] == "{"))
        return said

    return run


def _setup(settings: Settings) -> dict[str, Any]:
    return {
        "model": Path(settings.model).name, "n": N, "sequences": settings.sequences, "max_tokens": settings.max_tokens,
        "questions": Path(settings.questions).name if settings.questions else "written (dgrc.proving.natural)",
    }  # fmt: skip
