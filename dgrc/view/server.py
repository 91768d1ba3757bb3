"""The pages and what they ask for: runs in, an application and a server on loopback out; marks are all they write.

GET /TOKEN/                              the pages
GET /TOKEN/api/runs                      names and rounds
GET /TOKEN/api/RUN/ROUND/overview        the run at a glance
GET /TOKEN/api/RUN/ROUND/now             what it does at this moment, to be asked every few seconds
GET /TOKEN/api/RUN/ROUND/cases           a list: facets, q, order, after, limit; likewise atoms
GET /TOKEN/api/RUN/ROUND/cases/ID        one, and its neighbours in that list; likewise atoms
GET /TOKEN/api/RUN/ROUND/cases/ID/prompt what the models were asked
GET /TOKEN/api/RUN/ROUND/compare         a list of what changed from another (`with`, `wround`): likewise
GET /TOKEN/api/RUN/ROUND/marks           what was said of ids (`of`)
POST /TOKEN/api/RUN/ROUND/marks          right or wrong, as somebody says (`marking`)
"""

import errno
import json
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from dgrc.errors import DgrcError, RunDirError
from dgrc.report.json_text import json_text
from dgrc.storage.objectstore.runs import lies_at
from dgrc.storage.standing import rounds
from dgrc.view import marking
from dgrc.view.case import prompt_of, tell_atom, tell_case
from dgrc.view.follow import Round, Runs
from dgrc.view.guard import Guard
from dgrc.view.marking import Refused
from dgrc.view.now import tell_now
from dgrc.view.overview import tell_run
from dgrc.view.query import MOST_ROWS, Chosen
from dgrc.view.store import MadeAnewError

STATIC = Path(__file__).parent / "static"
LOOPBACK, MORE_PORTS, TOKEN_BYTES = "127.0.0.1", 50, 24
LONGEST_SEARCH, LONGEST_MARK, MOST_IDS = 500, 40_000, 200
Asked = Callable[[Round, Request], Any]


class NotThere(Exception):
    """What was asked for is not in the run (yet)."""


def application(runs: Runs, token: str) -> Guard:
    """The application; it follows the runs while it is served."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        runs.start()
        yield
        runs.close()

    def answering(ask: Asked) -> Callable[[Request], Response]:
        def endpoint(request: Request) -> Response:
            def asked() -> Any:
                try:
                    return ask(_round(runs, request), request)
                except MadeAnewError:
                    runs.refresh()
                    return ask(_round(runs, request), request)

            return _answer(asked)

        return endpoint

    async def mark(request: Request) -> Response:
        body = await _body(request)
        return await run_in_threadpool(_answer, lambda: _mark(_round(runs, request), body))

    def named(_: Request) -> Response:
        said = [{"name": name, "root": lies_at(run), "rounds": rounds(run) or [1]} for name, run in runs.runs.items()]
        return _answer(lambda: said)

    one = "/api/{run}/{round:int}"
    routes = [
        Route("/api/runs", named),
        Route(f"{one}/overview", answering(_overview)),
        Route(f"{one}/now", answering(lambda one, _: tell_now(one.run, one.store, one.building))),
        Route(f"{one}/compare", answering(lambda one, request: _compare(runs, one, request))),
        Route(f"{one}/marks", answering(_marks)),
        Route(f"{one}/marks", mark, methods=["POST"]),
        Route(f"{one}/cases/{{id}}/prompt", answering(_prompt)),
        Route(f"{one}/{{list}}", answering(_list)),
        Route(f"{one}/{{list}}/{{id}}", answering(_one)),
        Mount("/", StaticFiles(directory=STATIC, html=True)),
    ]
    bare = Route(f"/{token}", lambda _: RedirectResponse(f"/{token}/"))
    return Guard(Starlette(routes=[bare, Mount(f"/{token}", routes=routes)], lifespan=lifespan), token)


def new_token() -> str:
    """A token that cannot be guessed."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def listen(port: int) -> socket.socket:
    """A socket on loopback at this port, or at the next one that is free.

    Raises:
        RunDirError: none of them is.
    """
    for at in range(port, min(port + MORE_PORTS, 65536)):
        one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((LOOPBACK, at))
            one.listen(128)
            return one
        except OSError as e:
            one.close()
            if e.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
    raise RunDirError(
        f"No port from {port} to {min(port + MORE_PORTS, 65536) - 1} on {LOOPBACK} is free for this user. Give another "
        "one by --port."
    )


