"""Keeps every completion on disk before anybody has it, so that tokens are never bought twice.

Ray Data commits whole blocks; a killed driver loses the blocks in flight. Each replica therefore appends what its
engine made to a segment of its own (one JSON line a completion: owner, request key, completion) before it replies:
whoever dies then, the engine, the worker that asked or the driver, the reply is there. A worker asks the journal first,
and again when a replica died on it. The owner is the row's id: a segment that is full goes when all its rows are
committed (`pipeline/checkpoints.py`), `compact` drops the lines of such rows before a pass goes on, and a pass that is
complete removes its journal altogether. So it grows with what is under way, not with the corpus.

Lines go to the operating system as they come: they survive the death of any process, though not a power cut. A segment
reserves room ahead, zeros at its end, so that a disk that runs full still takes what is under way. A line torn by a
kill is skipped when read. The last line of a full segment says so: its replica writes to it no more.
"""

import bisect
import contextlib
import errno
import json
import os
import shutil
import uuid
from collections.abc import Container, Iterator
from pathlib import Path

import numpy as np

from dgrc.engines.base import Completion, completion_from_json, completion_to_json

RESERVE_BYTES = 4 * 2**20
"""Room that a segment takes ahead; there is always half of it, some 500 long replies."""
FULL_BYTES = 16 * 2**20
"""From this size on a segment is full, and its replica begins another. A worker that starts reads all that are left."""
FULL_MARK = b"full\n"
CHUNK_BYTES = 2**18
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
"""What a full disk answers; with anything else a file system says that it cannot reserve."""


class Segment:
    """What one replica writes into one journal, file after file. The folder must be there.

    Raises:
        OSError: the disk has no room for what will be under way.
    """

    def __init__(self, folder: str):
        self.folder = folder
        self._begin()

    def _begin(self) -> None:
        """A new file, its room reserved before anything is bought that must go there."""
        self._file = open(Path(self.folder) / f"{uuid.uuid4().hex}.jsonl", "x+b", buffering=0)  # noqa: SIM115
        self._end = self._room = 0
        self._links = os.fstat(self._file.fileno()).st_nlink
        try:
            self._reserve(RESERVE_BYTES)
        except OSError as e:
            if e.errno not in NO_ROOM:
                return  # a file system that cannot reserve is used all the same
            with contextlib.suppress(OSError):
                os.unlink(self._file.name)
            self._file.close()
            raise

    def is_deleted(self) -> bool:
        """Whether the file is gone from its folder, because its journal was compacted or begun anew."""
        # Held against the number at first: some file systems always say 0.
        return os.fstat(self._file.fileno()).st_nlink < self._links

    def put(self, owner: int, key: int, completion: Completion) -> None:
        """Writes a completion; returns when the operating system has it.

        Raises:
            OSError: the disk takes no more. What was written before is whole.
            ValueError: the segment is closed.
        """
        if self._end >= FULL_BYTES:
            self._begin_another()
        self._append(json.dumps([owner, key, completion_to_json(completion)], ensure_ascii=False).encode() + b"\n")

    def _begin_another(self) -> None:
        old = file, end, _, _ = self._file, self._end, self._room, self._links
        try:
            self._begin()
        except OSError:  # storage takes no more: the old file, which has room left, goes on
            self._file, self._end, self._room, self._links = old
            return
        with contextlib.suppress(OSError):  # without the mark it stays until the pass goes on another time or is done
            os.pwrite(file.fileno(), FULL_MARK, end)
            file.truncate(end + len(FULL_MARK))
        with contextlib.suppress(OSError):
            file.close()

    def _append(self, line: bytes) -> None:
        if self._room - self._end - len(line) < RESERVE_BYTES // 2:
            with contextlib.suppress(OSError):  # a file system that cannot, or a full disk, where the rest must do
                self._reserve(len(line) + RESERVE_BYTES)
        written = 0
        while written < len(line):
            written += os.pwrite(self._file.fileno(), line[written:], self._end + written)
        self._end += len(line)

    def _reserve(self, size: int) -> None:
        os.posix_fallocate(self._file.fileno(), self._end, size)
        self._room = self._end + size

    def close(self) -> None:
        """Gives back the room that was not needed."""
        with contextlib.suppress(OSError):  # what was written is written
            self._file.truncate(self._end)
        with contextlib.suppress(OSError):
            self._file.close()


