"""A hub of models on loopback that gives files: `python -m tests.storage.objectstore.hub FOLDER` serves it as org/tiny.

Each file that was fetched is noted in FOLDER.asked.
"""

import asyncio
import contextlib
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from aiohttp import web

from tests.workflow.preflight.models_server import serve

FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else Path()
STATUS = {"secret": 401, "failing": 503, "busy": 429}
"""Models that are not given, by their names."""
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def oid(file: Path) -> str:
    return hashlib.sha1(file.read_bytes(), usedforsecurity=False).hexdigest()


async def about(asked: web.Request) -> web.Response:
    if status := STATUS.get(asked.match_info["name"]):
        return web.json_response({"error": "not now"}, status=status)
    if asked.match_info["name"] != "tiny":
        return web.json_response({"error": "no"}, status=404, headers={"X-Error-Code": "RepoNotFound"})
    return web.json_response({"id": "org/tiny", "sha": COMMIT, "siblings": []})


async def tree(asked: web.Request) -> web.Response:
    files = sorted(path for path in FOLDER.rglob("*") if path.is_file())
    return web.json_response([
        {"type": "file", "path": str(file.relative_to(FOLDER)), "size": file.stat().st_size, "oid": oid(file)}
        for file in files
    ])  # fmt: skip


async def resolve(asked: web.Request) -> web.Response:
    file = FOLDER / asked.match_info["path"]
    headers = {"ETag": f'"{oid(file)}"', "X-Repo-Commit": COMMIT}
    if asked.method == "GET":
        with open(f"{FOLDER}.asked", "a") as noted:
            noted.write(f"{asked.match_info['path']}\n")
    return web.Response(body=file.read_bytes(), headers=headers)


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of a hub that has this folder, while entered."""
    command = [sys.executable, "-m", "tests.storage.objectstore.hub", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.kill()


if __name__ == "__main__":
    hub = web.Application()
    hub.router.add_get("/api/models/org/{name}/revision/main", about)
    hub.router.add_get(f"/api/models/org/tiny/tree/{COMMIT}", tree)
    hub.router.add_get(f"/org/tiny/resolve/{COMMIT}/{{path:.*}}", resolve)
    asyncio.run(serve(hub))
