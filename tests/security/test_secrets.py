"""A key that is given by the environment stays there, also one that a server refuses and quotes.

That a key which was accepted stays there as well is looked for in `tests/packaging/test_light.py`, by the same search.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.loopback import serving
from tests.paths import ROOT

WRONG = "sk-wrong-0123456789abcdef"


def left_behind(folder: Path, key: str, began: bool = True) -> list[str]:
    """The files below a folder of runs that hold a key; of a run that began, its configuration and logs are among those
    searched."""
    searched = [path for path in folder.rglob("*") if path.is_file()]
    names = {path.name for path in searched}
    assert began == ("config.yaml" in names and any("logs" in path.parts for path in searched)), names
    return [str(path) for path in searched if key.encode() in path.read_bytes()]


@pytest.fixture
def server() -> Iterator[str]:
    with serving("benchmarks.api.server", json.dumps({"key": "sk-tiger-0123456789abcdef"})) as url:
        yield url


@pytest.mark.stack
@pytest.mark.slow
def test_a_key_that_is_refused_is_left_nowhere(tmp_path: Path, server: str) -> None:
    questions = tmp_path / "q.jsonl"
    questions.write_text("\n".join(json.dumps({"question": f"case {n} . which court ?"}) for n in range(4)))
    settings = {
        "name": "t", "runs_dir": str(tmp_path / "runs"), "questions": {"files": [str(questions)]},
        "teacher": {
            "engine": "openai_api", "model": "echo",
            "api": {"base_url": server, "key_env": "TIGER_KEY", "deadline_s": 20},
        },
        "student": {"engine": "scripted", "script": "tests.scripts:student"},
        "method": {"prompts": "proving"}, "pipeline": {"workers": 1},
    }  # fmt: skip
    (tmp_path / "run.yaml").write_text(json.dumps(settings))
    env = {**os.environ, "TIGER_KEY": WRONG, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "dgrc", "--debug", "curate", str(tmp_path / "run.yaml")]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert "is not accepted" in done.stderr, done.stderr
    assert left_behind(tmp_path, WRONG, began=False) == [] and WRONG not in done.stdout + done.stderr