class Journal:
    """One worker's view of all segments of a pass: as they are at its start, and what it looks for later."""

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._known: dict[tuple[int, int], Completion] = {}
        self._read: dict[str, int] = {}
        for path in sorted(self.folder.glob("*.jsonl")):
            self._known.update(self._new(path))

    def get(self, owner: int, key: int) -> Completion | None:
        """The completion that was paid for, if it was found."""
        return self._known.get((owner, key))

    def look(self, wanted: Container[tuple[int, int]] | None) -> None:
        """Finds those of the (owner, key) wanted, or all, that replicas wrote down since it was last looked."""
        with contextlib.suppress(OSError):  # storage that is away: it is asked for again, and said there
            for path in self.folder.glob("*.jsonl"):
                new = self._new(path)
                self._known.update({found: c for found, c in new if wanted is None or found in wanted})

    def _new(self, path: Path) -> Iterator[tuple[tuple[int, int], Completion]]:
        read = self._read.get(path.name, 0)
        with contextlib.suppress(FileNotFoundError):  # it was full, and all in it is committed
            for line in _lines(path, read):
                self._read[path.name] = read = read + len(line)
                if (parsed := _parse(line)) is not None:
                    yield parsed


def compact(folder: str | Path, committed: np.ndarray) -> int:
    """Rewrites the segments without rows that are committed. Call while no replica writes.

    Args:
        folder: The journal's.
        committed: Owners whose rows are written for good, sorted, (rows,) int64.

    Returns:
        The number of completions kept for the resumed pass.
    """
    folder = Path(folder)
    old = sorted(folder.glob("*.jsonl"))
    if not old:
        return 0
    lines = (line for path in old for line in _lines(path, 0) if not _is_in(_owner(line), committed))
    kept = {parsed[0]: line for line in lines if (parsed := _parse(line))}
    temporary = folder / f"{uuid.uuid4().hex}.tmp"
    try:
        with open(temporary, "wb") as file:
            file.writelines(kept.values())
        os.replace(temporary, temporary.with_suffix(".jsonl"))
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    for path in old:
        path.unlink()
    return len(kept)


def owners(path: Path) -> np.ndarray | None:
    """The rows that a segment holds completions of, sorted int64; None while its replica may write more.

    Raises:
        OSError: it cannot be read.
    """
    with open(path, "rb") as file:
        file.seek(max(0, path.stat().st_size - len(FULL_MARK)))
        if file.read() != FULL_MARK:
            return None
    return np.unique(np.array([id_ for line in _lines(path, 0) if (id_ := _owner(line)) is not None], np.int64))


def _owner(line: bytes) -> int | None:
    """Whose completion a line is, without parsing all of it."""
    try:
        return int(line[1 : line.index(b",")])
    except ValueError:  # torn by a kill in the middle of the write, or the mark of a full segment
        return None


def _is_in(id_: int | None, ids: np.ndarray) -> bool:
    if id_ is None:
        return False
    at = bisect.bisect_left(ids, id_)
    return at < len(ids) and bool(ids[at] == id_)


def remove(folder: str | Path) -> None:
    """Deletes a journal whose pass is complete."""
    shutil.rmtree(folder, ignore_errors=True)


def _lines(path: Path, start: int) -> Iterator[bytes]:
    """Whole lines from a position on. What follows the last one is torn, being written, or room for more."""
    rest = b""
    with open(path, "rb") as file:
        file.seek(start)
        while chunk := file.read(CHUNK_BYTES):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from (line + b"\n" for line in lines)
            if rest.endswith(b"\0"):
                return


def _parse(line: bytes) -> tuple[tuple[int, int], Completion] | None:
    try:
        owner, key, data = json.loads(line)
        return (int(owner), int(key)), completion_from_json(data)
    except (ValueError, TypeError, KeyError):  # torn by a kill in the middle of the write
        return None
