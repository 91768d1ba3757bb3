"""How fast a curation went on a user's own cluster, what a thousand questions cost, and what held it back.

A curation's report flows in; figures flow out. `ray_jobs/benchmark.py` runs the curation and prints them.
"""

from typing import Any

from dgrc.config import Config, EngineConfig

PASSES = ("gather", "answer", "verify")
FULL = 0.8
"""An engine is full when so large a share of the sequences that it can decode at once are under way on average."""
FULL_CACHE, ROOMY_CACHE = 0.9, 0.5
"""A KV cache is full that is filled to so large a share on average, and has room for more sequences up to the other."""
QUEUED = 0.1
"""Requests wait for an engine when so large a share of what it has waits; a few always do for the next step."""


def measure(report: dict[str, Any], config: Config) -> dict[str, Any]:
    """Figures of each pass and of all.

    Args:
        report: What `Job.curate` returned, of a run that was curated in one go.
        config: Its configuration.

    Returns:
        `questions_per_second` of all passes together, engines' start left out; `tokens_per_second_per_gpu` (generated,
        None without GPUs); `cost_per_1000_questions` (None without prices); `bottleneck` in words; and `passes`.
    """
    passes = {name: _pass(report[name], config) for name in PASSES}
    seconds = sum(part["seconds"] for part in passes.values())
    questions = report["gather"]["rows"]
    gpus = sum(engine.gpus * engine.most_replicas for engine in config.engines().values())
    tokens = sum(part["generated_tokens"] for part in passes.values())
    slowest = max(passes, key=lambda name: passes[name]["seconds"])
    return {
        "questions": questions,
        "questions_per_second": round(questions / seconds, 3) if seconds else None,
        "tokens_per_second": round(tokens / seconds, 1) if seconds else None,
        "tokens_per_second_per_gpu": round(tokens / seconds / gpus, 1) if gpus and seconds else None,
        "cost_per_1000_questions": _cost(report, questions),
        "slowest_pass": slowest,
        "bottleneck": bottleneck(slowest, passes[slowest], config),
        "passes": passes,
    }


def bottleneck(name: str, figures: dict[str, Any], config: Config) -> str:
    """What to change so that the slowest pass goes faster, by what its engines say of themselves.

    Args:
        name: The pass.
        figures: Its figures: `rows`, `fullness` and `engines`, both by role.
        config: The run's configuration.
    """
    engines = figures["engines"]
    longest = max(engines, key=lambda role: _queue(engines[role]), default=None)
    if longest is not None and _queue(engines[longest]) >= QUEUED:
        return f"{name}: {_where_requests_wait(longest, engines[longest])}"
    full = {role: share for role, share in figures["fullness"].items() if share is not None}
    role = max(full, key=lambda role: full[role], default=None)
    if role is not None and full[role] >= FULL:
        engine: EngineConfig = getattr(config, role)
        if engine.api is not None:
            return f"{name}: the limits of the {role}'s API ({full[role]:.0%} of `api.max_concurrency` under way)"
        return f"{name}: {_engines_are_full(role, full[role], engines.get(role))}"
    limit = config.pipeline.workers * config.pipeline.rows_per_block
    if figures["rows"] <= limit:
        return f"{name}: too few questions to fill the engines ({figures['rows']:,}); measure with more"
    share = "" if role is None else f" (the fullest, {role}, {full[role]:.0%})"
    empty = " and no requests wait at them" if engines else ""
    return (
        f"{name}: the engines are not full{share}{empty}, so they are fed too slowly; at most {limit:,} questions are "
        "under way: raise `pipeline.rows_per_block` or `pipeline.workers`"
    )


def _queue(load: dict[str, Any]) -> float:
    """Of the sequences that an engine has, the share that waits for its turn."""
    waiting, running = load.get("waiting", 0.0), load.get("running", 0.0)
    return float(waiting / (waiting + running)) if waiting else 0.0


def _where_requests_wait(role: str, load: dict[str, Any]) -> str:
    """Why requests wait at engines, and what to do: no room in the KV cache, none among the sequences, or neither."""
    waits = f"{load['waiting']:,.0f} requests wait at the {role}'s engines"
    if load["kv_cache_usage"] >= FULL_CACHE or (load["preemptions"] and load["kv_cache_peak"] >= FULL_CACHE):
        again = load["preemptions"]
        thrown = f", and {again:,} sequences were put out of it and began again" if again else ""
        return (
            f"memory: {waits} because their KV cache is full ({load['kv_cache_usage']:.0%} on average, "
            f"{load['kv_cache_peak']:.0%} at most{thrown}); give it more (`kv_cache_gib`, `gpu_memory_utilization`, "
            "more GPUs) or smaller entries (`engine_args: {kv_cache_dtype: fp8}`)"
        )
    share = load["running"] / load["max_num_seqs"]
    if share >= FULL:
        return f"{_engines_are_full(role, share, load)}; {load['waiting']:,.0f} requests wait"
    return (
        f"{waits} though {share:.0%} of their sequences are under way and their KV cache has room "
        f"({load['kv_cache_usage']:.0%} full): they are busy reading prompts; raise `max_num_batched_tokens`, or give "
        "more replicas or GPUs"
    )


def _engines_are_full(role: str, share: float, load: dict[str, Any] | None) -> str:
    room = ""
    if load is not None and load.get("kv_cache_peak", 1.0) <= ROOMY_CACHE:
        room = f", or a larger `max_num_seqs`: their KV cache is {load['kv_cache_peak']:.0%} full at most"
    under_way = f"{share:.0%} of their sequences under way"
    return f"the {role}'s engines are full ({under_way}); give it more replicas or GPUs{room}"


def _pass(report: dict[str, Any], config: Config) -> dict[str, Any]:
    seconds = max(report["seconds"] - report["start_seconds"], 0.0)
    tokens = sum(spent["completion_tokens"] for spent in report["usage"].values())
    engines = report.get("engines", {})
    fullness = {
        role: _fullness(getattr(config, role), mean, engines.get(role, {}))
        for role, mean in report.get("sequences_in_flight", {}).items()
    }
    return {
        "rows": report["rows"],
        "seconds": round(seconds, 1),
        "engines_started_in": report["start_seconds"],
        "rows_per_second": round(report["rows"] / seconds, 2) if seconds else None,
        "generated_tokens": tokens,
        "peak_in_flight": report.get("peak_in_flight"),
        "fullness": fullness,
        "engines": engines,
    }


def _fullness(engine: EngineConfig, sequences: float, load: dict[str, Any]) -> float | None:
    """Share of the sequences that all replicas can have under way at once; None if nobody knows how many those are."""
    if engine.engine == "scripted":
        return None
    if "running" in load:
        return round(load["running"] / load["max_num_seqs"], 3)
    at_once = engine.api.max_concurrency if engine.api is not None else engine.max_num_seqs
    most = load.get("max_num_seqs") or (at_once and engine.most_replicas * at_once)
    return round(sequences / most, 3) if most else None


def _cost(report: dict[str, Any], questions: int) -> float | None:
    spent = [use for name in PASSES for use in report[name]["usage"].values() if use["calls"]]
    if not questions or any("money" not in use for use in spent):
        return None
    return round(1000 * sum(use["money"] for use in spent) / questions, 4)
