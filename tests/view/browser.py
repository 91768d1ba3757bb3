"""Chromium without a screen, driven by Selenium; tests that need it are skipped where it is not there."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.paths import ROOT

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
PATIENCE_S = 60


def missing() -> str | None:
    """Why there can be no browser here, None if there can."""
    if CHROMIUM is None or DRIVER is None:
        return "Chromium and its driver are not installed (Debian: chromium, chromium-driver)"
    try:
        import selenium  # noqa: F401
    except ImportError:
        return "selenium is not installed (extra `dev`)"
    return None


@contextmanager
def chromium(profile: Path, width: int = 1280, height: int = 900) -> Iterator[Any]:
    """A browser with an empty profile that notes what its console and its network say."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for flag in (*FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        yield driver
    finally:
        driver.quit()


def look(driver: Any, width: int, height: int, dark: bool = False) -> None:
    """Makes the page so large, as a phone would, light or dark."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    driver.execute_cdp_cmd("Emulation.setFocusEmulationEnabled", {"enabled": True})  # or no page is told of focus


@contextmanager
def viewing(*runs: Path, options: tuple[str, ...] = ()) -> Iterator[str]:
    """The address of `dgrc view RUN ...`, which serves as long as this is entered."""
    command = [sys.executable, "-m", "dgrc", "view", *map(str, runs), "--no-browser", "--port", "17474", *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        assert process.wait(30) in (0, 143)


def until(driver: Any, what: str, *args: Any) -> Any:
    """What an expression of JavaScript gives once it is true."""
    from selenium.common.exceptions import TimeoutException
    from selenium.webdriver.support.wait import WebDriverWait

    script = f"return {what}"
    try:
        return WebDriverWait(driver, PATIENCE_S, 0.1).until(lambda d: d.execute_script(script, *args))
    except TimeoutException:
        text = driver.execute_script("return document.body.innerText")
        raise AssertionError(f"never true: {what}\n{text[:2000]}") from None


def press(driver: Any, *keys: str) -> None:
    """Keys, one after another."""
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(driver).send_keys(*keys).perform()


needs_chromium = pytest.mark.skipif(missing() is not None, reason=missing() or "")
