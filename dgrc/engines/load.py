"""How engines are doing: an engine's own figures at moments in; the means of a pass, and metrics of Ray's, out.

A replica looks at its engine every second. What it sees goes to the node's Prometheus page (`Gauges`), and is kept
until the driver takes it at the end of a pass (`Load`), whose report has the sum over replicas (`together`). vLLM can
export to Ray by itself, but needs Ray Serve for it, knows no roles, and what it exports does not come back to the
driver.

Metrics, each with the labels `role` and `replica`: `ray_dgrc_engine_running`, `ray_dgrc_engine_waiting` (sequences),
`ray_dgrc_engine_kv_cache_usage` (0 to 1); `ray_dgrc_engine_preemptions_total`, and in tokens of prompts
`ray_dgrc_engine_prefix_cache_queries_total` and `ray_dgrc_engine_prefix_cache_hits_total`.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol, runtime_checkable

from ray.util.metrics import Counter, Gauge

LOOK_EVERY_S = 1.0
MOMENTARY = ("running", "waiting", "kv_cache_usage")
COUNTED = ("preemptions", "prefix_cache_queries", "prefix_cache_hits")


@dataclass(frozen=True, slots=True)
class Figures:
    """An engine at a moment.

    Attributes:
        running: Sequences that are decoded.
        waiting: Sequences that wait for their turn.
        kv_cache_usage: Share of the KV cache that is taken, 0 to 1.
        preemptions: Sequences that were put out of a full KV cache and began again, since the engine's start.
        prefix_cache_queries: Tokens of prompts that were looked for in the prefix cache, since its start.
        prefix_cache_hits: Those that were there.
        max_num_seqs: Sequences that it decodes at once, at most.
    """

    running: int
    waiting: int
    kv_cache_usage: float
    preemptions: int
    prefix_cache_queries: int
    prefix_cache_hits: int
    max_num_seqs: int


@runtime_checkable
class Measured(Protocol):
    """An engine that can say how it is doing."""

    def figures(self) -> Figures | None:
        """Its figures now; None if it was told to keep none."""


class Load:
    """What one engine's figures come to between two takings."""

    def __init__(self) -> None:
        self._before: Figures | None = None
        self._begin()

    def _begin(self) -> None:
        self._looks, self._sums, self._peak = 0, dict.fromkeys(MOMENTARY, 0.0), 0.0

    def see(self, now: Figures) -> None:
        """A look at the engine; looks are equally far apart."""
        self._looks += 1
        for name in MOMENTARY:
            self._sums[name] += getattr(now, name)
        self._peak = max(self._peak, now.kv_cache_usage)

    def take(self, now: Figures) -> dict[str, float]:
        """Counts since the last taking and, if there was a look since, means; the next begins now."""
        found: dict[str, float] = {name: getattr(now, name) - getattr(self._before, name, 0) for name in COUNTED}
        found["max_num_seqs"] = now.max_num_seqs
        if self._looks:
            found |= {name: total / self._looks for name, total in self._sums.items()}
            found["kv_cache_peak"] = self._peak
        self._before = now
        self._begin()
        return found


def together(loads: Sequence[dict[str, float]]) -> dict[str, Any]:
    """What the replicas of a pool come to: sums, of the KV cache the mean, and the most of the peaks."""
    looked = [load for load in loads if "running" in load]
    found: dict[str, Any] = {name: int(sum(load[name] for load in loads)) for name in ("max_num_seqs", *COUNTED)}
    if looked:
        found |= {name: round(sum(load[name] for load in looked), 2) for name in ("running", "waiting")}
        found["kv_cache_usage"] = round(sum(load["kv_cache_usage"] for load in looked) / len(looked), 4)
        found["kv_cache_peak"] = round(max(load["kv_cache_peak"] for load in looked), 4)
    return found


def in_words(load: dict[str, Any]) -> str:
    """What the engines of a pool come to, as part of a sentence."""
    said = []
    if "running" in load:
        said.append(f"{load['running']:,.1f} of {load['max_num_seqs']:,} sequences under way on average")
        said.append(f"{load['waiting']:,.1f} waiting")
        said.append(f"KV cache {load['kv_cache_usage']:.0%} full, {load['kv_cache_peak']:.0%} at most")
    said.append(f"{load['preemptions']:,} preemptions")
    if asked := load["prefix_cache_queries"]:
        said.append(f"{load['prefix_cache_hits'] / asked:.0%} of prompt tokens from the prefix cache")
    return ", ".join(said)


class Gauges:
    """The metrics of one replica."""

    def __init__(self, role: str, replica: int):
        tags, words = ("role", "replica"), "of an engine, as it says itself."
        self._tags = {"role": role, "replica": str(replica)}
        self._gauges = {name: Gauge(f"dgrc_engine_{name}", f"{name} {words}", tags) for name in MOMENTARY}
        self._counters = {name: Counter(f"dgrc_engine_{name}", f"{name} {words}", tags) for name in COUNTED}
        self._shown = dict.fromkeys(COUNTED, 0)

    def show(self, now: Figures) -> None:
        """Sets the metrics to these figures."""
        values = asdict(now)
        for name, gauge in self._gauges.items():
            gauge.set(values[name], self._tags)
        for name, counter in self._counters.items():
            if more := values[name] - self._shown[name]:  # Ray's counters refuse zero
                counter.inc(more, self._tags)
                self._shown[name] = values[name]