def serve(runs: Runs, token: str, on: socket.socket) -> None:
    """Serves until the process is told to end."""
    config = uvicorn.Config(
        application(runs, token), log_level="warning", access_log=False, server_header=False, date_header=False,
        timeout_graceful_shutdown=1, lifespan="on",
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[on])


def _round(runs: Runs, request: Request) -> Round:
    try:
        return runs.round(request.path_params["run"], request.path_params["round"])
    except KeyError as e:
        raise NotThere("There is no such run or round here.") from e


def _overview(one: Round, request: Request) -> Any:
    told = tell_run(one.run, one.store, one.view("cases"), one.view("atoms"), one.building)
    return told | {"marks": one.marks.told(one.store)}


def _list(one: Round, request: Request) -> Any:
    view = one.view(_list_name(request))
    return view.page(_chosen(request, view.facets), *_place(request)) | {"building": one.building}


def _compare(runs: Runs, one: Round, request: Request) -> Any:
    name, number = request.query_params.get("with", ""), request.query_params.get("wround", "1")
    try:
        other = runs.round(name, int(number) if number.isdecimal() and len(number) < 9 else 0)
    except KeyError as e:
        raise NotThere(f"There is no round {number} of a run {name} here to compare with.") from e
    found = runs.compared(one, other)
    page = found.page(_chosen(request, found.view.facets), *_place(request))
    waiting = one.building["waiting"] + other.building["waiting"]
    return page | {"building": {**one.building, "active": waiting > 0, "waiting": waiting}}


def _place(request: Request) -> tuple[int | None, int]:
    """After which row a part of a list begins, and how many rows it has."""
    after, limit = request.query_params.get("after"), request.query_params.get("limit", "50")
    return None if after is None else _id(after), min(int(limit), MOST_ROWS) if limit.isdecimal() else MOST_ROWS


def _one(one: Round, request: Request) -> Any:
    name, id_ = _list_name(request), _id(request.path_params["id"])
    told = tell_case(one.store, id_, one.method()) if name == "cases" else tell_atom(one.store, id_)
    if told is None:
        raise NotThere(f"This run has no {name.removesuffix('s')} {id_} (yet).")
    add = marking.add_marks if name == "cases" else marking.add_to_atom
    add(told, one.marks.standing())
    view = one.view(name)
    return told | {"marking": one.marks.closed(), "around": view.around(_chosen(request, view.facets), id_)}


async def _body(request: Request) -> bytes | None:
    """What was sent; None if it is longer than a mark."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_MARK:
            return None
    return body


def _marks(one: Round, request: Request) -> Any:
    """What was said of these ids, on whatever text."""
    ids = {_id(said) for said in request.query_params.getlist("of")[:MOST_IDS]}
    return [
        {"what": mark.what, "id": str(mark.id), "chain": mark.chain, "sha": mark.sha, "mark": marking.told(mark)}
        for mark in one.marks.standing().marks.values() if mark.id in ids
    ]  # fmt: skip


def _mark(one: Round, body: bytes | None) -> Any:
    if body is None:
        raise Refused(413, f"A mark has at most {LONGEST_MARK:,} bytes.")
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as e:
        raise Refused(400, "This is no JSON.") from e
    return marking.told(one.marks.take(one.store, one.run.number, said))


def _prompt(one: Round, request: Request) -> Any:
    try:
        return prompt_of(one.store, _id(request.path_params["id"]), one.method())
    except RunDirError as e:
        raise NotThere(str(e)) from e


def _list_name(request: Request) -> str:
    name = str(request.path_params["list"])
    if name not in ("cases", "atoms"):
        raise NotThere("There are the lists `cases` and `atoms`.")
    return name


def _chosen(request: Request, facets: Any) -> Chosen:
    asked = request.query_params
    values = {name: asked.getlist(name) for name in facets if asked.getlist(name)}
    return Chosen(values, asked.get("q", "")[:LONGEST_SEARCH], asked.get("order", ""))


def _id(said: str) -> int:
    if not said.removeprefix("-").isascii() or not said.removeprefix("-").isdigit() or len(said) > 20:
        raise NotThere("An id here is dgrc's own number.")
    return int(said)


def _answer(ask: Callable[[], Any]) -> Response:
    try:
        return _json(ask())
    except NotThere as e:
        return _json({"error": str(e)}, 404)
    except Refused as e:
        return _json({"error": str(e)}, e.status)
    except DgrcError as e:
        return _json({"error": str(e)}, 409)


def _json(data: Any, status: int = 200) -> Response:
    return Response(json_text(data), status, media_type="application/json")
