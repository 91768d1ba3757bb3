"""What Prometheus would read of a pass: the node's own metrics page, over HTTP."""

import time
import urllib.request

import pytest
import ray

from dgrc.pipeline.metrics import Meters
from dgrc.records import Usage

pytestmark = pytest.mark.usefixtures("ray_here")


@ray.remote(num_cpus=0)
def spend() -> None:
    meters = Meters()
    for _ in range(3):
        meters.spent(Usage("teacher", "diagnose", 2, 100, 7, 0))
    time.sleep(12)  # a worker's counters reach the node's page every few seconds


def page() -> str:
    (node,) = [node for node in ray.nodes() if node["Alive"]]
    with urllib.request.urlopen(f"http://127.0.0.1:{node['MetricsExportPort']}/metrics", timeout=10) as answer:
        return str(answer.read().decode())


def test_calls_and_tokens_reach_prometheus_by_role_and_step() -> None:
    spending = spend.remote()
    deadline = time.monotonic() + 60
    lines: list[str] = []
    while time.monotonic() < deadline and not any(line.startswith("ray_dgrc_calls_total") for line in lines):
        time.sleep(1)
        lines = page().splitlines()
    ray.cancel(spending, force=True)
    found = {line.split("{")[0]: [one for one in lines if one.startswith(line.split("{")[0] + "{")] for line in lines}
    (calls,) = found["ray_dgrc_calls_total"]
    assert calls.endswith(" 6.0")
    assert 'Role="teacher"' in calls or 'role="teacher"' in calls
    tokens = sorted(line.rpartition(" ")[2] for line in found["ray_dgrc_tokens_total"])
    assert tokens == ["21.0", "300.0"]
