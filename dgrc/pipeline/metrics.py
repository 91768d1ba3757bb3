"""What a pass spends, as metrics of Ray's: a cluster's Prometheus scrapes them from every node.

`ray_dgrc_calls_total` and `ray_dgrc_tokens_total{kind="prompt|cached|completion"}`, each with the labels `role` and
`step`. https://docs.ray.io/en/latest/cluster/metrics.html tells how Prometheus and Grafana find them.
"""

from ray.util.metrics import Counter

from dgrc.records import Usage


class Meters:
    """The counters of one process."""

    def __init__(self) -> None:
        self._calls = Counter("dgrc_calls", "Replies asked of engines.", ("role", "step"))
        self._tokens = Counter("dgrc_tokens", "Tokens read and written by engines.", ("role", "step", "kind"))

    def spent(self, usage: Usage) -> None:
        """Adds what one request cost."""
        tags = {"role": usage.role, "step": usage.step}
        self._calls.inc(usage.calls, tags)
        kinds = {"prompt": usage.prompt_tokens, "cached": usage.cached_tokens, "completion": usage.completion_tokens}
        for kind, tokens in kinds.items():
            if tokens:  # Ray's counters refuse zero
                self._tokens.inc(tokens, {**tags, "kind": kind})
