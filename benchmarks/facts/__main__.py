"""Does the fact index hold up with many atoms? Build time, size on disk, search time and memory.

    python -m benchmarks.facts --atoms 10000000

Atoms are made by rule (eight content words each, drawn with a natural skew), searched with texts of forty words in a
process of its own, so that its memory is that of a worker. Last line of output: one JSON object, recorded in results/.
"""

import json
import multiprocessing
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.shared.record import record
from dgrc.pipeline.index import FactIndex, build_index

WORDS = 200_000
ROWS_A_FILE = 250_000
SEARCHES = 200


@click.command()
@click.option("--atoms", default=10_000_000, show_default=True, help="How many.")
@click.option("--write/--no-write", default=True, help="Record the result.")
def main(atoms: int, write: bool) -> None:
    """Make atoms, index them, search them."""
    folder = Path(tempfile.mkdtemp(prefix="dgrc-facts-"))
    try:
        (folder / "atoms").mkdir()
        for number, table in enumerate(_tables(atoms)):
            pq.write_table(table, folder / "atoms" / f"part-{number:05d}.parquet")
        began = time.monotonic()
        indexed = build_index(folder / "atoms", folder / "facts")
        result: dict[str, Any] = {"atoms": indexed, "build_seconds": round(time.monotonic() - began, 1)}
        size = sum(file.stat().st_size for file in (folder / "facts").rglob("*") if file.is_file())
        result["index_gb"] = round(size / 1e9, 2)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            result |= pool.apply(search, (str(folder / "facts"),))
    finally:
        shutil.rmtree(folder)
    if write:
        record("facts", result, command=f"facts --atoms {atoms}")
    click.echo(json.dumps(result))


def search(folder: str) -> dict[str, Any]:
    """Seconds and memory of a worker's searches."""
    rng = random.Random(1)
    before = _own_memory()
    began = time.monotonic()
    index = FactIndex(folder)
    opened = time.monotonic() - began
    times = []
    for _ in range(SEARCHES):
        words = [_word(rng) for _ in range(40)]
        began = time.monotonic()
        found = index.search(words, 48)
        times.append(time.monotonic() - began)
        assert found, "every text shares a frequent word with some atom"
    private = _own_memory() - before
    return {
        "open_seconds": round(opened, 2),
        "search_ms_median": round(1000 * sorted(times)[SEARCHES // 2], 1),
        "search_ms_p99": round(1000 * sorted(times)[int(0.99 * SEARCHES)], 1),
        "private_memory_gb": round(private / 1e9, 2),
    }


def _own_memory() -> int:
    """Bytes of this process that are no pages of mapped files: those are shared with every other worker."""
    rollup = Path("/proc/self/smaps_rollup").read_text()
    (line,) = [line for line in rollup.splitlines() if line.startswith("Anonymous:")]
    return 1024 * int(line.split()[1])


def _tables(atoms: int) -> Iterator[pa.Table]:
    rng = random.Random(0)
    for start in range(0, atoms, ROWS_A_FILE):
        ids = range(start, min(start + ROWS_A_FILE, atoms))
        questions = [f"What is the {' '.join(_word(rng) for _ in range(8))}?" for _ in ids]
        answers = [_word(rng) for _ in ids]
        kept, dropped = pa.array([True] * len(ids)), pa.nulls(len(ids), pa.string())
        columns = {"id": pa.array(ids, pa.int64()), "question": questions, "answer": answers}
        yield pa.table({**columns, "kept": kept, "dropped_because": dropped})


def _word(rng: random.Random) -> str:
    """Word n is drawn about as often as 1/n, as in natural text."""
    return f"w{int(WORDS ** rng.random())}x"


if __name__ == "__main__":
    from benchmarks.facts.__main__ import main as run  # by its whole name: spawned processes do not import a `__main__`

    run()
