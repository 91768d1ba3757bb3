"""A hub of models on loopback, as far as a look before the start asks it: `python -m tests.workflow.preflight.hub`."""

import asyncio

from aiohttp import web

from tests.workflow.preflight.models_server import serve

FILES = {"there": [("model.safetensors", 2 << 30)], "pickled": [("pytorch_model.bin", 9)]}
REFUSED = {"gone": (404, "RepoNotFound"), "gated": (403, "GatedRepo"), "broken": (500, "")}


async def about(asked: web.Request) -> web.Response:
    name = asked.match_info["name"]
    if name == "slow":
        await asyncio.sleep(600)
    if name in REFUSED:
        status, code = REFUSED[name]
        return web.json_response({"error": "no"}, status=status, headers={"X-Error-Code": code} if code else {})
    files = [{"rfilename": file, "size": size} for file, size in FILES[name]]
    return web.json_response({"id": f"org/{name}", "siblings": files})


if __name__ == "__main__":
    hub = web.Application()
    hub.router.add_get("/api/models/org/{name}", about)
    asyncio.run(serve(hub))
