"""A server with the form of OpenAI's chat completions whose models are `tests.scripts`: teacher and student by name;
it wants the key `KEY`.

`python -m tests.packaging.answering [PARAMETER] [WORDS]` prints its URL and serves until it is ended. It refuses that
parameter, and fails on each prompt that holds those words.
"""

import asyncio
import sys
from typing import Any

from aiohttp import web

from dgrc.engines.base import Request
from tests import scripts

KEY = "sk-tiger-0123456789abcdef"


async def answer(request: web.Request) -> web.Response:
    if request.headers.get("Authorization") != f"Bearer {KEY}":
        said = f"Incorrect API key provided: {request.headers.get('Authorization')}"  # some servers do quote it
        return web.json_response({"error": {"message": said}}, status=401)
    body = await request.json()
    refused, fatal = (*sys.argv[1:], "", "")[:2]
    if refused and refused in body:
        said = f"Unsupported parameter: '{refused}' is not supported with this model."
        return web.json_response({"error": {"message": said, "param": refused}}, status=400)
    if fatal and fatal in body["messages"][-1]["content"]:
        return web.json_response({"error": {"message": "cannot compile"}}, status=500)
    asked: Any = Request(tuple(body["messages"]), n=int(body.get("n", 1)))
    said = str(asked.messages[-1]["content"])
    replies = getattr(scripts, body["model"])(asked) if "case" in said else ["hello"] * asked.n
    choices = [
        {"index": index, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        for index, text in enumerate(replies)
    ]
    return web.json_response({"choices": choices, "usage": {"prompt_tokens": 9, "completion_tokens": 9 * len(choices)}})


async def serve() -> None:
    app = web.Application()
    app.router.add_post("/v1/chat/completions", answer)
    app.router.add_get("/v1/models", lambda _: web.json_response({"object": "list", "data": []}))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(f"http://127.0.0.1:{runner.addresses[0][1]}/v1\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
