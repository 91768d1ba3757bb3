"""The manifest of a run: written last, so its presence means that the run is complete."""

import json
from typing import Any

from dgrc.errors import RunDirError
from dgrc.storage.provenance import provenance
from dgrc.storage.run_dir import RunDir, write_json


def write_manifest(run: RunDir, *, reports: dict[str, Any], seconds: dict[str, float]) -> None:
    """Seals a run.

    Args:
        run: The run.
        reports: What each step reported (rows, usage, losses).
        seconds: Wall time of each phase.
    """
    write_json(run.manifest_file, {"provenance": provenance(), "seconds": seconds, "reports": reports})


def read_manifest(run: RunDir) -> dict[str, Any]:
    """The manifest of a complete run.

    Raises:
        RunDirError: the run is not complete.
    """
    if not run.manifest_file.is_file():
        raise RunDirError(
            f"The run {run.root} has no manifest.json, so it is not complete. Run its command again: it resumes."
        )
    return dict(json.loads(run.manifest_file.read_text(encoding="utf-8")))
