"""Who may ask, and who may say something: requests in, those of somebody else's page or machine refused, and what a
browser may do with answers.

Other users of the machine can reach a port on loopback, and so can the pages of any site that is open in a browser. So
an address has a token that only who started the server knows; the host must be this machine by name, or a site could
have its own name point here (DNS rebinding); and whatever says that it comes from another origin is refused. What
writes (`marks`) must say that it comes from this origin, and that it is JSON, which a form of another site cannot send.
"""

import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOSTS = ("127.0.0.1", "localhost", "::1")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """An ASGI application before which nobody else comes."""

    def __init__(self, app: ASGIApp, token: str):
        self._app, self._token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuses a request, or passes it on and adds headers to its answer."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        if scope["type"] != "http":
            return
        problem = self._refused(scope)
        app = self._app if problem is None else PlainTextResponse(problem[1], problem[0])
        await app(scope, receive, guarded)

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        """Why a request is refused, None if it is not. Of many hosts and origins none is right."""
        headers = Headers(scope=scope)
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or _name(f"//{hosts[0]}") not in HOSTS:
            return 421, "This server answers to 127.0.0.1 and localhost alone."
        if origins and origins != [f"http://{hosts[0]}"]:
            return 403, "Pages of other origins may not ask."
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return 403, "Pages of other sites may not ask."
        parts = scope["path"].split("/")
        writes = scope["method"] == "POST" and parts[2:3] == ["api"] and parts[5:] == ["marks"]
        if scope["method"] not in ("GET", "HEAD") and not writes:
            return 405, "Nothing but marks can be written here."
        said = parts[1] if len(parts) > 1 else ""
        if not secrets.compare_digest(said.encode("utf-8", "replace"), self._token.encode()):
            return 404, "Nothing is here. The address that `dgrc view` printed has a token in it."
        if writes and not origins:
            return 403, "Who writes says from which origin."
        if writes and headers.getlist("content-type") != ["application/json"]:
            return 415, "What is written is application/json."
        return None


def _name(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
