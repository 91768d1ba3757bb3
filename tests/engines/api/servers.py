"""A server on loopback whose answers a test writes, and requests to it through a client of ours."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from dgrc.config import ApiConfig, EngineConfig, Price
from dgrc.engines.api.batches import BatchEngine
from dgrc.engines.api.chat import OpenAIEngine
from dgrc.engines.api.ledger import Ledger, LocalAccounts
from dgrc.engines.base import Completion, Request
from dgrc.errors import EngineError
from tests.engines.api.clock import run_leaping

Body = dict[str, Any]
Answer = Callable[[Body], tuple[int, Any]]
"""From the body of a request to the HTTP state and the JSON of its answer."""


@dataclass
class Told:
    """What a client returned for each request, or why it stopped; what the server saw; what was spent."""

    said: list[Completion | str]
    bodies: list[Body] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    spent: dict[str, float] = field(default_factory=dict)

    @property
    def one(self) -> Completion:
        """The completion of the only request."""
        (said,) = self.said
        assert isinstance(said, Completion), said
        return said


def reply(*messages: Any, finish: str | None = "stop", **usage: Any) -> tuple[int, Any]:
    """The answer with a choice for each message; a text is one."""
    whole = [each if isinstance(each, dict) else {"content": each} for each in messages]
    choices = [{"index": i, "message": message, "finish_reason": finish} for i, message in enumerate(whole)]
    return 200, {"choices": choices, "usage": {"prompt_tokens": 20, "completion_tokens": 10, **usage}}


def request(text: str = "q", n: int = 1, **more: Any) -> Request:
    """A request for short replies."""
    return Request(({"role": "user", "content": text},), n=n, **{"temperature": 0.8, "max_tokens": 64, **more})


def tell(
    answer: Answer, *requests: Request, settings: Any = None, leaping: pytest.MonkeyPatch | None = None, **api: Any
) -> Told:
    """Asks a server that answers so; `settings` are of the engine, the others of `api`. With `leaping` on a clock that
    never waits."""
    work = _tell(answer, requests, settings or {}, {"deadline_s": 4, **api})
    return asyncio.run(work) if leaping is None else run_leaping(work, leaping)


async def _tell(answer: Answer, requests: Sequence[Request], settings: dict[str, Any], api: dict[str, Any]) -> Told:
    told = Told([])

    async def chat(asked: web.Request) -> web.Response:
        told.bodies.append(await asked.json())
        told.headers.append(dict(asked.headers))
        status, said = answer(told.bodies[-1])
        return web.json_response(said, status=status)

    async def models(_: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": "m"}]})

    files: dict[str, str] = {}

    async def upload(asked: web.Request) -> web.Response:
        told.headers.append(dict(asked.headers))
        name = f"file-{len(files)}"
        files[name] = (await asked.post())["file"].file.read().decode()  # type: ignore[union-attr]
        return web.json_response({"id": name})

    async def batch(asked: web.Request) -> web.Response:
        return web.json_response({"id": (await asked.json())["input_file_id"]})

    async def look(asked: web.Request) -> web.Response:
        name = asked.match_info["id"]
        return web.json_response({"id": name, "status": "completed", "output_file_id": name})

    async def download(asked: web.Request) -> web.Response:
        lines = [json.loads(line) for line in files[asked.match_info["id"]].splitlines()]
        out = []
        for line in lines:
            told.bodies.append(line["body"])
            status, said = answer(line["body"])
            out.append({"custom_id": line["custom_id"], "response": {"status_code": status, "body": said}})
        return web.Response(text="\n".join(map(json.dumps, out)))

    app = web.Application()
    app.router.add_post("/v1/chat/completions", chat)
    app.router.add_get("/v1/models", models)
    app.router.add_post("/v1/files", upload)
    app.router.add_post("/v1/batches", batch)
    app.router.add_get("/v1/batches/{id}", look)
    app.router.add_get("/v1/files/{id}/content", download)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    section = ApiConfig(base_url=f"http://127.0.0.1:{runner.addresses[0][1]}/v1", key_env="", **api)
    price = Price(prompt=1, completion=2)
    config = EngineConfig(engine="openai_api", model="m", api=section, price_per_million=price, **settings)
    ledger = Ledger(section, price, None)
    kind = BatchEngine if section.mode == "batches" else OpenAIEngine
    engine = kind(config, LocalAccounts(ledger))
    await engine.start()

    async def ask(one: Request) -> Completion | str:
        try:
            return await engine.generate(one)
        except EngineError as e:
            return str(e)

    told.said = list(await asyncio.gather(*map(ask, requests)))
    told.spent = ledger.spent()
    engine.stop()
    await asyncio.sleep(0)
    await runner.cleanup()
    return told
