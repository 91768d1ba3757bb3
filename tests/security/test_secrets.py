"""A key that is given by the environment stays there: a run with an API is made, and all that it left is searched."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import ROOT

pytestmark = pytest.mark.stack

KEY = "sk-tiger-0123456789abcdef"


@pytest.fixture
def server() -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.api.server", json.dumps({"key": KEY})]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


def curated(folder: Path, server: str, key: str) -> "subprocess.CompletedProcess[str]":
    questions = folder / "q.jsonl"
    questions.write_text("\n".join(json.dumps({"question": f"case {n} . which court ?"}) for n in range(4)))
    api = {"base_url": server, "key_env": "TIGER_KEY", "deadline_s": 20}
    settings = {
        "name": "t", "runs_dir": str(folder / "runs"), "questions": {"files": [str(questions)]},
        "teacher": {"engine": "openai_api", "model": "echo", "api": api},
        "student": {"engine": "scripted", "script": "tests.scripts:student"},
        "method": {"prompts": "proving"}, "pipeline": {"workers": 1},
    }  # fmt: skip
    (folder / "run.yaml").write_text(json.dumps(settings))
    env = {**os.environ, "TIGER_KEY": key, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "dgrc", "--debug", "run", str(folder / "run.yaml")]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("key", [KEY, pytest.param("sk-wrong-0123456789abcdef", marks=pytest.mark.slow)])
def test_no_key_is_left_behind(tmp_path: Path, server: str, key: str) -> None:
    done = curated(tmp_path, server, key)
    assert ("is not accepted" in done.stderr) == (key != KEY), done.stderr
    if key == KEY:
        spent = json.loads((tmp_path / "runs" / "t" / "spending" / "teacher.json").read_text())
        assert spent["requests"], "it was used"
    searched = [path for path in tmp_path.rglob("*") if path.is_file()]
    names = {path.name for path in searched}
    assert "config.yaml" in names and any("logs" in path.parts for path in searched), names
    assert [str(path) for path in searched if key.encode() in path.read_bytes()] == []
    assert key not in done.stdout + done.stderr
