"""What a model is, by the content of its files: a directory or a URL in, names and hashes out.

A copy of a model, or the same one fetched again, is the same model, whatever its files' times say. Weights are large:
what was hashed is noted beside the run, and a file that has not been touched since is not read again.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dgrc.storage.atomic import write_json
from dgrc.storage.manifest import hash_file
from dgrc.storage.objectstore.files import explaining, file_system, is_remote
from dgrc.storage.objectstore.models import WEIGHTS, listing, local_copy

NOTES = ".hashes.json"
"""What the file is called, beside a run or a training, in which hashes are kept."""
CHUNK = 16 << 20
Seen = list[Any]
"""What tells that a file was not touched: its size, its times, and on a disk its number there."""


def contents(model: str, notes: Path | None = None) -> list[tuple[str, str]]:
    """Name and hash of the files that decide what a model computes: its config and its weights.

    Args:
        model: A directory, the URL of one on an object store, or a name of the Hub, which is fetched.
        notes: The file in which hashes are kept; without one, all is read.

    Raises:
        StorageError: the object store or the Hub cannot be used.
    """
    known = _read(notes)
    found, noted = [], {}
    for name, where, seen in _remote_files(model) if is_remote(model) else _local_files(local_copy(model)):
        before = known.get(where)
        same = isinstance(before, list) and len(before) == 2 and before[0] == seen
        digest = str(before[1]) if same and before else _hash(model, where)
        found.append((name, digest))
        noted[where] = [seen, digest]
    if notes is not None and {**known, **noted} != known:
        write_json(notes, {**known, **noted})
    return found


def _local_files(model: str) -> Iterator[tuple[str, str, Seen]]:
    """Name, path and state of each file."""
    for path in sorted(Path(model).expanduser().iterdir()):
        if _decides(path.name) and path.is_file():
            stat = path.stat()
            yield path.name, str(path.resolve()), [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]


def _remote_files(model: str) -> Iterator[tuple[str, str, Seen]]:
    """Name, URL and state of each file."""
    for name, size, changed in listing(model.rstrip("/")):
        if _decides(name):
            yield name, f"{model.rstrip('/')}/{name}", [size, changed]


def _decides(name: str) -> bool:
    return name == "config.json" or name.endswith(WEIGHTS)


def _hash(model: str, where: str) -> str:
    if not is_remote(model):
        return hash_file(Path(where))
    system, inner = file_system(where)
    digest = hashlib.blake2b(digest_size=16)  # as `hash_file` does: a model is the same on a disk
    with explaining(model), system.open_input_stream(inner, compression=None) as stream:
        while block := stream.read(CHUNK):
            digest.update(block)
    return digest.hexdigest()


def _read(notes: Path | None) -> dict[str, Any]:
    """The hashes that were kept; none from a file that is broken, which is then written anew."""
    try:
        data = json.loads(notes.read_text(encoding="utf-8")) if notes is not None else {}
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}
