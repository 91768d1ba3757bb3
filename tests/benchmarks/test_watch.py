"""What a watch over a Ray session's processes counts."""

import subprocess
import sys
import time

import pytest

from benchmarks.shared.watch import KINDS, Watch

BURNS = """
import time
while time.process_time() < 1: pass
print(flush=True)
time.sleep(600)
"""


def test_the_steady_rate_leaves_out_what_starting_took() -> None:
    child = subprocess.Popen([sys.executable, "-c", BURNS], stdout=subprocess.PIPE)
    try:
        with Watch({child.pid}, look_seconds=0.05) as watch:
            time.sleep(0.1)
            assert child.stdout is not None and child.stdout.readline()
            burnt = time.monotonic() - watch._began
            time.sleep(3 * burnt)
        assert watch.cpu["replicas"] >= 0.2
        assert watch.steady()["replicas"] == pytest.approx(0, abs=0.01)
    finally:
        child.kill()


def test_the_steady_rate_is_of_the_middle() -> None:
    watch = Watch(set())
    watch._looks = [(t, dict.fromkeys(KINDS, 0.0) | {"workers": 5.0 * (t > 0) + 0.25 * t}) for t in range(11)]
    assert watch.steady() == {"driver": 0, "replicas": 0, "workers": pytest.approx(0.25), "ray": 0}


def test_looking_is_in_nobodys_account() -> None:
    with Watch(set(), look_seconds=0.02) as watch:
        time.sleep(1)
    assert watch._looking > 0
    assert watch.cpu["driver"] < watch._looking
