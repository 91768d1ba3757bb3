"""A server with the form of OpenAI's chat completions and bad manners: slow, limited, failing, in measured doses.

It answers a prompt with that prompt, so that who asks can see whether something was lost or mixed up, and keeps count
of what it did. Used by the tests of `engine: openai_api`, and by `benchmarks.api` as a process of its own: `python -m
benchmarks.api.server MANNERS` (JSON), whose first line of output is its URL and which tells what it did at `/seen`.
"""

import asyncio
import collections
import json
import random
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Manners:
    """How a server behaves.

    Attributes:
        latency_s: Seconds to an answer.
        requests_per_minute: More in any minute are answered with 429; None: no limit. A minute that slides by tenths
            of a second, scaled by `minute_s`.
        tokens_per_minute: The same for tokens (words of prompts and replies).
        minute_s: How long a minute is.
        faults: Share of requests that fail: 500, a dropped connection, half an answer and a busy 429 in turn.
        retry_after_s: What a 429 says.
        samples_at_once: Most choices that it gives, whatever `n` asks for.
        key: The key that it wants, if any.
        refuses: A parameter that it refuses, if any.
    """

    latency_s: float = 0.0
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    minute_s: float = 60.0
    faults: float = 0.0
    retry_after_s: float = 0.2
    samples_at_once: int = 128
    key: str | None = None
    refuses: str = ""


@dataclass
class Seen:
    """What a server has done; `taken` are the moments in which it took requests in, by its own clock."""

    requests: int = 0
    taken: list[float] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    over_limit: int = 0
    faults: collections.Counter[str] = field(default_factory=collections.Counter)
    connections: set[Any] = field(default_factory=set)
    most_at_once: int = 0
    bodies: list[dict[str, Any]] = field(default_factory=list)
    batches: dict[str, int] = field(default_factory=dict)


