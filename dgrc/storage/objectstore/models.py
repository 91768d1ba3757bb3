"""Models on an object store, fetched to this node: `s3://bucket/folder` in, a local directory out.

Fetched once a node, however many engines and training workers start on it at once, and found whole or not at all:
files go to a folder of another name, which is renamed when all of them are there in full. The cache's name of a model
follows from what lies on the store, so that a model which was replaced there is fetched anew. Weights are safetensors;
whatever could hold code or pickles is left where it is.
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dgrc.errors import StorageError
from dgrc.storage.objectstore.files import explaining, file_system, is_remote, require_bucket
from dgrc.storage.objectstore.hub import hub_copy, is_hub_name

WEIGHTS = ".safetensors"
TAKEN = (WEIGHTS, ".json", ".jinja", ".txt", ".model", ".md")
"""Suffixes of the files that a model consists of."""
THREADS, CHUNK = 8, 16 << 20


def local_copy(model: str, weights: bool = True) -> str:
    """The local directory of a model: of a URL or a name of the Hub what was fetched, any other as it is.

    Args:
        model: A directory, a hub's name, or a URL.
        weights: False leaves the weights out: tokenizer and configuration alone, for a driver that plans.

    Raises:
        StorageError: the store or the Hub cannot be used, or there is no model in safetensors there.
    """
    if not is_remote(model):
        return _of_hub(model, weights) if is_hub_name(model) else model
    model = model.rstrip("/")
    files = [f for f in listing(model) if weights or not f[0].endswith(WEIGHTS)]
    identity = hashlib.blake2b(repr((model, files)).encode(), digest_size=8).hexdigest()
    target = _cache() / identity / model.rpartition("/")[2]
    if not target.is_dir():
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with _alone(target.parent):
                if not target.is_dir():  # nobody fetched it while this process waited
                    _fetch(model, files, target)
        except OSError as e:
            if isinstance(e, StorageError):
                raise
            raise StorageError(
                f"The model {model} cannot be kept in {target.parent}: {e.strerror or e}. Make room there, or name "
                "another folder of this node in DGRC_CACHE."
            ) from e
    return str(target)


def _of_hub(model: str, weights: bool) -> str:
    folder = hub_copy(model, [suffix for suffix in TAKEN if weights or suffix != WEIGHTS])
    if weights and not any(Path(folder).glob(f"*{WEIGHTS}")):
        raise _no_safetensors(model)
    return folder


def listing(model: str) -> list[tuple[str, int, int]]:
    """Name, bytes and time of change (ns) of each file that a model on a store consists of, in order of names.

    Raises:
        StorageError: there is none, or its weights are not in safetensors.
    """
    from pyarrow import fs

    system, inner = file_system(model)
    with explaining(model):
        found = system.get_file_info(fs.FileSelector(inner, allow_not_found=True))
        if not found:
            require_bucket(system, inner)
    files = sorted((f.base_name, f.size, f.mtime_ns or 0) for f in found if f.type == fs.FileType.File)
    names = [name for name, _, _ in files]
    if "config.json" not in names and "adapter_config.json" not in names:
        raise StorageError(
            f"There is no model in {model}: {f'it holds {names[:5]}' if names else 'nothing is there'}. Wanted is a "
            "folder with config.json, safetensors and tokenizer files."
        )
    if not any(name.endswith(WEIGHTS) for name in names):
        raise _no_safetensors(model)
    return [file for file in files if file[0].endswith(TAKEN)]


def _no_safetensors(model: str) -> StorageError:
    return StorageError(
        f"The model {model} has no weights in safetensors; other forms may hold code and are not loaded. Write it anew "
        "with `save_pretrained`, which makes safetensors."
    )


def _fetch(model: str, files: Sequence[tuple[str, int, int]], target: Path) -> None:
    """Fetches files to a draft beside the target and gives it its name; the caller holds the lock."""
    for left in target.parent.glob(".draft-*"):  # of a process that was killed
        shutil.rmtree(left, ignore_errors=True)
    system, inner = file_system(model)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=target.parent))
    try:
        with ThreadPoolExecutor(THREADS) as threads:
            jobs = [threads.submit(_copy, system, f"{inner}/{name}", draft / name, size) for name, size, _ in files]
            with explaining(model):
                for job in jobs:
                    job.result()
        draft.chmod(0o755)
        os.rename(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _copy(system: Any, source: str, target: Path, size: int) -> None:
    with system.open_input_stream(source, compression=None) as stream, open(target, "wb") as file:
        shutil.copyfileobj(stream, file, CHUNK)
        file.flush()
        os.fsync(file.fileno())
    if target.stat().st_size != size:
        raise StorageError(
            f"{source} came with {target.stat().st_size:,} bytes where {size:,} are listed: it was replaced meanwhile, "
            "or broken off. Start again."
        )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Holds a folder's lock among the processes of this node; the kernel drops it with its holder."""
    with open(folder / ".lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _cache() -> Path:
    return Path(os.environ.get("DGRC_CACHE") or "~/.cache/dgrc").expanduser() / "models"
