"""`dgrc curate` on questions that lie on an S3 server: every row comes out, with its place on the store."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dgrc.config import QuestionsConfig
from dgrc.config.file import make_config
from dgrc.questions import ingest as ingest_module
from dgrc.questions.columns import RawRow
from dgrc.storage.arrow import from_row
from dgrc.storage.run_dir import RunDir
from tests.paths import ROOT
from tests.storage.objectstore.store import Store, put


def settings(folder: Path, *files: str) -> dict[str, Any]:
    return {
        "name": "t", "runs_dir": str(folder / "runs"), "questions": {"files": list(files)},
        "teacher": {"engine": "scripted", "script": "tests.scripts:teacher"},
        "student": {"engine": "scripted", "script": "tests.scripts:student"},
        "method": {"prompts": "proving"}, "pipeline": {"workers": 1},
    }  # fmt: skip


def curate(folder: Path, *files: str) -> "subprocess.CompletedProcess[str]":
    """In a process of its own, whose Ray session has the store's environment."""
    config = folder / "run.yaml"
    config.write_text(json.dumps(settings(folder, *files)))
    command = [sys.executable, "-m", "dgrc", "curate", str(config)]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=300)


def put_questions(folder: Path) -> None:
    rows = [json.dumps({"id": f"q{n}", "question": f"case {n} . which court ?"}) for n in range(6)]
    (folder / "a.jsonl").write_text("\n".join([*rows[:3], "{", rows[0], ""]))
    (folder / "b.jsonl").write_text("\n".join(rows[3:]))
    for name in ("a.jsonl", "b.jsonl"):
        put(folder / name, f"s3://bucket/in/{name}")


def check_places(run: Path) -> None:
    questions = pq.read_table(run / "questions").to_pylist()
    wanted = [f"s3://bucket/in/{name}.jsonl:{number}" for name in "ab" for number in (1, 2, 3)]
    assert [row["source"] for row in questions] == wanted
    refused = {row["source"]: row["reason"] for row in pq.read_table(run / "quarantine").to_pylist()}
    assert refused == {"s3://bucket/in/a.jsonl:4": "unreadable", "s3://bucket/in/a.jsonl:5": "repeated"}


def parsed_here(files: list[str], questions: QuestionsConfig) -> Iterator[list[RawRow]]:
    """What Ray's workers do, in this process: those of the session that tests share do not know the store."""
    for file in files:
        for table in ingest_module._parse(pa.table({"path": [file]}), questions):
            yield [from_row(RawRow, row) for row in table.to_pylist()]


def test_questions_and_quarantine_name_their_places_on_the_store(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest_module, "_parsed", parsed_here)
    put_questions(tmp_path)
    config = make_config(settings(tmp_path, "s3://bucket/in/*.jsonl"))
    run = RunDir.of(config)
    report = ingest_module.ingest(run, config)
    assert (report.kept, report.quarantined) == (6, {"unreadable": 1, "repeated": 1})
    check_places(run.root)


@pytest.mark.stack
@pytest.mark.slow
def test_the_command_curates_what_lies_on_the_store(store: Store, tmp_path: Path) -> None:
    put_questions(tmp_path)
    done = curate(tmp_path, "s3://bucket/in/*.jsonl")
    assert done.returncode == 0, done.stderr
    run = tmp_path / "runs" / "t"
    check_places(run)
    assert pq.read_table(run / "round-1" / "verdicts").num_rows == 6


@pytest.mark.stack
@pytest.mark.parametrize("fixture", ["store", "nobody"])
def test_a_store_that_cannot_be_used_ends_a_run_in_one_paragraph(
    fixture: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    request.getfixturevalue(fixture)
    done = curate(tmp_path, "s3://nowhere/in/*.jsonl")
    assert done.returncode == (2 if fixture == "store" else os.EX_TEMPFAIL) and "Traceback" not in done.stderr
    said = " ".join(done.stderr.split())
    assert ("no such bucket" if fixture == "store" else "does not answer") in said