class Server:
    """The server, on a free port of this machine; use as an async context manager."""

    def __init__(self, manners: Manners, seed: int = 0):
        self.manners, self.seen, self.url = manners, Seen(), ""
        self._random = random.Random(seed)
        self._taken: collections.deque[tuple[float, int]] = collections.deque()
        self._at_once = 0
        self._files: dict[str, str] = {}
        self._batches: dict[str, tuple[float, str]] = {}
        self._turn = 0

    async def __aenter__(self) -> "Server":
        from aiohttp import web

        app = web.Application()
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_get("/v1/seen", self._tell)
        app.router.add_post("/v1/files", self._upload)
        app.router.add_get("/v1/files/{id}/content", self._download)
        app.router.add_post("/v1/batches", self._start_batch)
        app.router.add_get("/v1/batches/{id}", self._look_at_batch)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _models(self, request: Any) -> Any:
        from aiohttp import web

        if refusal := self._key_refused(request):
            return refusal
        return web.json_response({"object": "list", "data": [{"id": "echo", "object": "model"}]})

    async def _tell(self, request: Any) -> Any:
        from aiohttp import web

        counts = collections.Counter(collections.Counter(self.seen.answered).values())
        return web.json_response({
            "requests": self.seen.requests,
            "taken_a_minute": a_minute(self.seen.taken),
            "answered": len(self.seen.answered),
            "answered_more_than_once": sum(number for times, number in counts.items() if times > 1),
            "over_limit": self.seen.over_limit,
            "faults": dict(self.seen.faults),
            "connections": len(self.seen.connections),
            "most_at_once": self.seen.most_at_once,
        })  # fmt: skip

    async def _chat(self, request: Any) -> Any:
        self.seen.requests += 1
        self.seen.connections.add(request.transport)
        self._at_once += 1
        self.seen.most_at_once = max(self.seen.most_at_once, self._at_once)
        try:
            return await self._answer(request)
        finally:
            self._at_once -= 1

    async def _answer(self, request: Any) -> Any:
        from aiohttp import web

        if refusal := self._key_refused(request):
            return refusal
        body = await request.json()
        self.seen.bodies = [*self.seen.bodies[-99:], body]
        text = body["messages"][-1]["content"]
        if refusal := self._refusal(body):
            return web.json_response(refusal, status=400)
        n = min(int(body.get("n", 1)), self.manners.samples_at_once)
        words = len(text.split())
        if not self._admitted(words * (n + 1)):
            self.seen.over_limit += 1
            headers = {"Retry-After": str(self.manners.retry_after_s)}
            return web.json_response({"error": {"message": "rate limit"}}, status=429, headers=headers)
        await asyncio.sleep(self.manners.latency_s)
        reply = self._reply(text, n)
        if self._random.random() < self.manners.faults:
            return await self._fail(request, json.dumps(reply))
        self.seen.answered.append(text)
        return web.json_response(reply)

    async def _fail(self, request: Any, reply: str) -> Any:
        from aiohttp import web

        kind = ("500", "dropped", "half", "busy")[self._turn % 4]
        self._turn += 1
        self.seen.faults[kind] += 1
        if kind == "dropped":
            request.transport.close()
            return web.Response()
        if kind == "half":
            return web.Response(text=reply[: len(reply) // 2], content_type="application/json")
        status = 500 if kind == "500" else 429
        return web.json_response({"error": {"message": kind}}, status=status, headers={"Retry-After": "0.05"})

    async def _upload(self, request: Any) -> Any:
        from aiohttp import web

        form = await request.post()
        name = f"file-{len(self._files)}"
        self._files[name] = form["file"].file.read().decode()
        return web.json_response({"id": name, "purpose": form["purpose"]})

    async def _download(self, request: Any) -> Any:
        from aiohttp import web

        return web.Response(text=self._files[request.match_info["id"]])

    async def _start_batch(self, request: Any) -> Any:
        from aiohttp import web

        body = await request.json()
        name = f"batch-{len(self._batches)}"
        self._batches[name] = (time.monotonic(), body["input_file_id"])
        self.seen.batches[name] = len(self._files[body["input_file_id"]].splitlines())
        return web.json_response({"id": name, "status": "validating"})

    async def _look_at_batch(self, request: Any) -> Any:
        from aiohttp import web

        name = request.match_info["id"]
        if name not in self._batches:
            return web.json_response({"error": {"message": f"No such batch: {name}"}}, status=404)
        began, file = self._batches[name]
        if time.monotonic() - began < self.manners.latency_s:
            return web.json_response({"id": name, "status": "in_progress"})
        if f"{name}-out" not in self._files:
            self._answer_batch(name, file)
        return web.json_response({
            "id": name, "status": "completed", "output_file_id": f"{name}-out", "error_file_id": f"{name}-errors",
        })  # fmt: skip

    def _answer_batch(self, name: str, file: str) -> None:
        """Every line of a batch into its output, or a share of `faults` into its errors."""
        good, bad = [], []
        for line in map(json.loads, self._files[file].splitlines()):
            text = line["body"]["messages"][-1]["content"]
            if self._random.random() < self.manners.faults:
                bad.append({"custom_id": line["custom_id"], "response": None, "error": {"code": "batch_expired"}})
                continue
            status, body = 400, self._refusal(line["body"])
            if body is None:
                self.seen.answered.append(text)
                status, body = 200, self._reply(text, int(line["body"].get("n", 1)))
            good.append({"custom_id": line["custom_id"], "response": {"status_code": status, "body": body}})
        self._random.shuffle(good)  # a server promises no order
        self._files[f"{name}-out"] = "\n".join(map(json.dumps, good))
        self._files[f"{name}-errors"] = "\n".join(map(json.dumps, bad))

    def _refusal(self, body: dict[str, Any]) -> dict[str, Any] | None:
        if self.manners.refuses in body:
            return {"error": {"message": f"'{self.manners.refuses}' is not supported"}}
        if body["messages"][-1]["content"].startswith("refuse"):
            return {"error": {"message": "this model's maximum context length is 10"}}
        return None

    def _reply(self, text: str, n: int) -> dict[str, Any]:
        words = len(text.split())
        return {
            "object": "chat.completion",
            "choices": [
                {"index": i, "message": {"role": "assistant", "content": f"echo {text}"}, "finish_reason": "stop"}
                for i in range(n)
            ],
            "usage": {"prompt_tokens": words, "completion_tokens": n * (words + 1)},
        }

    def _admitted(self, tokens: int) -> bool:
        """Whether the minute that ends now has room."""
        now, manners = time.monotonic(), self.manners
        while self._taken and self._taken[0][0] <= now - manners.minute_s:
            self._taken.popleft()
        if manners.requests_per_minute is not None and len(self._taken) >= manners.requests_per_minute:
            return False
        used = sum(amount for _, amount in self._taken) if manners.tokens_per_minute is not None else 0
        if manners.tokens_per_minute is not None and used + tokens > manners.tokens_per_minute:
            return False
        self._taken.append((now, tokens))
        self.seen.taken.append(now)
        return True

    def _key_refused(self, request: Any) -> Any:
        from aiohttp import web

        if self.manners.key is None or request.headers.get("Authorization") == f"Bearer {self.manners.key}":
            return None
        said = f"Incorrect API key provided: {request.headers.get('Authorization')}"  # some servers do quote it
        return web.json_response({"error": {"message": said}}, status=401)


def a_minute(moments: Sequence[float]) -> float | None:
    """How many a minute these moments are, in order: the slope of the straight line through their numbers. One of them
    that came late, the first one say, hardly counts. None of fewer than three."""
    if len(moments) < 3 or moments[0] == moments[-1]:
        return None
    return round(60 * statistics.linear_regression(moments, range(len(moments))).slope, 2)


async def main() -> None:
    """Serves until it is ended."""
    async with Server(Manners(**json.loads(sys.argv[1]))) as server:
        sys.stdout.write(server.url + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
