"""A server of an API on loopback as far as it tells its models, well or not, by the path that it is asked at."""

import asyncio
import sys

from aiohttp import web

LISTED = {"data": [{"id": "m"}]}


async def models(asked: web.Request) -> web.Response:
    how = asked.match_info.get("how", "")
    if how == "slow":
        await asyncio.sleep(600)
    if how == "html":
        return web.Response(text="<html>hello</html>", content_type="text/html")
    status = {"refusing": 401, "loading": 503, "unlisted": 404}.get(how, 200)
    key = asked.headers.get("Authorization", "")
    return web.json_response(LISTED if status == 200 else {"error": {"message": f"no to {key}"}}, status=status)


async def serve(app: web.Application) -> None:
    """Serves on a free port of loopback, printed first, until the process is ended."""
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(f"http://127.0.0.1:{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    server = web.Application()
    server.router.add_get("/models", models)
    server.router.add_get("/{how}/models", models)
    asyncio.run(serve(server))
