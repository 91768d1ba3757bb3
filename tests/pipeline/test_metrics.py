"""What Prometheus would read of a pass: the node's own metrics page, over HTTP."""

import time

import pytest
import ray

from dgrc.pipeline.metrics import Meters
from dgrc.records import Usage
from tests.prometheus import page

pytestmark = pytest.mark.usefixtures("ray_here")


@ray.remote(num_cpus=0)
def spend() -> None:
    meters = Meters()
    for _ in range(3):
        meters.spent(Usage("teacher", STEP, 2, 100, 7, 0))
    time.sleep(12)  # a worker's counters reach the node's page every few seconds


STEP = "a-step-of-this-test-alone"  # other tests of the session have counted too


def test_calls_and_tokens_reach_prometheus_by_role_and_step() -> None:
    spending = spend.remote()
    deadline = time.monotonic() + 60
    lines: list[str] = []
    while time.monotonic() < deadline and not any(line.startswith("ray_dgrc_calls_total") for line in lines):
        time.sleep(1)
        lines = [line for line in page().splitlines() if STEP in line]
    ray.cancel(spending, force=True)
    (calls,) = [line for line in lines if line.startswith("ray_dgrc_calls_total{")]
    assert calls.endswith(" 6.0")
    assert 'Role="teacher"' in calls or 'role="teacher"' in calls
    tokens = sorted(line.rpartition(" ")[2] for line in lines if line.startswith("ray_dgrc_tokens_total{"))
    assert tokens == ["21.0", "300.0"]
