"""Work spread over a cluster whose results are files: arguments in, small reports out, a few under way at a time.

For steps that ask no engine and commit what they make themselves (a shard of a corpus, a range of a shuffle). Nothing
but their arguments and reports passes through the driver or the object store.
"""

import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dgrc.errors import PassStoppedError
from dgrc.runtime.unwrap import own_error
from dgrc.storage.atomic import write_json

RETRIES = 3
UNDER_WAY = 2
"""Tasks that are started for each core of the cluster: one that works and one that waits."""


def spread(
    work: Callable[..., dict[str, Any]], calls: Iterable[tuple[Any, ...]], shared: Any = None
) -> Iterator[dict[str, Any]]:
    """Reports of `work(*call, shared)` as they come, in no order.

    Args:
        work: Of a module; it must be fit to be done again after half of it was done.
        calls: Arguments of each piece of work.
        shared: An argument that all have in common and that may be large.

    Raises:
        DgrcError: as a piece raised it.
        PassError: a piece failed otherwise, or the process that did it died again and again.
    """
    import ray

    task = ray.remote(work).options(num_cpus=1, max_retries=RETRIES)
    common = ray.put(shared)
    most = UNDER_WAY * max(1, int(ray.cluster_resources().get("CPU", 1)))
    waiting: list[Any] = []
    try:
        for call in calls:
            if len(waiting) >= most:
                done, waiting = ray.wait(waiting, num_returns=1)
                yield ray.get(done[0])
            waiting.append(task.remote(*call, common))
        while waiting:
            done, waiting = ray.wait(waiting, num_returns=1)
            yield ray.get(done[0])
    except ray.exceptions.RayError as e:
        last = str(e).strip().splitlines()[-1]
        raise own_error(e) or PassStoppedError(
            f"The step {work.__name__} stopped: {last} What it finished is safe: run the same command again to go on."
        ) from e
    finally:
        for reference in waiting:
            ray.cancel(reference, force=True)


@contextmanager
def committed(folder: Path) -> Iterator[Path]:
    """A folder to fill that is there under its own name when all is well, or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    half = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
    half.mkdir()
    try:
        yield half
        if not folder.is_dir():  # else a retry of this work was quicker, with the same bytes
            half.rename(folder)
    finally:
        shutil.rmtree(half, ignore_errors=True)


def workplace(state: Path, fingerprint: str, outputs: Sequence[Path]) -> Path:
    """The folder of a step's unfinished work, emptied with its outputs unless it is of this very step."""
    bound = state / "fingerprint.json"
    work = state / "work"
    if not bound.is_file() or json.loads(bound.read_text())["fingerprint"] != fingerprint or not work.is_dir():
        for folder in (state, *outputs):
            shutil.rmtree(folder, ignore_errors=True)
        work.mkdir(parents=True)
        write_json(bound, {"fingerprint": fingerprint})
    for folder in outputs:
        folder.mkdir(parents=True, exist_ok=True)
        for half in folder.glob(".*.half"):  # of a life that was broken off
            half.unlink()
    return work


def replace(path: Path, tables: Iterable[pa.Table], schema: pa.Schema) -> int:
    """Writes tables to a Parquet file that is there when it is whole; returns its rows."""
    half, rows = path.with_name(f".{path.name}.{os.getpid()}.half"), 0
    with pq.ParquetWriter(half, schema, compression="zstd") as writer:
        for table in tables:
            rows += len(table)
            writer.write_table(table)
    os.replace(half, path)
    return rows
