"""What Prometheus would read: the page of the node's own metrics, over HTTP."""

import urllib.request

import ray


def page() -> str:
    """All metrics that the session's one node has now."""
    (node,) = [node for node in ray.nodes() if node["Alive"]]
    with urllib.request.urlopen(f"http://127.0.0.1:{node['MetricsExportPort']}/metrics", timeout=10) as answer:
        return str(answer.read().decode())
