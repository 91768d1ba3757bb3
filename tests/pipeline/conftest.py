"""Builders for small runs on scripted engines."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dgrc.config import Config
from dgrc.config.file import make_config
from dgrc.pipeline.curate import curate
from dgrc.storage.run_dir import RunDir

CURATED = 40
"""Questions of the run `curated_once`, which several files look at."""


def write_questions(path: Path, count: int, label: Callable[[int], str | None] = lambda i: str(i % 5)) -> Path:
    rows = []
    for i in range(count):
        row: dict[str, Any] = {"id": f"q{i}", "question": f"case {i} . which court ?"}
        if label(i) is not None:
            row["answer"] = label(i)
        rows.append(json.dumps(row))
    path.write_text("\n".join(rows) + "\n")
    return path


def scripted_config(runs: Path, questions: Path, name: str = "t", workers: int = 1, **method: Any) -> Config:
    """A run on scripted engines; each worker is a process of a second of CPU a pass, so most tests have one."""
    return make_config(
        {
            "name": name,
            "runs_dir": str(runs),
            "questions": {"files": [str(questions)], "fields": {"label": "answer"}},
            "teacher": {"engine": "scripted", "script": "tests.scripts:teacher"},
            "student": {"engine": "scripted", "script": "tests.scripts:student"},
            "method": {"prompts": "proving", **method},
            "pipeline": {"workers": workers, "rows_per_block": 8},
        }
    )


def curate_here(config: Config) -> tuple[RunDir, dict[str, Any], list[str]]:
    """Curates inside the shared Ray session; returns the run, its reports and what was said."""
    run = RunDir.of(config)
    said: list[str] = []
    with run.lock():
        run.claim(config)
        reports = curate(run, config, said.append)
    return run, reports, said
