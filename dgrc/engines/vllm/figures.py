"""What vLLM says of itself: its in-process Prometheus metrics in, our `Figures` out."""

from collections import defaultdict
from typing import Any

from dgrc.engines.load import Figures

NAMES = {
    "running": "vllm:num_requests_running", "waiting": "vllm:num_requests_waiting",
    "kv_cache_usage": "vllm:kv_cache_usage_perc", "preemptions": "vllm:num_preemptions",
    "prefix_cache_queries": "vllm:prefix_cache_queries", "prefix_cache_hits": "vllm:prefix_cache_hits",
}  # fmt: skip


def figures_of(llm: Any) -> Figures | None:
    """The figures of an `AsyncLLM`, all its data-parallel engines together; None if it keeps no statistics."""
    from vllm.v1.metrics.reader import get_metrics_snapshot

    if llm.logger_manager is None:
        return None
    values: dict[str, list[float]] = defaultdict(list)
    for metric in get_metrics_snapshot():
        if metric.name in NAMES.values():
            values[metric.name].append(metric.value)
    engines = max(1, len(values[NAMES["kv_cache_usage"]]))
    sums = {name: sum(values[of_vllm]) for name, of_vllm in NAMES.items()}
    whole = {name: int(value) for name, value in sums.items() if name != "kv_cache_usage"}
    most = engines * llm.vllm_config.scheduler_config.max_num_seqs
    return Figures(**whole, kv_cache_usage=sums["kv_cache_usage"] / engines, max_num_seqs=most)
