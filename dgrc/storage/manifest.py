"""The manifest of a run: written last, so its presence means that the run is complete."""

import datetime
import hashlib
import json
from pathlib import Path
from typing import Any

from dgrc.errors import RunDirError
from dgrc.storage.atomic import write_json, write_text
from dgrc.storage.holder import HOLDER, LOCK
from dgrc.storage.marks.file import MARKS, MARKS_LOCK
from dgrc.storage.provenance import provenance
from dgrc.storage.run_dir import REPORT, UNDERWAY, RunDir
from dgrc.storage.standing import how_far

FIRST_DAY = ".first-day"
NOT_KEPT = (
    ".state", "logs", "spending", LOCK, HOLDER, UNDERWAY, FIRST_DAY, ".hashes.json", "manifest.json", "config.yaml",
    REPORT, MARKS, MARKS_LOCK,
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
        files = manifest.get("files", {})
        if not isinstance(files, dict) or any(not isinstance(said, dict) for said in files.values()):
            raise ValueError("its `files` are not names with bytes and hashes")
    except (OSError, ValueError) as e:
        raise RunDirError(
            f"The manifest {run.manifest_file} cannot be read: {e}. Delete it and run the run's command again: what is "
            "finished is kept, and the manifest is written anew."
        ) from e
    return manifest


def first_day(run: RunDir) -> datetime.date:
    """The day of a run's first start; it is today, and is noted, if nothing says another.

    It is the date that chat templates which write one (Llama 3.2's, gpt-oss's) are told, by whatever start of the run:
    else the same messages would make other prompts every day.

    Raises:
        RunDirError: what is noted is no date.
    """
    path = run.root / FIRST_DAY
    if not path.is_file():
        said = read_manifest(run).get("first_day") if run.manifest_file.is_file() else None  # of one that was fetched
        day = str(said or datetime.datetime.now(tz=datetime.UTC).date().isoformat())
        write_text(path, f"{day}\n")
    said = path.read_text(encoding="utf-8").strip()
    try:
        return datetime.date.fromisoformat(said)
    except ValueError as e:
        raise RunDirError(
            f"{path} says {said[:40]!r} where the day on which the run began is wanted, such as 2026-01-31. Correct "
            "it, or delete the file: then the run begins today for templates that write a date."
        ) from e
