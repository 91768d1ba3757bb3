"""`dgrc curate` on questions that lie on an S3 server: every row comes out, with its place on the store."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.paths import ROOT
from tests.storage.objectstore.store import Store, put

pytestmark = pytest.mark.stack


def curate(folder: Path, *files: str) -> "subprocess.CompletedProcess[str]":
    """In a process of its own, whose Ray session has the store's environment."""
    config = folder / "run.yaml"
    config.write_text(json.dumps({
        "name": "t", "runs_dir": str(folder / "runs"), "questions": {"files": files},
        "teacher": {"engine": "scripted", "script": "tests.scripts:teacher"},
        "student": {"engine": "scripted", "script": "tests.scripts:student"},
        "method": {"prompts": "proving"}, "pipeline": {"workers": 1},
    }))  # fmt: skip
    command = [sys.executable, "-m", "dgrc", "curate", str(config)]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=300)


def test_questions_and_quarantine_name_their_places_on_the_store(store: Store, tmp_path: Path) -> None:
    rows = [json.dumps({"id": f"q{n}", "question": f"case {n} . which court ?"}) for n in range(6)]
    (tmp_path / "a.jsonl").write_text("\n".join([*rows[:3], "{", rows[0], ""]))
    (tmp_path / "b.jsonl").write_text("\n".join(rows[3:]))
    for name in ("a.jsonl", "b.jsonl"):
        put(tmp_path / name, f"s3://bucket/in/{name}")
    done = curate(tmp_path, "s3://bucket/in/*.jsonl")
    assert done.returncode == 0, done.stderr
    run = tmp_path / "runs" / "t"
    questions = pq.read_table(run / "questions").to_pylist()
    wanted = [f"s3://bucket/in/{name}.jsonl:{number}" for name in "ab" for number in (1, 2, 3)]
    assert [row["source"] for row in questions] == wanted
    refused = {row["source"]: row["reason"] for row in pq.read_table(run / "quarantine").to_pylist()}
    assert refused == {"s3://bucket/in/a.jsonl:4": "unreadable", "s3://bucket/in/a.jsonl:5": "repeated"}
    assert pq.read_table(run / "round-1" / "verdicts").num_rows == 6


@pytest.mark.parametrize("fixture", ["store", "nobody"])
def test_a_store_that_cannot_be_used_ends_a_run_in_one_paragraph(
    fixture: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    request.getfixturevalue(fixture)
    done = curate(tmp_path, "s3://nowhere/in/*.jsonl")
    assert done.returncode == (2 if fixture == "store" else os.EX_TEMPFAIL) and "Traceback" not in done.stderr
    said = " ".join(done.stderr.split())
    assert ("no such bucket" if fixture == "store" else "does not answer") in said
