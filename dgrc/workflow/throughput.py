"""How fast a curation went on a user's own cluster, what a thousand questions cost, and what held it back.

A curation's report flows in; figures flow out. `ray_jobs/benchmark.py` runs the curation and prints them.
"""

from typing import Any

from dgrc.config import Config, EngineConfig

PASSES = ("gather", "answer", "verify")
FULL = 0.8
"""An engine is full when so large a share of the sequences that it can decode at once are under way on average."""


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
    """What to change so that the slowest pass goes faster."""
    full = {role: share for role, share in figures["fullness"].items() if share is not None}
    role = max(full, key=lambda role: full[role], default=None)
    if role is not None and full[role] >= FULL:
        engine: EngineConfig = getattr(config, role)
        if engine.api is not None:
            return f"{name}: the limits of the {role}'s API ({full[role]:.0%} of `api.max_concurrency` under way)"
        return (
            f"{name}: the {role}'s engines are full ({full[role]:.0%} of their sequences under way); give it more "
            "replicas or GPUs"
        )
    limit = config.pipeline.workers * config.pipeline.rows_per_block
    if figures["rows"] <= limit:
        return f"{name}: too few questions to fill the engines ({figures['rows']:,}); measure with more"
    share = "" if role is None else f" (the fullest, {role}, {full[role]:.0%})"
    return (
        f"{name}: the engines are not full{share}; at most {limit:,} questions are under way: raise "
        "`pipeline.rows_per_block` or `pipeline.workers`"
    )


def _pass(report: dict[str, Any], config: Config) -> dict[str, Any]:
    seconds = max(report["seconds"] - report["start_seconds"], 0.0)
    tokens = sum(spent["completion_tokens"] for spent in report["usage"].values())
    fullness = {
        role: _fullness(getattr(config, role), mean) for role, mean in report.get("sequences_in_flight", {}).items()
    }
    return {
        "rows": report["rows"],
        "seconds": round(seconds, 1),
        "engines_started_in": report["start_seconds"],
        "rows_per_second": round(report["rows"] / seconds, 2) if seconds else None,
        "generated_tokens": tokens,
        "peak_in_flight": report.get("peak_in_flight"),
        "fullness": fullness,
    }


def _fullness(engine: EngineConfig, sequences: float) -> float | None:
    """Share of the sequences that all replicas can have under way at once."""
    at_once = engine.api.max_concurrency if engine.api is not None else engine.max_num_seqs
    if engine.engine == "scripted" or at_once is None:
        return None
    return round(sequences / (engine.most_replicas * at_once), 3)


def _cost(report: dict[str, Any], questions: int) -> float | None:
    spent = [use for name in PASSES for use in report[name]["usage"].values() if use["calls"]]
    if not questions or any("money" not in use for use in spent):
        return None
    return round(1000 * sum(use["money"] for use in spent) / questions, 4)
