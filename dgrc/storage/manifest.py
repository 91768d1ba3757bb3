"""The manifest of a run: written last, so its presence means that the run is complete."""

import hashlib
import json
from pathlib import Path
from typing import Any

from dgrc.errors import RunDirError
from dgrc.storage.atomic import write_json
from dgrc.storage.first_day import FILE as FIRST_DAY
from dgrc.storage.first_day import first_day
from dgrc.storage.holder import HOLDER, LOCK
from dgrc.storage.provenance import provenance
from dgrc.storage.run_dir import UNDERWAY, RunDir
from dgrc.storage.standing import how_far

NOT_KEPT = (
    ".state", "logs", "spending", LOCK, HOLDER, UNDERWAY, FIRST_DAY, ".hashes.json", "manifest.json", "config.yaml",
)  # fmt: skip
"""What is no part of a run's result, or may change after it is complete."""


def write_manifest(run: RunDir, *, reports: dict[str, Any], seconds: dict[str, float]) -> None:
    """Seals a run.

    Args:
        run: The run.
        reports: What each step reported (rows, usage, losses).
        seconds: Wall time of each phase.
    """
    day = first_day(run).isoformat()
    made = {"provenance": provenance(), "first_day": day, "seconds": seconds, "reports": reports}
    write_json(run.manifest_file, {**made, "files": file_hashes(run)})


def file_hashes(run: RunDir) -> dict[str, dict[str, Any]]:
    """Size and hash of every file of a run's result, by its path within the run."""
    return {
        str(path.relative_to(run.root)): {"bytes": path.stat().st_size, "blake2b": hash_file(path)}
        for path in sorted(run.root.rglob("*"))
        if path.is_file() and not any(part in NOT_KEPT for part in path.relative_to(run.root).parts)
    }


def hash_file(path: Path) -> str:
    """BLAKE2b of a file's content, 128 bits in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def read_manifest(run: RunDir) -> dict[str, Any]:
    """The manifest of a complete run.

    Raises:
        RunDirError: the run is not complete, or its manifest cannot be read.
    """
    if not run.manifest_file.is_file():
        raise RunDirError(
            f"The run {run.root} is not complete: {how_far(run)}, and it has no manifest.json, which is written last "
            "and says what its files should be. `dgrc run` with its configuration goes on to the end; until then "
            f"`dgrc status {run.root}` says where it stands."
        )
    try:
        manifest = json.loads(run.manifest_file.read_text(encoding="utf-8"))
        if not isinstance(manifest, dict):
            raise ValueError(f"it holds a {type(manifest).__name__}")
    except (OSError, ValueError) as e:
        raise RunDirError(
            f"The manifest {run.manifest_file} cannot be read: {e}. Delete it and run the run's command again: what is "
            "finished is kept, and the manifest is written anew."
        ) from e
    return manifest
