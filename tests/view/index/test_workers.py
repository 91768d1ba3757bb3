"""Processes that read for the index: the same index, whatever becomes of them."""

import dataclasses
import io
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dgrc.storage.run_dir import RunDir
from dgrc.view.index import build as building
from dgrc.view.index import workers
from dgrc.view.index.build import build
from dgrc.view.index.parts import Part
from dgrc.view.index.postings import Postings
from dgrc.view.index.streams import STREAMS
from dgrc.view.index.tables import TABLES, forget, place_of
from tests.view.made import write_run


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    return write_run(tmp_path / "runs" / "r")


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> list[workers.Workers]:
    """Has processes begun whatever the size and the machine, and tells which."""
    begun: list[workers.Workers] = []

    class Watched(workers.Workers):
        def __init__(self) -> None:
            super().__init__()
            begun.append(self)

    monkeypatch.setattr(building, "WORTH", 0)
    monkeypatch.setattr(building, "useful", lambda: True)
    monkeypatch.setattr(building, "Workers", Watched)
    return begun


def content(run: RunDir) -> dict[str, list[tuple[object, ...]]]:
    db = sqlite3.connect(place_of(run))
    try:
        return {table: db.execute(f"select * from {table} order by 1, 2, 3").fetchall() for table in TABLES}
    finally:
        db.close()


def made_alone(run: RunDir) -> dict[str, list[tuple[object, ...]]]:
    """What the index is that one process makes; it is deleted again."""
    assert build(run)
    found = content(run)
    forget(place_of(run))
    return found


def test_the_index_is_the_same_and_nobody_is_left(run: RunDir, many: list[workers.Workers]) -> None:
    bad = sorted(run.dataset("cases").glob("*.parquet"))[1]
    bad.write_bytes(bad.read_bytes()[:100])
    with pytest.MonkeyPatch.context() as alone:
        alone.setattr(building, "useful", lambda: False)
        wanted = made_alone(run)
    assert many == []
    assert build(run)
    assert content(run) == wanted and len(wanted["files"]) > 10
    assert [row[1] for row in wanted["files"] if row[-1]] == [str(bad)]
    assert len(many) == 1 and all(process.returncode is not None for process in many[0]._processes)


@pytest.mark.parametrize("after", [0, 2])
def test_where_one_is_killed_the_rest_is_read_without_them(
    run: RunDir, many: list[workers.Workers], monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    with pytest.MonkeyPatch.context() as alone:
        alone.setattr(building, "useful", lambda: False)
        wanted = made_alone(run)
    tell, told = workers.Workers._tell, 0

    def killing(self: workers.Workers, number: int, file: tuple[str, str, int]) -> None:
        nonlocal told
        if file[0] == "cases":
            if told == after:
                self._processes[0].kill()
                self._processes[0].wait()
            told += 1
        tell(self, number, file)

    monkeypatch.setattr(workers.Workers, "_tell", killing)
    assert build(run)
    assert after < told
    assert content(run) == wanted


def test_little_is_read_by_one_process(
    run: RunDir, many: list[workers.Workers], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "WORTH", 1 << 30)
    assert build(run)
    assert many == []


@pytest.fixture
def reader(run: RunDir) -> Iterator[subprocess.Popen[str]]:
    """A process that has begun to read, and waits with its workers."""
    script = (
        "import sys, time\n"
        "from dgrc.view.index.streams import STREAMS\n"
        "from dgrc.view.index.workers import Workers\n"
        "with Workers() as workers:\n"
        "    files = dict.fromkeys(sys.argv[1:], 0)\n"
        "    _, parts = next(workers.read(STREAMS[1], files))\n"
        "    print(next(parts), *(process.pid for process in workers._processes), flush=True)\n"
        "    time.sleep(600)\n"
    )
    files = map(str, sorted(run.dataset("cases").glob("*.parquet")))
    process = subprocess.Popen([sys.executable, "-c", script, *files], stdout=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.communicate()


def test_they_end_when_whoever_began_them_is_killed(reader: subprocess.Popen[str]) -> None:
    assert reader.stdout is not None
    rows, *pids = map(int, reader.stdout.readline().split())
    assert rows == 2 and len(pids) == workers.WORKERS
    there = [psutil.Process(pid) for pid in pids]
    os.kill(reader.pid, signal.SIGKILL)
    assert psutil.wait_procs(there, timeout=60)[1] == []


def test_every_stream_is_read_as_it_is_here(run: RunDir) -> None:
    from dgrc.view.index.files import files_of

    with workers.Workers() as processes:
        for stream in STREAMS:
            wanted = dict.fromkeys(files_of(run, stream.name), 0)
            here, there = (
                [(path, [part if isinstance(part, int) else part.ids for part in parts]) for path, parts in found]
                for found in (workers.read(stream, wanted), processes.read(stream, wanted))
            )
            assert here == there and here


@pytest.mark.parametrize("damage", [b"PAR1 no", b"", None])
def test_a_file_that_cannot_be_read_is_noted_as_one_process_notes_it(
    run: RunDir, many: list[workers.Workers], monkeypatch: pytest.MonkeyPatch, damage: bytes | None
) -> None:
    file = run.dataset("cases") / "part-00001.parquet"
    if damage is None:  # of another form: a column holds what it never does
        pq.write_table(pa.table({"id": ["no id"], "text": [7]}), file)
    else:
        file.write_bytes(damage)
    with monkeypatch.context() as one:
        one.setattr(building, "useful", lambda: False)
        alone = made_alone(run)
    assert build(run) and many and content(run) == alone
    assert sum(row[-1] is not None for row in alone["files"]) == 1


def test_any_text_comes_over_as_it_is() -> None:
    text = "\ud800 \x00\u2028 时效 \U0001f600 \\n\n"
    words = Postings([text, "b"], np.array([2, 1]), np.array([0, 1, 1], "u2"))
    part = Part(
        7, [-(2**63), 5], [text, ""], {"status": [text, ""]}, {"read_by": [frozenset((text, "a")), frozenset()]},
        {"tokens": [0, 2**32 - 1]}, [(1, 2**62)], Counter({text: 3}), words, b"\x00\n[kept",
    )  # fmt: skip
    pipe = io.BytesIO()
    workers._send(pipe, part)
    workers._write(pipe, None)
    pipe.seek(0)
    came = workers._taken(pipe)
    assert isinstance(came, Part) and came.words is not None and workers._taken(pipe) is None
    assert came.words.words == words.words
    assert came.words.counts.tolist() == [2, 1] and came.words.rows.tolist() == [0, 1, 1]
    assert dataclasses.replace(came, words=None) == dataclasses.replace(part, words=None)
    for cut in range(1, len(pipe.getvalue()) - 8, 7):
        with pytest.raises(EOFError):
            workers._taken(io.BytesIO(pipe.getvalue()[:cut]))
