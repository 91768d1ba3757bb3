"""Files and folders put in their place whole: a reader sees the old one or the new one, never half of one."""

import errno
import json
import os
import shutil
from pathlib import Path
from typing import Any

from dgrc.errors import RunDirError


def write_json(path: Path, data: Any) -> None:
    """Writes JSON so that readers see the old file or the new one, never half of one."""
    write_text(path, json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Writes a text file atomically and durably."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """The same of a file of bytes."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        with open(temporary, "wb") as f:
            f.write(content)
            f.flush()
            os.fsync(f.fileno())
        os.replace(temporary, path)
    except OSError as e:
        raise explain_os_error(e, path) from e


def fresh_folder(path: Path) -> Path:
    """An empty folder in the place of whatever is there."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def explain_os_error(error: OSError, path: Path) -> RunDirError:
    """The operating system's refusal in words, with what to do."""
    remedies = {
        errno.ENOSPC: "Free space on that disk or set `runs_dir` to another one, then run the same command again: "
        "it resumes.",
        errno.EACCES: "Set `runs_dir` to a folder that you may write to.",
        errno.EROFS: "Set `runs_dir` to a folder that you may write to.",
    }
    remedy = remedies.get(error.errno or 0, "Set `runs_dir` to a folder on a healthy local or shared disk.")
    words = os.strerror(error.errno) if error.errno else str(error)  # Arrow wraps the system's words in its own
    return RunDirError(f"Writing to {path} failed: {words}. {remedy}")
