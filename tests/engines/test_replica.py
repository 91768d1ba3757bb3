"""What a replica does with the orders of a pass: each is written down before anybody has the reply, and made once."""

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
import ray

from dgrc.config import EngineConfig
from dgrc.engines.base import Completion, Order, Request
from dgrc.engines.client import PoolClient
from dgrc.engines.journal import Journal
from dgrc.engines.pool import Pool
from dgrc.engines.replica import Replica


def ask(text: str) -> Request:
    return Request(({"role": "user", "content": text},))


def scripted(function: str, **settings: Any) -> EngineConfig:
    return EngineConfig(engine="scripted", script=f"tests.engines.test_replica:{function}", **{"cpus": 0, **settings})


def echo(request: Request) -> list[str]:
    return [request.messages[0]["content"]] * request.n


def refuse(request: Request) -> list[str]:
    raise ValueError("not this one")


def replica_here(function: str = "echo") -> Any:
    """A replica in this process, without Ray."""
    return Replica.__ray_metadata__.modified_class(scripted(function), 0)  # type: ignore[attr-defined]


def served(replica: Any, text: str, order: Order) -> Completion:
    completion, _ = asyncio.run(replica.generate(ask(text), "", order=order))
    assert isinstance(completion, Completion)
    return completion


def test_each_pass_has_its_journal(tmp_path: Path) -> None:
    replica = replica_here()
    for name in ("gather", "answer", "gather"):
        (tmp_path / name).mkdir(exist_ok=True)
        completion = served(replica, name, Order(5, -9, str(tmp_path / name)))
        assert Journal(tmp_path / name).get(5, -9) == completion


def test_nobody_has_a_reply_that_could_not_be_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("dgrc.engines.journal.Segment.put", full)
    with pytest.raises(OSError, match="No space left"):
        served(replica_here(), "x", Order(5, -9, str(tmp_path)))


def test_a_journal_that_was_compacted_under_a_replica_is_written_to_again(tmp_path: Path) -> None:
    replica = replica_here()
    served(replica, "before", Order(1, 1, str(tmp_path)))
    for segment in tmp_path.glob("*.jsonl"):
        segment.unlink()
    completion = served(replica, "after", Order(2, 2, str(tmp_path)))
    assert Journal(tmp_path).get(2, 2) == completion


def test_an_error_that_cost_nothing_is_not_written_down_so_that_it_is_asked_again(tmp_path: Path) -> None:
    completion = served(replica_here("refuse"), "x", Order(5, -9, str(tmp_path)))
    assert completion.error == "refused: not this one"
    assert Journal(tmp_path).get(5, -9) is None


class Asker:
    """A process that can die while it waits for a reply."""

    def __init__(self, client: PoolClient):
        self._client = client

    def pid(self) -> int:
        return os.getpid()

    async def ask(self, order: Order) -> str:
        return (await self._client.generate(ask("served"), order=order)).samples[0].text


async def serials(request: Request) -> list[str]:
    """How many requests this replica has been asked so far; slowly."""
    SERVED.append(request)
    number = len(SERVED)
    await asyncio.sleep(2)
    return [str(number)]


SERVED: list[Request] = []


@pytest.mark.usefixtures("ray_here")
def test_a_reply_that_was_made_for_a_dead_process_goes_to_the_one_in_its_place(tmp_path: Path) -> None:
    one, other = (Order(row, 1, str(tmp_path)) for row in (7, 8))
    with Pool.start("teacher", scripted("serials"), 0).wait() as pool:
        first = ray.remote(Asker).options(num_cpus=0).remote(pool.client())
        pid = ray.get(first.pid.remote())
        first.ask.remote(one)
        replica = pool._replicas[0]
        while ray.get(replica.owes.remote()) != [one]:
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)
        second = ray.remote(Asker).options(num_cpus=0).remote(pool.client())
        assert ray.get([second.ask.remote(one), second.ask.remote(other)]) == ["1", "2"]
        third = ray.remote(Asker).options(num_cpus=0).remote(pool.client())
        assert ray.get(third.ask.remote(one)) == "1", "made, but perhaps nobody had it"
        assert ray.get(third.ask.remote(Order(9, 1, str(tmp_path)))) == "3"


@pytest.mark.usefixtures("ray_here")
def test_an_order_that_no_journal_takes_is_an_error_and_the_replica_lives(tmp_path: Path) -> None:
    with Pool.start("teacher", scripted("echo"), 0).wait() as pool:
        client = pool.client()
        with pytest.raises(FileNotFoundError, match="absent"):
            asyncio.run(client.generate(ask("x"), order=Order(5, -9, str(tmp_path / "absent"))))
        assert asyncio.run(client.generate(ask("x"))).samples
