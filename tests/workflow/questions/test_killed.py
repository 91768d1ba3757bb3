"""`dgrc questions`, killed outright while it cuts a corpus and again later: the same bytes in the end."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from benchmarks.questions.corpus import make
from dgrc.storage.run_dir import RunDir
from tests.paths import ROOT


def config(folder: Path, name: str) -> Path:
    engine = {"engine": "scripted", "script": "benchmarks.questions.parts:teacher", "cpus": 0}
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump({
        "name": name, "runs_dir": str(folder / "runs"), "teacher": engine, "student": engine,
        "method": {"prompts": "legal"}, "pipeline": {"workers": 2, "rows_per_block": 512},
        "corpus": {"files": [f"{folder}/made/corpus/*"], "id": "id", "stands_alone": False},
        "evaluation": {"files": [str(folder / "made" / "evaluation.jsonl")]},
    }))  # fmt: skip
    return path


def start(path: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "dgrc", "questions", str(path)], cwd=ROOT, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def finish(path: Path) -> None:
    _, err = (process := start(path)).communicate(timeout=600)
    assert process.returncode == 0, err.decode()


def kill_when(path: Path, run: RunDir, pattern: str, count: int) -> None:
    """Starts it and kills the driver outright once there are so many files of a kind."""
    process, deadline = start(path), time.monotonic() + 300
    try:
        while len(list(run.root.glob(pattern))) < count:
            assert process.poll() is None, process.stderr.read().decode()  # type: ignore[union-attr]
            assert time.monotonic() < deadline, f"{pattern} did not come"
            time.sleep(0.002)
    finally:
        process.kill()
        process.wait()


def contents(run: RunDir) -> dict[str, bytes]:
    """All that the command leaves but what the teacher's pass writes: its blocks have names of their own."""
    folder = run.root / "corpus"
    files = [*folder.rglob("part-*.parquet"), run.written_questions]
    return {str(file.relative_to(folder)): file.read_bytes() for file in files if "written" not in file.parts}


@pytest.mark.slow
def test_killed_in_the_middle_it_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    make(tmp_path / "made", 12, seed=5, shard_mb=0.5)
    whole, killed = (RunDir(tmp_path / "runs" / name) for name in ("whole", "killed"))
    finish(config(tmp_path, "whole"))
    path = config(tmp_path, "killed")
    work = "round-1/.state/cut/work"
    kill_when(path, killed, f"{work}/shard-*/counts.json", 3)
    keys = [folder / "keys-00000.npy" for folder in killed.root.glob(f"{work}/shard-*")]
    cut_by_then = {file: file.stat().st_mtime_ns for file in keys}
    assert not (killed.state("cut") / "done.json").exists()
    kill_when(path, killed, "corpus/passages/part-*.parquet", 1)
    assert all(file.stat().st_mtime_ns == made for file, made in cut_by_then.items()), "not cut again"
    finish(path)
    assert contents(killed) == contents(whole) and len(contents(whole)) > 10
