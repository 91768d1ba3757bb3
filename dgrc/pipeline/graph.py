"""A line of the pass table to a Ray Dataset, run so that it can be killed at any moment.

    read_parquet(columns, checkpoint filter) -> repartition -> map_batches(Worker) -> write_parquet

Ray Data's checkpoint filter drops the rows whose ids are committed right after the read, and commits
blocks of `rows_per_block` rows in two phases, so a rerun finishes with each row once. The ids are all
that Ray compares: a checkpoint is therefore bound here to a fingerprint of the pass and of everything
upstream, and thrown away with its output when that changes.
"""

import contextlib
import errno
import json
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import ray
from ray.data.checkpoint import CheckpointConfig

from dgrc.config import Config, EngineConfig
from dgrc.engines import journal
from dgrc.engines.pool import Pool
from dgrc.errors import DgrcError, PassError, PassStoppedError
from dgrc.pipeline.checkpoints import Commits, Trimmer, ids_of
from dgrc.pipeline.passes import Pass
from dgrc.pipeline.progress import Board, progress_line
from dgrc.pipeline.retries import Lives
from dgrc.pipeline.worker import Worker
from dgrc.runtime.driver import beside_driver, every
from dgrc.runtime.unwrap import causes, is_of_cluster, own_error
from dgrc.storage.atomic import explain_os_error, fresh_folder, write_json
from dgrc.storage.run_dir import RunDir
from dgrc.storage.underway import AskedRole, Notes

BATCH_ROWS = 64
"""Each is a row group of the file that is written, and costs Ray Data milliseconds: with 8 a pass without a model took
half as long again, and wrote six times as many bytes (docs/log.md)."""
TRIM_EVERY_S = 10.0
"""So often the driver looks for segments of the journal that may go."""
WANT_OF_MEMORY = (
    "The pass {name}, writing {path}, stopped: Ray ended its processes for want of memory, again and again. Something "
    "on the machine takes it: see Ray's logs for what. Set fewer `pipeline.workers`, fewer `replicas` or smaller "
    "`pipeline.rows_per_block`, or give it more memory. What it finished is safe: run the same command again to go on."
)
DISK_REFUSES = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS)


def run_pass(pass_: Pass, run: RunDir, config: Config, pools: dict[str, Pool], fingerprint: str) -> dict[str, Any]:
    """Runs what is left to do of one pass.

    Args:
        pass_: The line of the table.
        run: The run.
        config: Its configuration.
        pools: A ready pool for each role of the pass.
        fingerprint: Names this pass with all that is upstream of it.

    Returns:
        Rows by status and usage by role and step, over all lives of the pass; and how its engines did in this life.

    Raises:
        PassError: the pass stopped; what it committed is kept.
    """
    source, output = run.dataset(pass_.reads[0]), run.dataset(pass_.writes[0])
    state = run.state(pass_.name)
    _bind(state, output, fingerprint)
    total = _rows(source)
    lives = Lives(pass_.name, config.pipeline)
    reached: dict[str, Any] = {}
    commits = Commits(state / "checkpoint")
    try:
        journal.compact(state / "journal", commits.look())
    except OSError as e:
        raise explain_os_error(e, state) from e
    _loads(pools)  # what was before this pass is not of it
    while (before := len(commits.ids)) < total and not reached:
        try:
            with every(TRIM_EVERY_S, Trimmer(state / "journal", commits).trim):
                reached = _live(pass_, run, config, pools, before, total) | _loads(pools)
        except Exception as e:
            if not is_of_cluster(e) or not lives.another(e, len(commits.look()) - before):
                raise _explain(pass_, output, e) from e
    _check_conserved(pass_, source, output)
    journal.remove(state / "journal")
    return summarize(pass_, output, config) | reached


