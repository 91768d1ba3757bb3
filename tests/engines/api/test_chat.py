"""`engine: openai_api` against a server on loopback that can be slow, limited and rude."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.api.server import Manners, Server
from dgrc.config import ApiConfig, EngineConfig, Price
from dgrc.engines.api.chat import OpenAIEngine
from dgrc.engines.api.ledger import Bill, Ledger, LocalAccounts
from dgrc.engines.base import Completion, Request
from dgrc.engines.pool import Pool
from dgrc.engines.vllm.engine import environment as vllm_environment
from dgrc.errors import EngineError
from tests.engines.api.clock import TRIES, on_time, run_leaping
from tests.tiny import write_model


def section(url: str, price: Price | None = None, **api: Any) -> EngineConfig:
    return EngineConfig(
        engine="openai_api", model="echo", price_per_million=price,
        api=ApiConfig(**{"base_url": url, "key_env": "", "deadline_s": 20, **api}),
    )  # fmt: skip


def ask(text: str, n: int = 1, **more: Any) -> Request:
    return Request(({"role": "user", "content": text},), n=n, max_tokens=64, **more)


def talk(
    manners: Manners, work: Callable[[OpenAIEngine, Server], Awaitable[Any]], file: Path | None = None,
    leaping: pytest.MonkeyPatch | None = None, **settings: Any,
) -> Any:  # fmt: skip
    """What `work` returns of an engine and the server that it talks to; with `leaping` on a clock that never waits."""

    async def run() -> Any:
        async with Server(manners) as server:
            config = section(server.url, **settings)
            assert config.api is not None
            ledger = Ledger(config.api, config.price_per_million, str(file) if file else None)
            engine = OpenAIEngine(config, LocalAccounts(ledger))
            await engine.start()
            try:
                return await work(engine, server)
            finally:
                ledger.close()
                engine.stop()

    return asyncio.run(run()) if leaping is None else run_leaping(run(), leaping)


async def ask_all(engine: OpenAIEngine, count: int, n: int = 1) -> list[Completion]:
    return list(await asyncio.gather(*(engine.generate(ask(f"question {i}", n)) for i in range(count))))


def test_a_request_is_what_the_form_says_and_its_reply_is_read() -> None:
    async def work(engine: OpenAIEngine, server: Server) -> tuple[Completion, dict[str, Any]]:
        request = ask("which rule ?", n=3, temperature=0.7, top_p=0.9, top_k=20, schema='{"type": "object"}')
        return await engine.generate(request), server.seen.bodies[0]

    reply, body = talk(Manners(), work)
    assert [s.text for s in reply.samples] == ["echo which rule ?"] * 3
    assert {s.finish_reason for s in reply.samples} == {"stop"}
    assert (reply.prompt_tokens, sum(s.tokens for s in reply.samples)) == (3, 12)
    assert body == {
        "model": "echo", "messages": [{"role": "user", "content": "which rule ?"}], "n": 3, "temperature": 0.7,
        "top_p": 0.9, "top_k": 20, "max_tokens": 64,
        "response_format": {
            "type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": {"type": "object"}},
        },
    }  # fmt: skip


def test_a_server_that_gives_fewer_samples_is_asked_for_the_rest() -> None:
    async def work(engine: OpenAIEngine, server: Server) -> Completion:
        return await engine.generate(ask("hello", n=5))

    reply = talk(Manners(samples_at_once=2), work)
    assert len(reply.samples) == 5 and reply.prompt_tokens == 3


def test_connections_are_used_again() -> None:
    async def work(engine: OpenAIEngine, server: Server) -> tuple[int, int, int]:
        for _ in range(5):
            await ask_all(engine, 8)
        return server.seen.requests, len(server.seen.connections), server.seen.most_at_once

    requests, connections, at_once = talk(Manners(latency_s=0.02), work, max_concurrency=4)
    assert requests == 40 and connections <= 4 and at_once <= 4


def test_nothing_is_lost_or_doubled_by_a_server_that_fails() -> None:
    async def work(engine: OpenAIEngine, server: Server) -> tuple[list[Completion], Server]:
        return await ask_all(engine, 120), server

    replies, server = talk(Manners(faults=0.3, latency_s=0.005), work)
    assert [r.samples[0].text for r in replies] == [f"echo question {i}" for i in range(120)]
    assert sorted(server.seen.answered) == sorted(f"question {i}" for i in range(120)), "each was answered once"
    assert set(server.seen.faults) == {"500", "dropped", "half", "busy"}


@pytest.mark.parametrize("limit", ["requests_per_minute", "tokens_per_minute"])
def test_a_rate_is_used_and_never_overrun(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute of this server takes 3 s, so 40 requests in it are 800 a minute; a request takes 2 + 3 tokens."""
    each = {"requests_per_minute": 1, "tokens_per_minute": 5}[limit]

    async def work(engine: OpenAIEngine, server: Server) -> tuple[float, Server]:
        await ask_all(engine, 4)  # what a reply takes is known from here on
        await asyncio.sleep(3)
        began = time.monotonic()
        await ask_all(engine, 120)
        return time.monotonic() - began, server

    manners = Manners(minute_s=3, **{limit: 40 * each})
    seconds, server = talk(manners, work, leaping=monkeypatch, **{limit: 800 * each})
    assert server.seen.over_limit == 0
    assert 8.5 < seconds < 9.6, "120 requests at 40 in 3 s"


