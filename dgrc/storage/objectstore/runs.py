"""Runs on an object store, to be looked at: s3://bucket/folder in, a folder of this machine that stands for it out.

The folder lies in the cache. It holds the run's small files and a listing of all others; Parquet stays on the store and
is read there (`view/index`). Nothing is written to the store.
"""

import functools
import hashlib
import json
import os
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from dgrc.errors import RunDirError
from dgrc.storage.atomic import explain_os_error, write_bytes, write_json
from dgrc.storage.objectstore.files import explaining, file_system, is_remote, require_bucket
from dgrc.storage.run_dir import RunDir
from dgrc.storage.standing import check_path, opened, rounds

ORIGIN, THREADS, LONGEST_NAME = ".origin.json", 8, 60
FETCHED = re.compile(
    r"config\.yaml|(manifest|rounds)\.json|marks\.jsonl|\.underway\.json|\.holder|spending/[^/]+\.json"
    r"|round-\d+/((warnings|evaluation)\.json|marks-used\.jsonl|\.state/[^/]+/(done|losses)\.json"
    r"|student/(config|adapter_config)\.json)"
)
"""The small files of a run, by their paths within it."""


@dataclass(frozen=True)
class Origin:
    """Where a run lies, and which files it had there when that was last looked up: bytes and time of change (ns)."""

    url: str
    files: dict[str, tuple[int, int]]

    @functools.cached_property
    def _by_folder(self) -> dict[str, dict[str, tuple[int, int]]]:
        found: dict[str, dict[str, tuple[int, int]]] = {}
        for name, state in self.files.items():
            found.setdefault(name.rpartition("/")[0], {})[f"{self.url}/{name}"] = state
        return found

    def files_in(self, folder: str) -> dict[str, tuple[int, int]]:
        """The files of a folder of the run, by their URLs."""
        return self._by_folder.get(folder, {})


def looked_at(given: str, number: int = 1) -> RunDir:
    """The run of a folder, of a name below `runs/`, or of a URL on a store, in one of its rounds, to be read alone.

    Raises:
        RunDirError: there is no such run, or it has no such round.
        StorageError: the store cannot be used.
    """
    if not is_remote(given):
        check_path(given)
        run = RunDir(given, number)
        return run if _without_settings(run) else opened(given, number)
    url = given.rstrip("/")
    run = RunDir(_folder(url), number)
    _refresh(run.root, url)
    if number != 1 and number not in rounds(run):
        raise RunDirError(f"The run {url} has no round {number!r}: it has {', '.join(map(str, rounds(run))) or 1}.")
    return run


def _without_settings(run: RunDir) -> bool:
    """Whether a folder holds a run whose config.yaml is gone, as what was published has none: the rest can be shown."""
    begun = run.manifest_file.is_file() or 1 in rounds(run)
    return begun and not run.config_file.exists() and (run.number == 1 or run.number in rounds(run))


def refresh(run: RunDir) -> None:
    """Looks up what a run on a store has by now; raises as `looked_at` does."""
    if (origin := origin_of(run)) is not None:
        _refresh(run.root, origin.url)


def origin_of(run: RunDir) -> Origin | None:
    """Where a run lies if that is a store. Only folders of the cache say so, not a run that somebody handed over."""
    if not run.root.is_relative_to(_cache()):
        return None
    try:
        return _read(run.root / ORIGIN, (run.root / ORIGIN).stat().st_mtime_ns)
    except OSError:
        return None


def lies_at(run: RunDir) -> str:
    """Where a run lies, as one types it: a folder or a URL."""
    origin = origin_of(run)
    return str(run.root) if origin is None else origin.url


@functools.lru_cache(maxsize=32)
def _read(file: Path, changed: int) -> Origin:
    said = json.loads(file.read_text(encoding="utf-8"))
    return Origin(said["url"], {name: (size, time) for name, (size, time) in said["files"].items()})


def _refresh(root: Path, url: str) -> None:
    system, inner = file_system(url)
    with explaining(url):
        files = _listing(system, inner)
        if not files:
            require_bucket(system, inner)
    if not {"config.yaml", "manifest.json"} & files.keys():
        holds = f"it holds {', '.join(sorted(files)[:3])}" if files else "nothing is there"
        raise RunDirError(
            f"{url} is not a run: it has neither config.yaml nor manifest.json; {holds}. Give the folder that a run "
            "was copied or published to, for example s3://bucket/runs/demo."
        )
    before = origin_of(RunDir(root))
    known = before.files if before is not None else {}
    wanted = [name for name in files if FETCHED.fullmatch(name)]
    missing = [name for name in wanted if known.get(name) != files[name] or not (root / name).is_file()]
    try:
        _fetch(system, inner, url, root, missing)
        for name in known.keys() - files.keys():
            if FETCHED.fullmatch(name):
                (root / name).unlink(missing_ok=True)
        for name in {PurePosixPath(name).parts[0] for name in files if re.match(r"round-\d+/", name)}:
            (root / name).mkdir(parents=True, exist_ok=True)
    except OSError as e:
        if isinstance(e, RunDirError) or e.errno is None:
            raise
        raise explain_os_error(e, root) from e
    if before is None or before.files != files:
        write_json(root / ORIGIN, {"url": url, "files": files})


def _listing(system: Any, inner: str) -> dict[str, tuple[int, int]]:
    """The files below a folder; names that would lead out of it are left out."""
    from pyarrow import fs

    found = system.get_file_info(fs.FileSelector(inner, recursive=True, allow_not_found=True))
    files = {
        info.path.removeprefix(f"{inner}/"): (int(info.size), int(info.mtime_ns or 0))
        for info in found if info.type == fs.FileType.File
    }  # fmt: skip
    return {name: state for name, state in sorted(files.items()) if not {"", ".", ".."} & set(name.split("/"))}


def _fetch(system: Any, inner: str, url: str, root: Path, names: Iterable[str]) -> None:
    def one(name: str) -> None:
        with explaining(f"{url}/{name}"), system.open_input_stream(f"{inner}/{name}", compression=None) as stream:
            content = stream.read()
        write_bytes(root / name, content)

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(one, names))


def _folder(url: str) -> Path:
    """The folder of this machine that stands for a run; another store of the same URLs has others."""
    store = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    named = hashlib.blake2b(repr((store, url)).encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
    name = re.sub(r"[^\w.-]", "_", url.rpartition("/")[2])[:LONGEST_NAME].lstrip(".")
    return _cache() / named / (name or "run")


def _cache() -> Path:
    return Path(os.environ.get("DGRC_CACHE") or "~/.cache/dgrc").expanduser().resolve() / "runs"