def _live(
    pass_: Pass, run: RunDir, config: Config, pools: dict[str, Pool], before: int, total: int
) -> dict[str, Any]:
    """Does what is left of a pass, until it is done or something raises; returns how full the engines were."""
    notes = Notes(run)

    def note(rows: int, rate: float, roles: list[AskedRole]) -> None:
        notes(pass_.name, before + rows, total, rate=rate, roles=roles)

    board = Board.options(**beside_driver()).remote()  # type: ignore[attr-defined]
    try:
        dataset, began = _dataset(pass_, run, config, pools, board), time.monotonic()
        with progress_line(pass_.name, board, total - before, note=note):
            dataset.write_parquet(str(run.dataset(pass_.writes[0])))
        counts: dict[str, int] = {}
        with contextlib.suppress(ray.exceptions.RayError):  # a board that is lost costs its figures, not the pass
            counts = ray.get(board.read.remote())
        return in_flight(counts, time.monotonic() - began)
    finally:
        ray.kill(board)


def _loads(pools: dict[str, Pool]) -> dict[str, Any]:
    """How the engines did since this was asked before, as they say themselves: by role, of those that say it."""
    loads = {role: pool.take_load() for role, pool in pools.items()}
    found = {role: load for role, load in loads.items() if load is not None}
    return {"engines": found} if found else {}


def _dataset(pass_: Pass, run: RunDir, config: Config, pools: dict[str, Pool], board: Any) -> "ray.data.Dataset":
    pipeline = config.pipeline
    state = run.state(pass_.name)
    dataset = ray.data.read_parquet(str(run.dataset(pass_.reads[0]))).select_columns(list(pass_.columns))
    context = dataset.context
    context.checkpoint_config = CheckpointConfig(
        id_column="id", checkpoint_path=str(state / "checkpoint"), delete_checkpoint_on_success=False
    )
    context.max_errored_blocks = 0
    context.actor_task_retry_on_errors = False
    # Strictly: Ray reads a small dataset as twice as many blocks as the cluster has CPUs, each of some rows only.
    blocks = dataset.repartition(target_num_rows_per_block=pipeline.rows_per_block, strict=True)
    with warnings.catch_warnings():  # `ray_remote_args_fn` is to go in Ray 2.64, which has no other way for retries yet
        warnings.simplefilter("ignore", DeprecationWarning)
        return blocks.map_batches(
            Worker,
            fn_constructor_kwargs=dict(
                name=pass_.name,
                method=config.method,
                corpus=config.corpus,
                clients={role: pool.client(pipeline.max_retries) for role, pool in pools.items()},
                journal=str(state / "journal"),
                facts=str(run.dataset("facts")) if pass_.name == "verify" else None,
                recorded={role: str(folder) for role, folder in run.recorded_chains().items()},
                verdicts=str(run.known_verdicts()),
                board=board,
            ),
            batch_size=min(BATCH_ROWS, pipeline.rows_per_block),  # of a larger one Ray Data would make larger blocks
            batch_format="pyarrow",
            zero_copy_batch=True,
            num_cpus=0.01,  # workers wait for engines; they must not take the cores the engines need
            compute=ray.data.ActorPoolStrategy(size=pipeline.workers),
            ray_remote_args_fn=_Retries(pipeline.max_retries),
        )


class _Retries:
    """Finite retries of a worker's blocks: Ray Data's own default is to try for ever, also what kills the worker.

    Restarts stay unlimited (each death costs a retry of some block, so they end too): a finite number makes Ray
    complain on every start that the worker's arguments are in the object store.
    """

    def __init__(self, times: int):
        self._times = times

    def __call__(self) -> dict[str, Any]:
        return {"max_task_retries": self._times}


