"""An S3 server on this machine: moto's, in memory, behind a door that counts requests and can be told to break."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dgrc.storage.objectstore import files


class Store:
    """The server, at an address of this machine.

    `requests` are (method, path) as they came; a request for which `breaks` is true gets a 500.
    """

    def __init__(self, address: str = "127.0.0.1") -> None:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
        from werkzeug.serving import make_server

        self._app = DomainDispatcherApplication(create_backend_app)
        self.requests: list[tuple[str, str]] = []
        self.breaks: Callable[[str, str], bool] = lambda method, path: False
        self._server = make_server(address, 0, self._door, True, request_handler=MotoRequestHandler)
        self.url = f"http://{address}:{self._server.server_port}"
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

    def bucket(self, name: str) -> Any:
        """Makes a bucket; returns a file system that may also delete it."""
        from pyarrow import fs

        system = fs.S3FileSystem(
            endpoint_override=self.url.removeprefix("http://"), scheme="http", region="us-east-1", access_key="test",
            secret_key="test", allow_bucket_creation=True, allow_bucket_deletion=True,
        )  # fmt: skip
        system.create_dir(name)
        return system

    def stop(self) -> None:
        self._server.shutdown()


def put(source: Path, url: str) -> str:
    """Copies a file, or a folder with all in it, to the store."""
    system, path = files.file_system(url)
    for file in sorted(source.rglob("*")) if source.is_dir() else [source]:
        if file.is_file():
            inner = f"{path}/{file.relative_to(source)}" if source.is_dir() else path
            with system.open_output_stream(inner, compression=None) as stream:
                stream.write(file.read_bytes())
    return url
