"""A finished run's results on an object store: curricula, students and evaluations in, the same files under a URL out.

The manifest goes last, and one that is there from before goes first, so that whoever finds it finds all that it lists.
"""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from dgrc.storage.manifest import read_manifest
from dgrc.storage.objectstore.files import explaining, file_system, require_bucket
from dgrc.storage.run_dir import RunDir

RESULTS = frozenset(("curriculum", "student", "baselines", "harness", "evaluation.json", "rounds.json"))
THREADS, CHUNK = 8, 16 << 20


def check_target(url: str) -> None:
    """Raises StorageError if there is no such store or bucket."""
    system, folder = file_system(url)
    with explaining(url):
        require_bucket(system, folder)


def publish(run: RunDir, url: str) -> tuple[str, int]:
    """Copies the results of a complete run to `url`/NAME; returns that URL and how many files there are.

    Raises:
        RunDirError: the run is not complete.
        StorageError: the store cannot be used; the same command publishes again.
    """
    target = f"{url.rstrip('/')}/{run.root.name}"
    names = [name for name in read_manifest(run)["files"] if RESULTS & set(Path(name).parts)]
    system, folder = file_system(target)
    manifest = f"{folder}/{run.manifest_file.name}"
    with explaining(target):
        require_bucket(system, folder)
        if system.get_file_info([manifest])[0].is_file:
            system.delete_file(manifest)
        with ThreadPoolExecutor(THREADS) as threads:
            jobs = [threads.submit(_copy, system, run.root / name, f"{folder}/{name}") for name in names]
            for job in jobs:
                job.result()
        _copy(system, run.manifest_file, manifest)
    return target, len(names) + 1


def _copy(system: Any, source: Path, target: str) -> None:
    with open(source, "rb") as file, system.open_output_stream(target, compression=None) as stream:
        shutil.copyfileobj(file, stream, CHUNK)
