"""What engines say of themselves: seen by their replicas, taken by the driver, shown on a node's Prometheus page."""

import asyncio
import logging
import time
from dataclasses import replace
from typing import Any

import pytest
import ray

from dgrc.config import EngineConfig
from dgrc.engines import replica as replicas
from dgrc.engines.load import Figures, Gauges, Load, Measured, in_words, together
from dgrc.engines.pool import Pool
from dgrc.engines.scripted import ScriptedEngine
from tests.prometheus import page

QUIET = Figures(0, 0, 0.0, 0, 0, 0, 16)


def test_means_are_of_looks_and_counts_since_the_last_taking() -> None:
    load = Load()
    load.take(replace(QUIET, preemptions=7, prefix_cache_queries=100, prefix_cache_hits=10))  # before the pass
    load.see(replace(QUIET, running=10, waiting=4, kv_cache_usage=0.5))
    load.see(replace(QUIET, running=20, waiting=0, kv_cache_usage=0.9))
    taken = load.take(replace(QUIET, preemptions=9, prefix_cache_queries=300, prefix_cache_hits=110))
    assert taken == {
        "running": 15.0, "waiting": 2.0, "kv_cache_usage": 0.7, "kv_cache_peak": 0.9, "preemptions": 2,
        "prefix_cache_queries": 200, "prefix_cache_hits": 100, "max_num_seqs": 16,
    }  # fmt: skip
    again = load.take(replace(QUIET, preemptions=9, prefix_cache_queries=300, prefix_cache_hits=110))
    assert again == {"preemptions": 0, "prefix_cache_queries": 0, "prefix_cache_hits": 0, "max_num_seqs": 16}


def test_replicas_are_summed_but_for_their_caches() -> None:
    one = {"running": 10.0, "waiting": 1.0, "kv_cache_usage": 0.2, "kv_cache_peak": 0.4, "preemptions": 1,
           "prefix_cache_queries": 100, "prefix_cache_hits": 10, "max_num_seqs": 16}  # fmt: skip
    late = {"preemptions": 2, "prefix_cache_queries": 50, "prefix_cache_hits": 30, "max_num_seqs": 16}
    other = {**one, "running": 20.0, "kv_cache_usage": 0.4, "kv_cache_peak": 0.9}
    found = together([one, late, other])
    assert found == {
        "running": 30.0, "waiting": 2.0, "kv_cache_usage": 0.3, "kv_cache_peak": 0.9, "preemptions": 4,
        "prefix_cache_queries": 250, "prefix_cache_hits": 50, "max_num_seqs": 48,
    }  # fmt: skip
    assert in_words(found) == (
        "30.0 of 48 sequences under way on average, 2.0 waiting, KV cache 30% full, 90% at most, 4 preemptions, 20% of "
        "prompt tokens from the prefix cache"
    )
    assert in_words(together([{**late, "prefix_cache_queries": 0}])) == "2 preemptions"


class Telling(ScriptedEngine):
    """An engine that says of itself what the test wants."""

    said: Figures | None = QUIET

    def figures(self) -> Figures | None:
        return self.said


def test_a_replica_looks_at_its_engine_and_stops_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Figures] = []
    monkeypatch.setattr(replicas, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(replicas, "Gauges", lambda role, number: _Shown(shown, role, number))
    config = EngineConfig(engine="scripted", script="tests.engines.test_replica:echo", cpus=0)
    monkeypatch.setattr(replicas, "make_engine", lambda *_: Telling(config, 0))

    async def life() -> dict[str, Any]:
        replica = replicas.Replica.__ray_metadata__.modified_class(config, 0, None, "teacher", 3)  # type: ignore[attr-defined]
        await replica.ready()
        replica._engine.said = replace(QUIET, running=5, kv_cache_usage=0.5)
        while replace(QUIET, running=5, kv_cache_usage=0.5) not in shown:
            await asyncio.sleep(0.01)
        taken: dict[str, Any] = await replica.take_load()
        replica._engine.said = None
        assert await replica.take_load() is None
        await replica.stop()
        await asyncio.sleep(0.02)
        assert replica._looking.done()
        return taken

    taken = asyncio.run(life())
    assert taken["kv_cache_peak"] == 0.5 and taken["max_num_seqs"] == 16
    assert shown[0] == QUIET


class Failing(ScriptedEngine):
    """An engine of a library whose figures are not what they were in another version."""

    def figures(self) -> Figures | None:
        raise AttributeError("no stats")


def test_figures_that_cannot_be_read_are_said_once_and_cost_nothing_else(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    config = EngineConfig(engine="scripted", script="tests.engines.test_replica:echo", cpus=0)
    monkeypatch.setattr(replicas, "make_engine", lambda *_: Failing(config, 0))

    async def life() -> None:
        replica = replicas.Replica.__ray_metadata__.modified_class(config, 0, None, "teacher", 3)  # type: ignore[attr-defined]
        await replica.ready()
        await replica._looking
        assert await replica.take_load() is None
        await replica.stop()

    with caplog.at_level(logging.WARNING, replicas.__name__):
        asyncio.run(life())
    assert [r.getMessage() for r in caplog.records if "figures" in r.getMessage()] == [
        "teacher 3: the engine's own figures cannot be read, so metrics and report lack them: "
        "AttributeError('no stats')"
    ]


class _Shown:
    def __init__(self, shown: list[Figures], role: str, number: int):
        assert (role, number) == ("teacher", 3)
        self.show = shown.append


def test_engines_that_have_no_figures_are_left_out() -> None:
    config = EngineConfig(engine="scripted", script="tests.engines.test_replica:echo", cpus=0)
    assert not isinstance(ScriptedEngine(config, 0), Measured) and isinstance(Telling(config, 0), Measured)


@pytest.mark.usefixtures("ray_here")
def test_a_pool_of_such_engines_has_no_load() -> None:
    config = EngineConfig(engine="scripted", script="tests.engines.test_replica:echo", cpus=0)
    with Pool.start("teacher", config, 0) as pool:
        assert pool.wait().take_load() is None


ROLE = "a-role-of-this-test-alone"


@ray.remote(num_cpus=0)
def show() -> None:
    gauges = Gauges(ROLE, 4)
    gauges.show(Figures(9, 9, 0.9, 1, 100, 10, 16))
    gauges.show(Figures(7, 3, 0.25, 5, 400, 300, 16))
    time.sleep(12)  # a worker's metrics reach the node's page every few seconds


@pytest.mark.usefixtures("ray_here")
def test_figures_reach_prometheus_by_role_and_replica() -> None:
    showing = show.remote()
    deadline = time.monotonic() + 60
    lines: list[str] = []
    while time.monotonic() < deadline and len(lines) < 6:
        time.sleep(1)
        lines = [line for line in page().splitlines() if ROLE in line and 'eplica="4"' in line]
    ray.cancel(showing, force=True)
    values = {line.partition("{")[0]: float(line.rpartition(" ")[2]) for line in lines}
    assert values == {
        "ray_dgrc_engine_running": 7, "ray_dgrc_engine_waiting": 3, "ray_dgrc_engine_kv_cache_usage": 0.25,
        "ray_dgrc_engine_preemptions_total": 5, "ray_dgrc_engine_prefix_cache_queries_total": 400,
        "ray_dgrc_engine_prefix_cache_hits_total": 300,
    }  # fmt: skip
