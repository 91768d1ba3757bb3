"""The configurations that come with dgrc, by name: `legal/casehold` is `configs/legal/casehold.yaml`.

What a user gave as CONFIG flows in, the file that is meant flows out. In a checkout `configs/` stands beside the
package; a wheel has the same files inside it (`package_dir` in setup.cfg), so there is one copy of each.

A file that exists wins over a name. Relative paths inside any configuration begin in the folder where dgrc is started.
There is one exception: a path that begins with `configs/` and is not there means a file that comes with dgrc.
"""

import difflib
import os
from pathlib import Path
from typing import Any

from dgrc.config.run import Config

PACKAGE = Path(__file__).resolve().parents[1]
FOLDER, SUFFIX = "configs", ".yaml"
LONGEST_NAME, NEAREST = 200, 3
NAMING_FILES = (("questions", "files"), ("evaluation", "files"), ("corpus", "files"), ("training", "deepspeed"))
"""Settings that may name a file which comes with dgrc, by section."""


def shipped_folder() -> Path:
    """Where the files lie: inside an installed package, beside it in a checkout."""
    inside = PACKAGE / FOLDER
    return inside if inside.is_dir() else PACKAGE.parent / FOLDER


def names() -> list[str]:
    """All names, without suffix."""
    root = shipped_folder()
    return sorted(str(path.relative_to(root).with_suffix("")) for path in root.rglob(f"*{SUFFIX}"))


def shipped_name(config: str) -> str | None:
    """The name that is meant, with or without `.yaml` and `configs/`; None if dgrc has none of it."""
    name = config.removeprefix(f"{FOLDER}/").removesuffix(SUFFIX)
    return name if name in names() else None


def shipped_file(name: str) -> Path:
    """The file of a name."""
    return shipped_folder() / f"{name}{SUFFIX}"


def locate(config: str, here: Path | None = None) -> Path:
    """The file that CONFIG means: one that exists in `here`, with `.yaml` added if need be, else a shipped one.

    What is neither comes back as it is, so that reading it says why it cannot be read.
    """
    start = here or Path()
    for given in (config, f"{config}{SUFFIX}"):
        if _is_there(start / given):
            return start / given
    name = shipped_name(config)
    return start / config if name is None else shipped_file(name)


def nearest(config: str) -> list[str]:
    """Shipped names that are like the one given, the nearest first; all of them if none is."""
    name = config.removeprefix(f"{FOLDER}/").removesuffix(SUFFIX)[:LONGEST_NAME]
    last = name.rpartition("/")[2]
    known = names()
    same_end = [other for other in known if other.rpartition("/")[2] == last]
    close = difflib.get_close_matches(name, known, n=NEAREST, cutoff=0.5)
    return list(dict.fromkeys([*same_end, *close])) or known


def with_shipped_files(config: Config) -> Config:
    """The configuration with paths under `configs/` that are not here turned into those of the shipped files."""
    updates: dict[str, Any] = {}
    for section, field in NAMING_FILES:
        part = getattr(config, section)
        value = getattr(part, field, None)
        found = tuple(map(_shipped, value)) if isinstance(value, tuple) else value and _shipped(value)
        if found != value:
            updates[section] = part.model_copy(update={field: found})
    return config.model_copy(update=updates) if updates else config


def _shipped(path: str) -> str:
    file = shipped_folder().parent / path
    return str(file) if path.startswith(f"{FOLDER}/") and not os.path.exists(path) and os.path.isfile(file) else path


def _is_there(path: Path) -> bool:
    """Whether there is something to read; a pipe is, a folder is not. (`os.path` says no to a name that cannot be.)"""
    return os.path.exists(path) and not os.path.isdir(path)
