"""`make audit` with a pip-audit that says what it says on good and bad days: one line, and a status to go by."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.paths import ROOT

GOOD = {"name": "a", "version": "1", "vulns": []}
BAD = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}
UNKNOWN = {"name": "c", "skip_reason": "not found"}


def audit(folder: Path, script: str | None) -> "subprocess.CompletedProcess[str]":
    """The command with this in the place of pip-audit."""
    (folder / "requirements").mkdir()
    for name in ("audit.py", "cpu.txt"):
        (folder / "requirements" / name).write_text((ROOT / "requirements" / name).read_text())
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(sys.executable)
    if script is not None:
        program = folder / "bin" / "pip-audit"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    # Isolated: what the interpreter of the tests has beside it is not looked at.
    env = {"PATH": f"{folder / 'bin'}:/usr/bin:/bin"}
    run = f"runpy.run_path({str(folder / 'requirements' / 'audit.py')!r}, run_name='__main__')"
    code = f"import runpy, sys; sys.executable = {str(folder / 'bin' / 'python')!r}; {run}"
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("packages", "status", "says"),
    [
        ([GOOD], 0, "no known vulnerability in 1 packages"),
        ([GOOD, BAD], 1, "1 of 2 packages have known vulnerabilities"),
        ([GOOD, UNKNOWN], 2, "1 of 2 packages are not known to the service and were not checked: c"),
        ([], 2, "were not checked"),
    ],
)
def test_what_is_known_is_said(tmp_path: Path, packages: list[Any], status: int, says: str) -> None:
    done = audit(tmp_path, f"cat <<'E'\n{json.dumps({'dependencies': packages})}\nE\nexit {int(status == 1)}")
    assert done.returncode == status and says in done.stderr and done.stderr.count("\n") == 1
    assert ("b 2: PYSEC-1 (mended in 3)" in done.stdout) == (status == 1)


@pytest.mark.parametrize(
    "script",
    [None, "echo 'Traceback (most recent call last):\nConnectionError: no' >&2; exit 1", "exit 1", "echo '[1]'"],
)
def test_without_a_connection_it_says_so_in_one_line(tmp_path: Path, script: str | None) -> None:
    done = audit(tmp_path, script)
    assert done.returncode == 2 and done.stderr.startswith("dgrc audit: pip-audit ") and done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr and not done.stdout


def test_everything_is_pinned() -> None:
    lines = (ROOT / "requirements" / "cpu.txt").read_text().splitlines()
    pins = [line for line in lines if line.strip() and not line.startswith("#")]
    assert len(pins) > 100 and all("==" in line for line in pins)
