"""Who works on a run: what its process wrote beside the lock, read by whoever comes second or only looks.

The lock itself tells nobody who has it, and to try it would make a process fail that begins at this moment.
"""

import datetime
import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from dgrc.storage.atomic import write_json

LOCK, HOLDER = ".lock", ".holder"
SINCE = "%Y-%m-%d %H:%M:%S UTC"


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that took a run, by its own word."""

    pid: int
    host: str
    since: str

    @property
    def lives(self) -> bool | None:
        """Whether it does; None on another machine. A later process of the same number is not it."""
        if self.host != platform.node():
            return None
        try:
            began = psutil.Process(self.pid).create_time()
            taken = datetime.datetime.strptime(self.since, SINCE).replace(tzinfo=datetime.UTC).timestamp()
        except psutil.AccessDenied:
            return True
        except (psutil.NoSuchProcess, ValueError, OverflowError):
            return False
        return began <= taken + 1


def write_holder(root: Path) -> None:
    """Says that this process holds the run."""
    now = datetime.datetime.now(tz=datetime.UTC)
    write_json(root / HOLDER, asdict(Holder(os.getpid(), platform.node(), now.strftime(SINCE))))


def read_holder(root: Path) -> Holder | None:
    """Who says so, if anybody: it has only just begun, or is an older dgrc."""
    try:
        said = json.loads((root / HOLDER).read_text(encoding="utf-8"))
        return Holder(int(said["pid"]), str(said["host"]), str(said["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def told(root: Path) -> str:
    """Who holds a run that cannot be locked, and what to do about it."""
    choice, holder, lock = "wait for it, stop it, or choose another `name`.", read_holder(root), root / LOCK
    if holder is None:
        return f"another process: {choice}"
    who = f"process {holder.pid} on {holder.host}, since {holder.since}: "
    if holder.lives is None:
        return who + f"{choice} If that machine is gone for good, delete {lock}."
    if not holder.lives:
        return who + f"that process has ended, but one that it started keeps {lock}. Stop that one."
    return who + choice
