"""A whole curation through a server as it is: it refuses a parameter of all, and always fails on one prompt."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.loopback import serving
from tests.packaging.answering import KEY
from tests.paths import ROOT


def curate(folder: Path, server: str, **api: Any) -> "subprocess.CompletedProcess[str]":
    section = {"base_url": server, "key_env": "TIGER_KEY", "deadline_s": 6, **api}
    models = {role: {"engine": "openai_api", "model": role, "api": section} for role in ("teacher", "student")}
    settings = {
        "name": "t", "runs_dir": str(folder / "runs"), "questions": {"files": [str(folder / "q.jsonl")]}, **models,
        "method": {"prompts": "proving"}, "pipeline": {"workers": 1},
    }  # fmt: skip
    (folder / "run.yaml").write_text(json.dumps(settings))
    env = {**os.environ, "TIGER_KEY": KEY, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "dgrc", "curate", str(folder / "run.yaml")]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


@pytest.mark.stack
@pytest.mark.slow
def test_what_all_are_refused_is_asked_again_when_it_is_mended_and_what_one_fails_on_stops_nobody(
    tmp_path: Path,
) -> None:
    (tmp_path / "q.jsonl").write_text(
        "\n".join(json.dumps({"id": str(n), "question": f"case {n} . which court ?"}) for n in range(6))
    )
    with serving("tests.packaging.answering", "max_tokens", "case 2 .") as server:
        refused = curate(tmp_path, server)
        said = " ".join(refused.stderr.split())
        assert refused.returncode == 2 and "`api.max_tokens_name: max_completion_tokens`" in said, refused.stderr
        done = curate(tmp_path, server, max_tokens_name="max_completion_tokens")
    assert done.returncode == 0, done.stderr
    rows = pq.read_table(tmp_path / "runs" / "t" / "round-1" / "cases").to_pylist()
    errors = {row["text"]: row["error"] for row in rows if row["error"] is not None}
    assert len(rows) == 6 and list(errors) == ["case 2 . which court ?"]
    assert "server_failed" in errors["case 2 . which court ?"] and "cannot compile" in errors["case 2 . which court ?"]
