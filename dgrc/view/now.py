"""What a run does at this moment, for a page that asks every few seconds: a run in, what `dgrc status` says of it out.

It is small and costs little. `version` is another one when anything else that the first page shows may have changed.
"""

import hashlib
import json
from typing import Any

from dgrc.report.status import advice, standing, status_of
from dgrc.storage.marks.file import marks_of
from dgrc.storage.run_dir import RunDir
from dgrc.view.store import Store


def tell_now(run: RunDir, store: Store, building: dict[str, Any]) -> dict[str, Any]:
    """Status, the same in words, what to do next, how far the index is, and the version of all else."""
    troubles: list[str] = []
    status, said, what_next = _status(run, troubles)
    shown = [store.generation, status["steps"], status["damaged"], troubles, _stamps(run)]
    version = hashlib.blake2b(json.dumps(shown).encode(), digest_size=8).hexdigest()
    return {
        "status": status, "said": said, "advice": what_next, "building": building, "troubles": troubles,
        "version": version,
    }  # fmt: skip


def _status(run: RunDir, troubles: list[str]) -> tuple[dict[str, Any], str, str]:
    try:
        status = status_of(run)
        return status, standing(status), advice(status)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as e:
        troubles.append(f"How far the run is cannot be told ({type(e).__name__}: {e})")
        return {"state": "unknown", "steps": {}, "damaged": [], "underway": None, "far": ""}, "", ""


def _stamps(run: RunDir) -> list[tuple[int, int] | None]:
    """Size and time of change of the files that the first page tells beside the index."""
    files = (run.root / "rounds.json", run.warnings(), run.evaluation(), marks_of(run), run.config_file,
             *sorted((run.root / "spending").glob("*.json")))  # fmt: skip
    found: list[tuple[int, int] | None] = []
    for file in files:
        try:
            stat = file.stat()
            found.append((stat.st_size, stat.st_mtime_ns))
        except OSError:
            found.append(None)
    return found
