"""What Ray will send of a working directory, known before it is sent.

A directory and a configuration flow in; what would be missing on the cluster, or is too much for it, flows out as an
error. Ray packs what lies below the directory but for what `.gitignore` and `.rayignore` name, in any folder, its own
exclusions and ours. The walk is Ray's own (`ray/_private/runtime_env/packaging.py`), so that both see the same files;
nothing is read or packed for it.
"""

import glob
import logging
import os
import stat
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from dgrc.config import Config
from dgrc.config.shipped import locate, shipped_folder
from dgrc.errors import JobError
from dgrc.storage.objectstore.files import is_remote
from dgrc.workflow.named_files import named_files, named_places

NOT_PACKAGED = (
    # What a working directory holds that a job does not need: names that people give to other folders too at its top
    "/runs/", "/build/", "/dist/", ".git/", ".venv/", "venv/", "**/__pycache__/", ".pytest_cache/", ".mypy_cache/",
    ".ruff_cache/", ".hypothesis/", "node_modules/", "*.egg-info/", "wandb/", "mlruns/",
    # and what must not leave this machine
    ".env", ".env.*", "*.pem", "*.key", "*.p12", "id_rsa*", "id_ed25519*", ".netrc", ".aws/", ".ssh/", ".gcp/",
    ".azure/", ".kube/", ".docker/", "*credentials*.json", "*service-account*.json", ".huggingface/", "auth_token",
)  # fmt: skip
PARTS = {
    "run": ("curate", "train", "evaluate"), "pilot": ("curate",), "benchmark": ("curate",), "curate": ("curate",),
    "questions": ("questions",), "train": ("train",), "evaluate": ("evaluate",),
}  # fmt: skip
"""What each entry point of `ray_jobs` does of a job, as preflight names it."""
IGNORING = (".gitignore", ".rayignore")
MOST_NAMED, LARGEST_NAMED = 8, 5
HEADERS, END = 30 + 46, 22
"""Bytes of a file's two headers in a zip beside its name, which stands in both, and of the archive's end."""
QUIET = logging.getLogger("dgrc.package")
QUIET.setLevel(logging.CRITICAL)  # Ray's walk says at every folder which ignore files it heeds


@dataclass(frozen=True, slots=True)
class Package:
    """What is sent of a working directory: sizes by name within it, empty folders among them with 0."""

    root: Path
    files: dict[str, int]

    @property
    def size(self) -> int:
        """Bytes of the archive: Ray does not compress."""
        return END + sum(HEADERS + 2 * len(os.fsencode(name)) + size for name, size in self.files.items())

    def has(self, name: str) -> bool:
        """Whether a file, or all of a folder that is there, is sent; what is hidden in a folder may be left out."""
        if not (self.root / name).is_dir():
            return name in self.files
        shown = [inner for inner in os.listdir(self.root / name) if not inner.startswith((".", "__pycache__"))]
        return all(self.has(f"{name}/{inner}") for inner in shown)


def package_of(working_dir: Path) -> Package:
    """What Ray packs of this directory.

    Raises:
        JobError: something in it would stop Ray half-way, or hold it for ever.
    """
    from ray._private.runtime_env.packaging import _dir_travel

    root, files = working_dir.absolute(), dict[str, int]()

    def take(path: Path) -> None:
        about = path.stat() if path.exists() else path.lstat()
        name = _named(path, root)
        if stat.S_ISREG(about.st_mode):
            if not os.access(path, os.R_OK):
                raise JobError(f"The file {path} would be packaged, but cannot be read. {_LEAVE_OUT}")
            files[name] = about.st_size
        elif stat.S_ISDIR(about.st_mode):
            if not os.listdir(path):
                files[f"{name}/"] = 0
        elif not stat.S_ISLNK(about.st_mode):  # Ray leaves out a link that leads nowhere, and opens anything else
            raise JobError(f"{path} is a pipe, socket or device, which Ray would wait for. {_LEAVE_OUT}")

    _dir_travel(root, [excluded for excluded, _ in _rules(root)], take, _heeds_gitignore(), QUIET)
    return Package(root, files)


def check_package(package: Package, config: Config, config_file: str, part: str) -> None:
    """Refuses to send what a job cannot work with, or a cluster does not take.

    Args:
        package: What would be sent.
        config: The settings that the job will read.
        config_file: The configuration as the job will be told it: within the working directory, on an absolute path,
            or the name of one that comes with dgrc.
        part: The entry point.

    Raises:
        JobError: files that the settings name would not be there, or the package is larger than a dashboard takes.
    """
    behind = list(dict.fromkeys([*_configuration(package, config_file), *left_behind(package, config, PARTS[part])]))
    if behind:
        more = f"; and {len(behind) - MOST_NAMED} more" if len(behind) > MOST_NAMED else ""
        raise JobError(
            f"The job would not find what it needs, for of the working directory {package.root} only what Ray packages "
            f"is sent: {'; '.join(behind[:MOST_NAMED])}{more}. Put such files on storage that all nodes share and name "
            "them by absolute paths or s3:// addresses, or have them packaged: `!name` in .gitignore makes an "
            "exception, RAY_RUNTIME_ENV_IGNORE_GITIGNORE=1 does without it."
        )
    if package.size >= largest():
        heavy = sorted((size, name) for name, size in package.files.items() if size * 100 > package.size)
        raise JobError(
            f"The working directory {package.root} makes a package of {_mib(package.size)}, and a cluster's dashboard "
            f"takes less than {_mib(largest())}. Of its {len(package.files):,} files the largest are "
            f"{', '.join(f'{name} ({_mib(size)})' for size, name in heavy[: -LARGEST_NAMED - 1 : -1])}. List what the "
            "job does not need in a file .rayignore, which is written as .gitignore is, and put what it needs on "
            "storage that all nodes share."
        )


