"""Which version of the method made a run. A run flows in; an error flows out where another version begun it.

A new meaning of a step is a new version: what an earlier one paid for would be paid for again, without a word.
"""

import json
from pathlib import Path

from dgrc.errors import RunDirError
from dgrc.storage.atomic import write_json
from dgrc.storage.run_dir import RunDir

METHOD_VERSION = "12"
"""Part of every fingerprint: raise it when a step's meaning changes, and name below the last commit of the one before.
"""
LAST_COMMIT_OF = {
    "3": "f3e1b6a", "4": "d7c6703", "5": "376e05e", "6": "ae7edf7", "7": "9ead782", "8": "20089ab", "9": "394b867",
    "10": "6d062ee", "11": "798c948",
}  # fmt: skip


def claim_method(run: RunDir) -> None:
    """Notes which version of the method a run is made by; raises RunDirError if it was begun by another one."""
    check_method(run)
    write_json(method_of(run)[0], {"method": METHOD_VERSION})


def check_method(run: RunDir) -> None:
    """Raises RunDirError if a run was begun by another version of the method."""
    _, begun_by = method_of(run)
    if begun_by not in (None, METHOD_VERSION):
        raise RunDirError(
            f"The run {run.root} was begun by an earlier dgrc that reads replies otherwise, so that all its replies "
            f"would be paid for again: finish it with commit {LAST_COMMIT_OF.get(begun_by, '(see its manifest)')}, or "
            "give this run another `name`."
        )


def method_of(run: RunDir) -> tuple[Path, str | None]:
    """The file that says by which version of the method a run was begun, and that version, None if it was not begun.

    Runs had no such file before version 4.
    """
    first = run.in_round(1)
    mark = first.state("method") / "version.json"
    if mark.is_file():
        return mark, str(json.loads(mark.read_text(encoding="utf-8"))["method"])
    return mark, "3" if first.state("gather").is_dir() else None
