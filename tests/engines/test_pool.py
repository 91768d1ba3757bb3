"""The pool on real Ray actors: spreading, death of a replica, end of all processes."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest
import ray

from dgrc.config import EngineConfig
from dgrc.engines import pool as pools
from dgrc.engines.base import Completion, Request
from dgrc.engines.client import PoolClient
from dgrc.engines.pool import Pool, _alive
from dgrc.errors import EngineAwayError, EngineError

pytestmark = pytest.mark.usefixtures("ray_here")


def ask(text: str, n: int = 1) -> Request:
    return Request(({"role": "user", "content": text},), n=n)


def scripted(function: str, replicas: int = 1) -> EngineConfig:
    return EngineConfig(engine="scripted", script=f"tests.engines.test_pool:{function}", replicas=replicas, cpus=0)


def pid_of_replica(request: Request) -> list[str]:
    return [str(os.getpid())] * request.n


def crash(request: Request) -> list[str]:
    """Breaks the engine on `die`; on `die once <file>` only while the file is there."""
    text = request.messages[0]["content"]
    if text.startswith("slow"):
        time.sleep(0.05)
    if text == "die":
        raise RuntimeError("engine broken")
    if text.startswith("die once "):
        flag = text.removeprefix("die once ")
        if os.path.exists(flag):
            os.unlink(flag)
            raise RuntimeError("engine broken once")
    return ["alive"]


def test_requests_spread_and_all_processes_end() -> None:
    with Pool.start("teacher", scripted("pid_of_replica", replicas=2), 0).wait() as pool:
        client = pool.client()

        async def many() -> list[str]:
            replies = await asyncio.gather(*(client.generate(ask("x", n=2), sibling=i) for i in range(40)))
            assert all(len(r.samples) == 2 for r in replies)
            return [r.samples[0].text for r in replies]

        pids = set(asyncio.run(many()))
        assert len(pids) == 2
    assert not any(_alive(int(pid)) for pid in pids)


@pytest.fixture(scope="module")
def crashing(ray_here: None) -> Iterator[Pool]:
    """One replica that a request may kill; it is there again after each of the tests that share it but the last."""
    with Pool.start("teacher", scripted("crash"), 0).wait() as pool:
        yield pool


def test_a_dead_replica_is_replaced_and_its_request_asked_again(crashing: Pool, tmp_path) -> None:
    flag = tmp_path / "flag"
    flag.touch()
    reply = asyncio.run(crashing.client().generate(ask(f"die once {flag}")))
    assert reply.samples[0].text == "alive"
    assert not flag.exists()


def test_a_request_that_always_kills_is_an_error_of_its_own_and_the_rest_goes_on(crashing: Pool) -> None:
    async def among_others(client: PoolClient) -> list[Completion]:
        requests = [ask("die"), *(ask(f"slow {number}") for number in range(12))]
        return list(await asyncio.gather(*(client.generate(request) for request in requests)))

    poison, *others = asyncio.run(among_others(crashing.client(max_retries=2)))
    assert (poison.error or "").startswith("engine_died: 2 times while it served this request alone")
    assert [reply.samples[0].text for reply in others] == ["alive"] * 12


def test_a_reply_that_a_dead_replica_wrote_down_is_not_asked_for_again(crashing: Pool) -> None:
    written = Completion((), 1, 0)
    assert asyncio.run(crashing.client().generate(ask("die"), written=lambda: written)) is written


def test_an_engine_that_dies_under_everything_is_broken(crashing: Pool) -> None:
    async def three(client: PoolClient) -> None:
        for _ in range(2):
            assert (await client.generate(ask("die"))).error
        await client.generate(ask("die"))

    with pytest.raises(EngineError, match="died under 3 requests in a row, 1 times under each alone"):
        asyncio.run(three(crashing.client(max_retries=1)))


def test_a_replica_that_is_gone_for_good_is_said_and_not_waited_for(crashing: Pool) -> None:
    ray.kill(crashing._replicas[0])
    with pytest.raises(EngineError, match=r"teacher engine .*gone for good"):
        asyncio.run(crashing.client(max_retries=1).generate(ask("x")))


def test_a_reserved_replica_serves_the_one_that_reserved_it_and_then_all() -> None:
    with Pool.start("teacher", scripted("pid_of_replica"), 0).wait() as pool:
        (replica,) = pool._replicas
        ray.get(replica.reserve.remote())
        waiting = replica.generate.remote(ask("x"), pool.config.script)
        ready, _ = ray.wait([waiting], timeout=1)
        assert not ready, "a reserved replica serves nobody else"
        served, _ = ray.get(replica.generate.remote(ask("x"), pool.config.script, alone=True))
        assert served.samples and ray.get(waiting, timeout=10)[0].samples


async def hang(request: Request) -> list[str]:
    """Never replies on `hang once <file>` while the file is there; stops its own process on `freeze once <file>`."""
    what, _, flag = request.messages[0]["content"].partition(" once ")
    if flag and os.path.exists(flag):
        os.unlink(flag)
        if what == "freeze":
            os.kill(os.getpid(), signal.SIGSTOP)
        await asyncio.Event().wait()
    await asyncio.sleep(0.2)
    return ["alive"]


@pytest.mark.parametrize("how", ["hang", "freeze"])
def test_a_replica_that_hangs_is_restarted_and_its_requests_asked_again(tmp_path, how: str) -> None:
    flag = tmp_path / "flag"
    flag.touch()

    async def among_others(client: PoolClient) -> list[Completion]:
        requests = [ask(f"{how} once {flag}"), *(ask(f"other {number}") for number in range(3))]
        return list(await asyncio.gather(*(client.generate(request) for request in requests)))

    config = scripted("hang").model_copy(update={"hung_after_s": 3.0})
    with Pool.start("teacher", config, 0).wait() as pool:
        replies = asyncio.run(asyncio.wait_for(among_others(pool.client()), 120))
    assert [reply.samples[0].text for reply in replies] == ["alive"] * 4
    assert not flag.exists()


def test_a_replica_that_is_slow_but_makes_progress_is_left_alone() -> None:
    async def one_after_the_other(client: PoolClient) -> set[str]:
        late = asyncio.ensure_future(client.generate(ask("wait")))
        pids = set()
        while not late.done():
            pids.add((await client.generate(ask("pid"))).samples[0].text)
        return {*pids, (await late).samples[0].text}

    config = scripted("patient").model_copy(update={"hung_after_s": 2.0})
    with Pool.start("teacher", config, 0).wait() as pool:
        assert len(asyncio.run(one_after_the_other(pool.client()))) == 1


async def patient(request: Request) -> list[str]:
    """The pid of the replica, on `wait` after longer than a replica may go without a reply."""
    await asyncio.sleep(6 if request.messages[0]["content"] == "wait" else 0.1)
    return [str(os.getpid())]


class Restarting:
    """Stands for a replica that died while it started: unavailable at first, there when it is asked again."""

    def __init__(self) -> None:
        self.asked = 0
        self.ready = self

    def remote(self) -> Any:
        self.asked += 1
        return ray.put([1]) if self.asked > 2 else ray.remote(unavailable).remote()


def unavailable() -> None:
    raise ray.exceptions.ActorUnavailableError("socket closed", None)


def test_a_replica_that_dies_while_it_starts_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    real, replica = ray.get, Restarting()

    def get(ref: Any) -> Any:  # Ray wraps what a task raises; an actor's being away comes as it is
        try:
            return real(ref)
        except ray.exceptions.RayTaskError as e:
            raise e.cause from e

    monkeypatch.setattr(ray, "get", get)
    pool = Pool("teacher", scripted("crash"), [replica], []).wait()
    assert replica.asked == 3 and pool._up == [0]


@ray.remote(num_cpus=0, max_restarts=-1)
class HangsOnce:
    """A replica that does not come up in its first life, if it is told where to write that down."""

    def __init__(self, flag: str | None = None):
        if flag is not None and not os.path.exists(flag):
            with open(flag, "w"):
                time.sleep(600)

    async def ready(self) -> list[int]:
        return [os.getpid()]

    async def stop(self) -> None:
        pass


def test_a_replica_that_hangs_while_it_starts_is_restarted_once_others_are_up(tmp_path) -> None:
    config = scripted("crash", replicas=3).model_copy(update={"hung_after_s": 3.0})
    replicas = [HangsOnce.remote(flag) for flag in (str(tmp_path / "flag"), None, None)]
    with Pool("teacher", config, replicas, []) as pool:
        began = time.monotonic()
        assert sorted(pool.wait()._up) == [0, 1, 2]
        assert time.monotonic() - began > 3, "not before"


def test_an_engine_that_cannot_start_says_why() -> None:
    config = EngineConfig(engine="scripted", script="tests.engines.absent:nothing", cpus=0)
    pool = Pool.start("teacher", config, 0)
    try:
        with pytest.raises(EngineError, match=r"cannot be imported.*absent"):
            pool.wait()
    finally:
        pool.stop()
    assert ray.is_initialized()


def test_an_elastic_pool_begins_with_the_least_and_takes_in_those_that_come_up(tmp_path) -> None:
    config = scripted("pid_of_replica", replicas=1).model_copy(update={"replicas": (1, 2), "cpus": 1.0})
    free = ray.available_resources()["CPU"]
    taken = ray.remote(Room).options(num_cpus=free - 1).remote()  # leaves room for one replica
    ray.get(taken.there.remote())
    with Pool.start("teacher", config, 0).wait() as pool:
        client = pool.client()

        async def pids(times: int) -> set[str]:
            replies = await asyncio.gather(*(client.generate(ask("x"), sibling=i) for i in range(times)))
            return {reply.samples[0].text for reply in replies}

        async def grow() -> set[str]:
            assert len(await pids(20)) == 1
            ray.kill(taken)
            for _ in range(300):
                if len(found := await pids(20)) == 2:
                    return found
                await asyncio.sleep(0.1)
            raise AssertionError("the second replica came up and was never asked")

        found = asyncio.run(grow())
    assert not any(_alive(int(pid)) for pid in found)


def test_a_pool_ends_though_some_of_its_replicas_never_came_up() -> None:
    config = scripted("pid_of_replica").model_copy(update={"replicas": (1, 2), "cpus": ray.cluster_resources()["CPU"]})
    with Pool.start("teacher", config, 0).wait() as pool:
        assert asyncio.run(pool.client().generate(ask("x"))).samples
    for _ in range(100):
        if ray.available_resources().get("CPU", 0) == ray.cluster_resources()["CPU"]:
            return
        time.sleep(0.1)
    raise AssertionError(f"the pool is gone, but {ray.available_resources()} of {ray.cluster_resources()} is left")


class Room:
    """Takes up CPUs."""

    def there(self) -> bool:
        return True


@ray.remote(num_cpus=0)
class Silent:
    """A replica that never comes to the end of what it is asked."""

    async def turn_to(self, weights: str) -> None:
        await asyncio.Event().wait()


def test_replicas_that_do_not_turn_to_other_weights_are_said_and_not_waited_for(monkeypatch) -> None:
    monkeypatch.setattr(pools, "START_TIMEOUT_S", 0.2)
    pool = Pool("student", scripted("pid_of_replica"), [Silent.remote()], [])
    pool._up = [0]
    with pytest.raises(EngineAwayError, match=r"1 of 1 replicas of the student engine.*did not answer"):
        pool.turn_to("next")
    ray.kill(pool._replicas[0])