def left_behind(package: Package, config: Config, parts: Collection[str]) -> Iterator[str]:
    """What these parts of a job name by a relative path and would not find: `setting: path, why`."""
    for setting, patterns, _ in named_files(config, parts):
        for pattern in patterns:
            if not _of_the_node(pattern):
                found = sorted(glob.glob(pattern, root_dir=package.root, recursive=True))
                if not found:
                    yield f"{setting}: there is no {pattern}"
                yield from _absent(package, setting, found)
    for setting, place in named_places(config, parts):
        if place and not _of_the_node(place) and (package.root / place).exists():
            yield from _absent(package, setting, [place])


def largest() -> int:
    """The bytes from which a dashboard refuses a package; Ray's own client refuses at five times as many only."""
    from ray._private.ray_constants import DASHBOARD_CLIENT_MAX_SIZE

    return int(DASHBOARD_CLIENT_MAX_SIZE)


def _configuration(package: Package, config_file: str) -> Iterator[str]:
    file = locate(config_file, package.root)
    comes_along = file.is_relative_to(shipped_folder()) and not file.is_relative_to(package.root)
    if not file.is_file():
        yield f"there is no configuration {config_file}"
    elif not comes_along and not Path(config_file).is_absolute():
        yield from _absent(package, "the configuration", [os.path.relpath(file, package.root)])


def _absent(package: Package, what: str, names: list[str]) -> Iterator[str]:
    """Those of these files and folders of the working directory that are not sent, and why."""
    for given in names:
        name = os.path.normpath(given)
        if name.startswith(".."):
            yield f"{what}: {given} lies outside"
        elif not package.has(name):
            yield f"{what}: {given} is left out by {_why(package.root, package.root / name)}"


def _why(root: Path, path: Path) -> str:
    """The rule by which a file, or something in a folder, is left out."""
    inside = [path, *(sorted(path.rglob("*")) if path.is_dir() else [])]
    for each in inside:
        steps = [*reversed(each.relative_to(root).parents), each.relative_to(root)]
        for excluded, rule in _rules(root, tuple(root / step for step in steps)):
            if any(excluded(root / step) for step in steps[1:]):
                return rule
    return "Ray"


def _rules(root: Path, folders: tuple[Path, ...] = ()) -> Iterator[tuple[Callable[[Path], bool], str]]:
    """Ways to leave out a path, each with its name: dgrc's and Ray's own, and those of ignore files in `folders`."""
    from ray._private.ray_constants import get_runtime_env_default_excludes
    from ray._private.runtime_env.packaging import _get_excludes

    for whose, patterns in (("dgrc", NOT_PACKAGED), ("Ray", get_runtime_env_default_excludes())):
        for pattern in patterns:
            yield _get_excludes(root, [pattern]), f"{whose}'s own rule `{pattern}`"
    for folder in folders:
        for name in IGNORING[0 if _heeds_gitignore() else 1 :]:
            file = folder / name
            for pattern in file.read_text().splitlines() if file.is_file() else ():
                yield _below(folder, _get_excludes(folder, [pattern])), f"`{pattern}` in {file.relative_to(root)}"


def _below(folder: Path, excluded: Callable[[Path], bool]) -> Callable[[Path], bool]:
    return lambda path: path != folder and path.is_relative_to(folder) and excluded(path)


def _heeds_gitignore() -> bool:
    from ray._private.ray_constants import RAY_RUNTIME_ENV_IGNORE_GITIGNORE

    return os.environ.get(RAY_RUNTIME_ENV_IGNORE_GITIGNORE, "0") != "1"


def _of_the_node(path: str) -> bool:
    """Whether a path does not begin in the working directory: it means the same wherever the job runs, if anything."""
    return is_remote(path) or path.startswith(("proving:", "~")) or os.path.isabs(path)


def _named(path: Path, root: Path) -> str:
    name = path.relative_to(root).as_posix()
    try:
        name.encode()
    except UnicodeEncodeError:
        raise JobError(f"The name {str(path)!r} is not UTF-8, and Ray cannot package it. {_LEAVE_OUT}") from None
    return name


_LEAVE_OUT = "Move or rename it, or list it in a file .rayignore in the working directory."


def _mib(size: int) -> str:
    return f"{size / 2**20:,.1f} MiB"
