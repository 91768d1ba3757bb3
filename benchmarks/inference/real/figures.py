"""The arithmetic of `benchmarks.inference --real`: what was seen in, the figures of the record out. Pure functions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.shared.intervals import interval

FEWEST_TURNS, MOST_TURNS, HALF_WIDTH = 5, 12, 0.03


@dataclass(frozen=True)
class Sent:
    """A request as it was sent: the step it is of, the tokens of its prompt, and how many samples it asked for."""

    step: str
    prompt: Sequence[int]
    n: int = 1


def ratio_of(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, float | int | None]:
    """The ratio of two rates that were measured in pairs, with its interval: `ratio`, `low`, `high`, `turns`."""
    found = interval([a / b for a, b in zip(ours, theirs, strict=True)])
    return {"ratio": found["mean"], "low": found["low"], "high": found["high"], "turns": len(ours)}


def enough(ours: Sequence[float], theirs: Sequence[float], fewest: int = FEWEST_TURNS, most: int = MOST_TURNS) -> bool:
    """Whether no further turn is wanted: the interval is narrow enough, or there were as many turns as there may be."""
    if len(ours) < fewest:
        return False
    found = ratio_of(ours, theirs)
    low, high = found["low"], found["high"]
    return len(ours) >= most or (low is not None and high is not None and (high - low) / 2 <= HALF_WIDTH)


def prefix_could(sent: Iterable[Sent], block: int) -> dict[str, dict[str, int]]:
    """What a prefix cache that forgets nothing could give, step by step: `tokens` that are looked for, and `could`.

    Each sample of a request looks for its whole prompt, as vLLM counts. It finds the whole blocks that some prompt
    sent before begins with; a sample after the first finds its own prompt. The last token is always computed, for
    its logits.

    Args:
        sent: Requests in the order sent, of all steps that one engine served.
        block: Tokens of a block of the cache.
    """
    known: set[int] = set()
    found: dict[str, dict[str, int]] = {}
    for request in sent:
        ids = _blocks(request.prompt, block)
        most = (len(request.prompt) - 1) // block
        shared = next((place for place, id_ in enumerate(ids) if id_ not in known), len(ids))
        step = found.setdefault(request.step, {"tokens": 0, "could": 0})
        step["tokens"] += request.n * len(request.prompt)
        step["could"] += block * (min(shared, most) + (request.n - 1) * most)
        known.update(ids)
    return found


def _blocks(prompt: Sequence[int], block: int) -> list[int]:
    """An identity for each whole block of a prompt together with all that stands before it."""
    ids, before = [], 0
    for start in range(0, len(prompt) - block + 1, block):
        before = hash((before, tuple(prompt[start : start + block])))
        ids.append(before)
    return ids


def shares(counted: dict[str, dict[str, int]], got: dict[str, tuple[int, int]]) -> dict[str, dict[str, float]]:
    """Shares of prompt tokens from the cache: `got` by (hits, tokens looked for) of each step, `could`, and `of`, got
    as a share of could."""
    found = {}
    for step, counts in counted.items():
        hits, asked = got[step]
        ours, could = hits / asked if asked else 0.0, counts["could"] / counts["tokens"]
        found[step] = {
            "got": round(ours, 4), "could": round(could, 4), "of": round(ours / could, 4) if could else 1.0,
            "tokens": counts["tokens"],
        }  # fmt: skip
    return found


def cost(slow: tuple[float, float], fast: tuple[float, float], idle: float) -> dict[str, float]:
    """What a further request costs, and what a second does, in milliseconds of CPU.

    Args:
        slow: Requests a second, and CPU seconds a second at that rate.
        fast: The same at another rate.
        idle: CPU seconds a second of a session that nobody asks anything.
    """
    a_request = (fast[1] - slow[1]) / (fast[0] - slow[0])
    return {
        "a_request": round(1000 * a_request, 3), "a_second": round(1000 * (slow[1] - a_request * slow[0] - idle), 1),
    }  # fmt: skip


def tail(looks: Sequence[tuple[float, int]], most: int, began: float, ended: float) -> dict[str, float]:
    """How long an engine was less than half full.

    Args:
        looks: Moments and the sequences that ran then, in order; each holds until the next.
        most: Sequences that may run at once.
        began: When the first request was sent.
        ended: When the last reply came.

    Returns:
        `share` of the time with fewer than half of `most`, `drain` of it after the last moment with at least half,
        and `mean` of the sequences that ran.
    """
    ends = [*(moment for moment, _ in looks[1:]), ended]
    spans = [
        (max(start, began), min(end, ended), running) for (start, running), end in zip(looks, ends, strict=False)
    ]
    spans = [span for span in spans if span[1] > span[0]]
    whole = sum(end - start for start, end, _ in spans)
    if not whole:
        return {"share": 0.0, "drain": 0.0, "mean": 0.0}
    below = sum(end - start for start, end, running in spans if 2 * running < most)
    full = [end for _, end, running in spans if 2 * running >= most]
    drain = ended - full[-1] if full else whole
    mean = sum((end - start) * running for start, end, running in spans) / whole
    return {"share": round(below / whole, 4), "drain": round(drain / whole, 4), "mean": round(mean, 1)}


def alike(ours: Sequence[Any], theirs: Sequence[Any]) -> float:
    """The share of replies that are the same."""
    return round(sum(a == b for a, b in zip(ours, theirs, strict=True)) / len(ours), 4) if ours else 1.0
