"""One browser for all pages that are looked at."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.view.browser import chromium, look


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture
def driver(shared: Any) -> Iterator[Any]:
    """The browser; whatever a test did, nothing went wrong on the console, and nobody else was asked."""
    look(shared, 1280, 900)
    shared.get("about:blank")
    for kind in ("browser", "performance"):
        shared.get_log(kind)
    yield shared
    assert [entry["message"] for entry in shared.get_log("browser")] == []
    events = [json.loads(entry["message"])["message"] for entry in shared.get_log("performance")]
    asked = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
    assert {urlsplit(url).hostname for url in asked if url.startswith("http")} <= {"127.0.0.1"}
