"""Writes a benchmark's result with the command, commit and hardware it was made with."""

import datetime
import json
import re
from pathlib import Path
from typing import Any

from dgrc.errors import ConfigError
from dgrc.storage.provenance import provenance

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results"


def record(name: str, result: dict[str, Any], *, command: str) -> Path:
    """Writes `results/<name>_<hardware>_<yyyymm>.json` and returns its path.

    Raises:
        ConfigError: the code is not at a commit, so that nobody could repeat the measurement.
    """
    made_with = provenance()
    commit = made_with["commit"]
    if commit is None or commit.endswith("-dirty"):
        raise ConfigError(
            f"The result of {name} is not recorded, because the code it was made with is at no commit ({commit}). "
            "Commit, then run the same command from a clean checkout."
        )
    hardware = re.sub(r"[^a-z0-9]+", "-", f"{made_with['cores']}x {made_with['cpu']}".lower()).strip("-")
    today = datetime.datetime.now(tz=datetime.UTC)
    path = RESULTS / f"{name}_{hardware}_{today:%Y%m}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    data = {"command": f"python -m benchmarks.{command}", "date": f"{today:%Y-%m-%d}", "made_with": made_with, **result}
    path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    return path
