"""Is a rate-limited API driven at its limit, and is nothing lost when it misbehaves?

    python -m benchmarks.api

A server on loopback answers after a second and takes a fixed number of requests a minute, any minute, else it says 429.
Two replicas of `engine: openai_api` that share one ledger ask it for two minutes, as fast as they may. Then a server
without a limit fails 30 % of the requests (500, dropped connections, half answers, busy) and every question must come
back once. Last line of output: one JSON object, recorded in results/.
"""

import asyncio
import collections
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from benchmarks.shared.record import ROOT, record
from dgrc.cli.common import say
from dgrc.config import ApiConfig, EngineConfig
from dgrc.engines.base import Request
from dgrc.engines.pool import Pool

REPLICAS = 2


@click.command()
@click.option("--limit", default=1200, show_default=True, help="Requests a minute that the server takes.")
@click.option("--seconds", default=120, show_default=True, help="How long the limit is held.")
@click.option("--questions", default=1000, show_default=True, help="Questions asked of the failing server.")
@click.option("--faults", default=0.3, show_default=True, help="Share of them that fail at first.")
@click.option("--write/--no-write", default=True, help="Record the result.")
def main(limit: int, seconds: int, questions: int, faults: float, write: bool) -> None:
    """Holds a rate limit, then meets a rude server."""
    import ray

    from dgrc.runtime.session import ENVIRONMENT

    os.environ.update(ENVIRONMENT)
    ray.init(address="local", num_cpus=REPLICAS, include_dashboard=False, log_to_driver=False)
    say(f"a limit of {limit} requests a minute, for {seconds} s")
    held = hold_limit(limit, seconds)
    say(json.dumps(held))
    say(f"{questions} questions to a server that fails {faults:.0%} of them")
    rude = meet_rudeness(questions, faults)
    say(json.dumps(rude))
    ray.shutdown()
    summary = {
        "share_of_limit": held["share_of_limit"],
        "self_caused_429": held["over_limit"],
        "lost": rude["lost"],
        "doubled": rude["doubled"] + rude["answered_more_than_once"],
    }
    if write:
        command = f"api --limit {limit} --seconds {seconds} --questions {questions} --faults {faults}"
        record("api", {**summary, "held": held, "rude": rude}, command=command)
    click.echo(json.dumps(summary))


def hold_limit(limit: int, seconds: float) -> dict[str, Any]:
    """Asks without end for so long; the share of the limit is counted by the moments in which the server took requests
    in: answers come late where this machine is busy."""

    async def work(pool: Pool, url: str) -> dict[str, Any]:
        client, count = pool.client(), 0
        began, cpu = time.monotonic(), time.process_time()
        answered: list[float] = []

        async def one(number: int) -> None:
            await client.generate(_ask(number), sibling=number)
            answered.append(time.monotonic() - began)

        waiting: set[asyncio.Task[None]] = set()
        while time.monotonic() - began < seconds:
            while len(waiting) < 4 * limit // 60 + 64:  # always more than the rate lets through
                waiting.add(asyncio.ensure_future(one(count)))
                count += 1
            _, waiting = await asyncio.wait(waiting, timeout=0.2, return_when=asyncio.FIRST_COMPLETED)
        in_time = sum(t <= seconds for t in answered)
        spent = time.process_time() - cpu
        await asyncio.gather(*waiting)
        return {
            "first_answer_s": round(min(answered), 2),
            "answered_in_time": in_time,
            "cpu_ms_a_request_of_the_client": round(1000 * spent / in_time, 2),
        }

    held = _with_server({"latency_s": 1.0, "requests_per_minute": limit}, {"requests_per_minute": limit}, work)
    return {"share_of_limit": round((held["taken_a_minute"] or 0.0) / limit, 4), **held}


def meet_rudeness(questions: int, faults: float) -> dict[str, Any]:
    """Every question once to a server that fails many; what came back, and what the server says that it answered."""

    async def work(pool: Pool, url: str) -> dict[str, Any]:
        client, began = pool.client(), time.monotonic()
        asked = (client.generate(_ask(number), sibling=number) for number in range(questions))
        texts = collections.Counter(c.samples[0].text if c.samples else "" for c in await asyncio.gather(*asked))
        expected = [f"echo question {number}" for number in range(questions)]
        return {
            "lost": sum(texts[text] == 0 for text in expected),
            "doubled": sum(max(0, texts[text] - 1) for text in expected),
            "seconds": round(time.monotonic() - began, 1),
        }

    return _with_server({"latency_s": 0.2, "faults": faults}, {}, work)


def _ask(number: int) -> Request:
    return Request(({"role": "user", "content": f"question {number}"},), max_tokens=32)


def _with_server(manners: dict[str, Any], limits: dict[str, Any], work: Any) -> dict[str, Any]:
    """What `work` says of a pool that talks to a server, and what the server says of itself."""
    with _server(manners) as url:
        api = ApiConfig(base_url=url, key_env="", **limits)
        config = EngineConfig(engine="openai_api", model="echo", api=api, replicas=REPLICAS, cpus=0)
        with Pool.start("teacher", config, 0) as pool:
            pool.wait()
            said = asyncio.run(work(pool, url))
        with urllib.request.urlopen(url + "/seen") as answer:
            return {**said, **json.load(answer)}


@contextmanager
def _server(manners: dict[str, Any]) -> Iterator[str]:
    """The URL of a server in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.api.server", json.dumps(manners)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
