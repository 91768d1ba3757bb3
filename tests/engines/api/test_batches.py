"""`api.mode: batches` against a server on loopback: one file up, one down, nothing lost, nothing paid for twice."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.api.server import Manners, Server
from dgrc.config import ApiConfig, EngineConfig, Price
from dgrc.engines.api.batches import LINE_TRIES, BatchEngine
from dgrc.engines.api.ledger import Ledger, LocalAccounts
from dgrc.engines.base import Completion, Request
from dgrc.errors import EngineError


def ask(text: str, n: int = 1) -> Request:
    return Request(({"role": "user", "content": text},), n=n, max_tokens=64)


async def with_engine(
    server: Server, file: Path | None, work: Callable[[BatchEngine], Awaitable[Any]], **api: Any
) -> tuple[Any, Ledger]:
    settings = {"batch_wait_s": 0.2, "batch_poll_s": 0.05, "deadline_s": 5, **api}
    section = ApiConfig(base_url=server.url, key_env="", mode="batches", **settings)
    price = Price(prompt=1.0, completion=2.0)
    config = EngineConfig(engine="openai_api", model="echo", api=section, price_per_million=price)
    ledger = Ledger(section, price, str(file) if file else None)
    engine = BatchEngine(config, LocalAccounts(ledger))
    await engine.start()
    try:
        return await work(engine), ledger
    finally:
        ledger.close()
        engine.stop()


def talk(manners: Manners, work: Callable[[BatchEngine], Awaitable[Any]], **api: Any) -> tuple[Any, Ledger, Server]:
    async def run() -> tuple[Any, Ledger, Server]:
        async with Server(manners) as server:
            said, ledger = await with_engine(server, None, work, **api)
            return said, ledger, server

    return asyncio.run(run())


async def ask_all(engine: BatchEngine, count: int) -> list[Completion]:
    return list(await asyncio.gather(*(engine.generate(ask(f"question {i}", 2)) for i in range(count))))


def test_requests_that_come_together_are_one_batch_and_each_gets_its_own_answer() -> None:
    replies, ledger, server = talk(Manners(latency_s=0.3), lambda engine: ask_all(engine, 40))
    assert [r.samples[0].text for r in replies] == [f"echo question {i}" for i in range(40)]
    assert {len(r.samples) for r in replies} == {2}
    assert server.seen.batches == {"batch-0": 40}
    assert server.seen.requests == 0  # no single request was made
    assert ledger.spent()["completion_tokens"] == 40 * 2 * 3


def test_a_full_batch_does_not_wait() -> None:
    _, _, server = talk(Manners(), lambda engine: ask_all(engine, 25), batch_requests=10)
    assert sorted(server.seen.batches.values()) == [5, 10, 10]


def test_lines_that_failed_go_into_another_batch() -> None:
    replies, _, server = talk(Manners(faults=0.3), lambda engine: ask_all(engine, 60), batch_wait_s=0.05)
    assert [r.samples[0].text for r in replies] == [f"echo question {i}" for i in range(60)]
    assert len(server.seen.answered) == 60  # none was paid for twice
    assert len(server.seen.batches) > 1


def test_a_request_that_no_batch_answers_stops_the_pass_and_says_so() -> None:
    with pytest.raises(EngineError, match=rf"in {LINE_TRIES} batches.*batch_expired"):
        talk(Manners(faults=1.0), lambda engine: ask_all(engine, 1), batch_wait_s=0.01)


def test_a_prompt_that_is_refused_is_an_error_of_its_own() -> None:
    async def both(engine: BatchEngine) -> list[Completion]:
        return list(await asyncio.gather(engine.generate(ask("refuse me")), engine.generate(ask("question 1"))))

    (refused, served), _, _ = talk(Manners(), both)
    assert refused.error is not None
    assert refused.error.startswith("too_long")
    assert served.samples[0].text == "echo question 1"


def test_a_run_that_was_killed_collects_the_batch_it_had_asked_for(tmp_path: Path) -> None:
    book = tmp_path / "teacher.json"

    async def killed(engine: BatchEngine) -> None:
        waiting = asyncio.ensure_future(ask_all(engine, 10))
        while not engine.accounts.ledger.batches():  # type: ignore[attr-defined]
            await asyncio.sleep(0.01)
        waiting.cancel()

    async def run() -> tuple[list[Completion], Server]:
        async with Server(Manners(latency_s=0.5)) as server:
            await with_engine(server, book, killed)
            with open(book.with_suffix(".batches.jsonl"), "a") as torn:
                torn.write('{"batch": "batch-9", "requ')
            replies, _ = await with_engine(server, book, lambda engine: ask_all(engine, 12))
            return replies, server

    replies, server = asyncio.run(run())
    assert [r.samples[0].text for r in replies] == [f"echo question {i}" for i in range(12)]
    assert server.seen.batches == {"batch-0": 10, "batch-1": 2}


def test_an_earlier_batch_that_the_server_no_longer_has_is_asked_again(tmp_path: Path) -> None:
    book = tmp_path / "teacher.json"

    async def run() -> tuple[list[Completion], Server]:
        async with Server(Manners()) as server:
            await with_engine(server, book, lambda engine: ask_all(engine, 3))
        async with Server(Manners()) as server:  # knows nothing of the first one's batches
            replies, _ = await with_engine(server, book, lambda engine: ask_all(engine, 3))
            return replies, server

    replies, server = asyncio.run(run())
    assert [r.samples[0].text for r in replies] == [f"echo question {i}" for i in range(3)]
    assert server.seen.batches == {"batch-0": 3}


def test_batches_that_failed_in_an_earlier_life_are_no_tries_of_this_one(tmp_path: Path) -> None:
    book = tmp_path / "teacher.json"

    async def run() -> list[Completion]:
        async with Server(Manners(faults=1.0)) as server:
            with pytest.raises(EngineError, match=f"in {LINE_TRIES} batches"):
                await with_engine(server, book, lambda engine: ask_all(engine, 1), batch_wait_s=0.01)
            server.manners.faults = 0.0
            replies, _ = await with_engine(server, book, lambda engine: ask_all(engine, 1), batch_wait_s=0.01)
            return replies  # type: ignore[no-any-return]

    (reply,) = asyncio.run(run())
    assert reply.samples[0].text == "echo question 0"


def test_lines_that_a_batch_of_an_earlier_life_refused_are_asked_again_when_the_setting_is_mended(
    tmp_path: Path,
) -> None:
    book = tmp_path / "teacher.json"
    mended: dict[str, Any] = {"max_tokens_name": "max_completion_tokens"}

    async def run() -> tuple[list[Completion], Server]:
        async with Server(Manners(refuses="max_tokens")) as server:
            with pytest.raises(EngineError, match=r"'max_tokens' is not supported.*max_completion_tokens"):
                await with_engine(server, book, lambda engine: ask_all(engine, 3))
            replies, _ = await with_engine(server, book, lambda engine: ask_all(engine, 3), **mended)
            return replies, server

    replies, server = asyncio.run(run())
    assert [r.samples[0].text for r in replies] == [f"echo question {i}" for i in range(3)]
    assert server.seen.batches == {"batch-0": 3, "batch-1": 3}


def test_a_server_that_has_no_batches_is_named() -> None:
    class NoBatches(Server):
        async def _upload(self, request: Any) -> Any:
            from aiohttp import web

            return web.json_response({"error": {"message": "no such endpoint"}}, status=404)

    async def run() -> None:
        async with NoBatches(Manners()) as server:
            await with_engine(server, None, lambda engine: ask_all(engine, 1))

    with pytest.raises(EngineError, match=r"POST .*/files failed.*no such endpoint"):
        asyncio.run(run())