def test_what_is_refused_fails_alone() -> None:
    async def work(engine: OpenAIEngine, server: Server) -> list[Completion]:
        return list(await asyncio.gather(*map(engine.generate, [ask("refuse me"), ask("hello"), ask("x", score=True)])))

    long, good, scored = talk(Manners(), work)
    assert long.error is not None and long.error.startswith("too_long: HTTP 400")
    assert good.error is None and good.samples[0].text == "echo hello"
    assert scored.error is not None and scored.error.startswith("refused")


def test_a_server_that_stays_away_ends_the_pass_at_the_deadline() -> None:
    async def work(engine: OpenAIEngine, server: Server) -> str:
        with pytest.raises(EngineError) as caught:
            await engine.generate(ask("hello"))
        return str(caught.value)

    said = talk(Manners(faults=1.0), work, deadline_s=1.5)
    assert "`api.deadline_s` 1.5 s" in said and "run the same command again" in said


@pytest.mark.slow
def test_vllms_own_server_is_spoken_to(tmp_path: Path) -> None:
    """The real thing on loopback: samples, usage, schema, a prompt that is too long, a model that is not there."""
    model = write_model(tmp_path / "model", max_length=512)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, **vllm_environment(EngineConfig(model=str(model))), "VLLM_CPU_KVCACHE_SPACE": "1"}
    command = [
        sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(model),
        "--served-model-name", "tiny", "--host", "127.0.0.1",
        "--port", str(port), "--max-model-len", "512", "--max-num-seqs", "8", "--enforce-eager",
        "--dtype", "bfloat16",
        # A model of noise fills any room for white space to the end.
        "--structured-outputs-config", '{"backend": "xgrammar", "disable_any_whitespace": true}',
    ]  # fmt: skip
    with open(tmp_path / "log", "w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)
    try:
        wait_for(f"http://127.0.0.1:{port}/v1/models", server, tmp_path / "log")

        async def work() -> list[Completion]:
            api = ApiConfig(base_url=f"http://127.0.0.1:{port}/v1", key_env="", deadline_s=60)
            config = EngineConfig(engine="openai_api", model="tiny", api=api)
            engine = OpenAIEngine(config, LocalAccounts(Ledger(api, None, None)))
            await engine.start()
            form = {"properties": {"a": {"enum": ["yes", "no"]}}, "required": ["a"], "additionalProperties": False}
            schema = json.dumps({"type": "object", **form})
            other = [ask("hello", schema=schema), ask("x" * 600), ask("hello"), ask("hello")]
            asked = [ask("hello", n=3, temperature=1.0), *other]
            done = list(await asyncio.gather(*map(engine.generate, asked)))
            engine.stop()
            return done

        sampled, formed, long, one, two = asyncio.run(work())
        assert len(sampled.samples) == 3 and len({s.text for s in sampled.samples}) > 1
        assert {s.finish_reason for s in sampled.samples} <= {"length", "stop"} and sampled.prompt_tokens > 5
        assert json.loads(formed.samples[0].text)["a"] in ("yes", "no")
        assert long.error is not None and long.error.startswith("too_long")
        assert one.samples == two.samples, "greedy is the same twice"
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def wait_for(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    """Returns when a server answers."""
    for _ in range(240):
        assert server.poll() is None, log.read_text()[-3000:]
        try:
            urllib.request.urlopen(url).close()
            return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(log.read_text()[-3000:])


def test_a_budget_stops_before_it_is_passed_and_is_the_runs_own(tmp_path: Path) -> None:
    async def work(engine: OpenAIEngine, server: Server) -> tuple[int, list[str]]:
        done = await asyncio.gather(*(engine.generate(ask(f"question {i}")) for i in range(50)), return_exceptions=True)
        errors = [str(e) for e in done if isinstance(e, EngineError)]
        return sum(isinstance(c, Completion) for c in done), errors

    file = tmp_path / "spent.json"
    settings: dict[str, Any] = {"token_budget": 150, "max_concurrency": 1}
    served, errors = talk(Manners(), work, file, **settings)
    assert 0 < served < 50 and served + len(errors) == 50
    assert all("tokens of `api.token_budget` 150" in e for e in errors)
    spent = json.loads(file.read_text())
    assert spent["prompt_tokens"] + spent["completion_tokens"] == 5 * served <= 150
    assert talk(Manners(), work, file, **settings)[0] <= (150 - 5 * served) // 5, "a second start does not begin anew"


def test_money_is_counted_by_kind_of_token() -> None:
    ledger = Ledger(ApiConfig(base_url="http://x", budget=1.0), Price(prompt=2, cached=1, completion=10), None)
    assert len(ledger.lease([10, 10]).delays) == 2
    ledger.settle(Bill(prompt_tokens=300_000, cached_tokens=100_000, completion_tokens=20_000), 10)
    assert ledger.spent()["money"] == pytest.approx(0.4 + 0.1 + 0.2)
    assert ledger.lease([10]).refused is None
    ledger.settle(Bill(0, 0, 30_000), 10)
    assert "1.00 of `api.budget` 1.00" in str(ledger.lease([10]).refused)


def test_a_wrong_key_a_missing_key_and_a_missing_model_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(engine: OpenAIEngine, server: Server) -> None: ...

    with pytest.raises(EngineError, match=r"'MY_KEY'.*is not set"):
        talk(Manners(key="sesame"), nothing, key_env="MY_KEY")
    monkeypatch.setenv("MY_KEY", "open")
    with pytest.raises(EngineError) as caught:
        talk(Manners(key="sesame"), nothing, key_env="MY_KEY")
    assert "the key is not accepted" in str(caught.value) and "open" not in str(caught.value).replace("opens", "")
    assert "Incorrect API key provided: Bearer [the key]" in str(caught.value)
    monkeypatch.setenv("MY_KEY", "sesame")
    talk(Manners(key="sesame"), nothing, key_env="MY_KEY")

    async def other_model() -> None:
        async with Server(Manners()) as server:
            config = section(server.url).model_copy(update={"model": "gpt"})
            assert config.api is not None
            await OpenAIEngine(config, LocalAccounts(Ledger(config.api, None, None))).start()

    with pytest.raises(EngineError, match="has no model 'gpt'; it has 'echo'"):
        asyncio.run(other_model())


def test_replicas_share_one_rate(ray_here: None, tmp_path: Path) -> None:
    """Two actors, one limit: together they use it and do not overrun it."""

    async def run() -> tuple[list[Completion], Server, float]:
        # 30 and what may come late: two that knew nothing of each other would send 60.
        async with Server(Manners(requests_per_minute=33, minute_s=3)) as server:
            config = section(server.url, requests_per_minute=600).model_copy(update={"replicas": 2, "cpus": 0})
            loop = asyncio.get_running_loop()
            pool = Pool.start("teacher", config, 0, spent_file=str(tmp_path / "spent.json"))
            try:
                await loop.run_in_executor(None, pool.wait)
                client = pool.client()
                began = time.monotonic()
                calls = (client.generate(ask(f"question {i}"), sibling=i) for i in range(60))
                return list(await asyncio.gather(*calls)), server, time.monotonic() - began
            finally:
                await loop.run_in_executor(None, pool.stop)

    replies, server, seconds = on_time(run)
    assert [r.samples[0].text for r in replies] == [f"echo question {i}" for i in range(60)]
    assert server.seen.over_limit == 0 and len(server.seen.connections) >= 2 and 5.5 < seconds < 8
    spent = json.loads((tmp_path / "spent.json").read_text())["requests"]
    assert spent in {60 * tries for tries in range(1, TRIES + 1)}, "counted on over the starts of a run"


def test_a_broken_deadline_comes_through_the_pool_as_it_is(ray_here: None) -> None:
    async def run() -> str:
        async with Server(Manners(faults=1.0)) as server:
            config = section(server.url, deadline_s=1).model_copy(update={"cpus": 0})
            loop = asyncio.get_running_loop()
            pool = Pool.start("teacher", config, 0)
            try:
                await loop.run_in_executor(None, pool.wait)
                with pytest.raises(EngineError) as caught:
                    await pool.client().generate(ask("hello"))
                return str(caught.value)
            finally:
                await loop.run_in_executor(None, pool.stop)

    assert "`api.deadline_s` 1 s" in asyncio.run(run())
