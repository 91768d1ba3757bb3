"""An S3 server on loopback: moto's, in memory, behind a door that counts requests and can be told to break."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dgrc.remote import files

BUCKET = "bucket"


class Store:
    """The server. `requests` are (method, path) as they came; a request for which `breaks` is true gets a 500."""

    def __init__(self) -> None:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
        from werkzeug.serving import make_server

        self._app = DomainDispatcherApplication(create_backend_app)
        self.requests: list[tuple[str, str]] = []
        self.breaks: Callable[[str, str], bool] = lambda method, path: False
        self._server = make_server("127.0.0.1", 0, self._door, True, request_handler=MotoRequestHandler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.env = {
            "AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
        }  # fmt: skip
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _door(self, environ: Any, start_response: Any) -> Any:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        self.requests.append((method, path))
        if self.breaks(method, path):
            start_response("500 Internal Server Error", [("Content-Length", "0")])
            return [b""]
        return self._app(environ, start_response)

    def fetched(self, name: str) -> int:
        """How often the content of a file of this name was asked for."""
        return sum(method == "GET" and path.endswith(f"/{name}") for method, path in self.requests)

    def stop(self) -> None:
        self._server.shutdown()


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
    from pyarrow import fs

    for name, value in _server.env.items():
        monkeypatch.setenv(name, value)
    files._s3.cache_clear()
    host = _server.url.removeprefix("http://")
    system = fs.S3FileSystem(
        endpoint_override=host, scheme="http", region="us-east-1", access_key="test", secret_key="test",
        allow_bucket_creation=True, allow_bucket_deletion=True,
    )  # fmt: skip
    system.create_dir(BUCKET)
    _server.requests.clear()
    yield _server
    _server.breaks = lambda method, path: False
    system.delete_dir(BUCKET)
    files._s3.cache_clear()


def put(source: Path, url: str) -> str:
    """Copies a file, or a folder with all in it, to the store."""
    system, path = files.file_system(url)
    for file in sorted(source.rglob("*")) if source.is_dir() else [source]:
        if file.is_file():
            inner = f"{path}/{file.relative_to(source)}" if source.is_dir() else path
            with system.open_output_stream(inner, compression=None) as stream:
                stream.write(file.read_bytes())
    return url


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