def summarize(pass_: Pass, output: Path, config: Config) -> dict[str, Any]:
    """Rows by status, what the pass counts in them, and usage of a finished dataset, in money too where it has a price.
    """
    status_column = "status" if "status" in pass_.written_columns() else "dropped_because"
    statuses: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    usage: dict[str, Counter[str]] = defaultdict(Counter)
    columns = [status_column, "usage", *pass_.counted]
    for path in sorted(output.glob("*.parquet")):
        for batch in pq.ParquetFile(path).iter_batches(batch_size=1024, columns=columns):
            for row in batch.to_pylist():
                statuses[(row[status_column] or "kept").split(":", 1)[0]] += 1
                counts.update(pass_.counters(row))
                for spent in row["usage"]:
                    names = ("calls", "prompt_tokens", "completion_tokens", "cached_tokens", "wrapped")
                    usage[f"{spent['role']}/{spent['step']}"].update({name: spent[name] for name in names})
    return {
        "rows": statuses.total(), "status": dict(statuses), "counts": dict(counts),
        "usage": {who: {**sums, **_money(getattr(config, who.split("/")[0]), sums)} for who, sums in usage.items()},
    }


def in_flight(counts: Mapping[str, int], seconds: float) -> dict[str, Any]:
    """How full the engines were in this life of a pass: the most requests under way at once, and the mean number of
    sequences under way at each role, which by Little's law is the time that all took over the time there was."""
    spent = {name.partition("/")[2]: ms for name, ms in counts.items() if name.startswith("sequence_ms/")}
    means = {role: round(ms / 1000 / seconds, 1) for role, ms in sorted(spent.items())}
    return {"peak_in_flight": counts.get("peak_in_flight", 0), "sequences_in_flight": means}


def _money(engine: EngineConfig, spent: Mapping[str, int]) -> dict[str, float]:
    price = engine.price_per_million
    if price is None:
        return {}
    return {"money": round(price.of(*(spent[f"{kind}_tokens"] for kind in ("prompt", "cached", "completion"))), 6)}


def _bind(state: Path, output: Path, fingerprint: str) -> None:
    """Keeps state and output of an unfinished pass only if they are of this very pass."""
    bound = state / "fingerprint.json"
    if bound.is_file() and json.loads(bound.read_text())["fingerprint"] == fingerprint:
        return
    try:
        fresh_folder(output)
        fresh_folder(state)
    except OSError as e:
        raise explain_os_error(e, output) from e
    write_json(bound, {"fingerprint": fingerprint})


def _rows(dataset: Path) -> int:
    return sum(pq.read_metadata(f).num_rows for f in dataset.glob("*.parquet"))


def _check_conserved(pass_: Pass, source: Path, output: Path) -> None:
    """Every id that was read is written exactly once; anything else must never go unseen."""
    read, written = (ids_of(dataset.glob("*.parquet")) for dataset in (source, output))
    read.sort()  # in place: there may be many
    written.sort()
    if not np.array_equal(read, written) or (read[1:] == read[:-1]).any():
        distinct, missing = len(np.unique(written)), len(np.setdiff1d(read, written))
        raise PassError(
            f"The pass {pass_.name} read {len(read)} rows and wrote {len(written)} ({distinct} distinct, {missing} "
            f"missing) in {output}. Each must be there once; delete {output.parent / '.state' / pass_.name} and run "
            "again to redo the pass."
        )


def _explain(pass_: Pass, output: Path, error: Exception) -> DgrcError:
    """The cause under Ray's wrapping, in words."""
    ours = own_error(error)
    if ours is not None:
        return ours
    for cause in causes(error):
        if isinstance(cause, OSError) and cause.errno in DISK_REFUSES:
            return explain_os_error(cause, output)
        if isinstance(cause, ray.exceptions.OutOfMemoryError):
            return PassStoppedError(WANT_OF_MEMORY.format(name=pass_.name, path=output))
    text = str(error)
    if "No space left on device" in text:
        return explain_os_error(OSError(errno.ENOSPC, "No space left on device"), output)
    last = text.strip().splitlines()[-1] if text.strip() else type(error).__name__
    return PassStoppedError(
        f"The pass {pass_.name} stopped: {last} What it finished is safe: run the same command again to go on, "
        "or with --debug to see the whole trace."
    )

