"""Stores on loopback: one that works, one that is away, one that refuses."""

import re
import socket
import threading
from collections.abc import Iterator

import pytest

from dgrc.storage.objectstore import files
from tests.storage.objectstore.store import Store

BUCKET = "bucket"


@pytest.fixture(scope="session")
def _server() -> Iterator[Store]:
    pytest.importorskip("moto", reason="the extra `s3` has the server")
    pytest.importorskip("flask", reason="the extra `s3` has the server")
    server = Store()
    yield server
    server.stop()


@pytest.fixture
def store(_server: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store with one empty bucket, which this process's environment names."""
    for name, value in _server.env.items():
        monkeypatch.setenv(name, value)
    files._s3.cache_clear()
    system = _server.bucket(BUCKET)
    _server.requests.clear()
    yield _server
    _server.breaks = lambda method, path: False
    system.delete_dir(BUCKET)
    files._s3.cache_clear()


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A store that is away: nobody listens there."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{s.getsockname()[1]}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        files._s3.cache_clear()
        yield
    files._s3.cache_clear()


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A store that refuses whoever asks, as S3 does where there are no credentials or wrong ones."""
    import http.server

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
            self.send_response(403)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    files._s3.cache_clear()
    yield
    server.shutdown()
    files._s3.cache_clear()


def one_paragraph(error: object) -> str:
    """An error's text, after a look that it is one paragraph without Arrow's line breaks."""
    text = str(error)
    assert "\n" not in text and not re.search(r"Traceback|\bNone\b", text), text
    return text
