"""Files read by several processes at once: paths in, `Part`s out, in the order of the paths.

A worker is told files on its standard input, a line of JSON each, and answers with their parts on its standard output
(`_write`). It waits where nobody takes them, so that what is held does not grow, and ends when whoever began it is
gone, for both are pipes.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from types import TracebackType
from typing import IO, Any

import numpy as np
import pyarrow as pa

from dgrc.view.index.parts import UNREADABLE, Part, parts_of
from dgrc.view.index.postings import Postings
from dgrc.view.index.streams import STREAMS, Stream

WORKERS, AHEAD = 2, 2
"""Processes, each of which takes about as much memory as the index does, and files that one is told in advance."""
WORTH = 8 << 20
"""Bytes of files from which on it is worth to begin processes."""
Read = Iterator[tuple[str, Iterator[int | Part]]]
"""Paths, each with the number of its rows and its parts."""


def read(stream: Stream, wanted: dict[str, int]) -> Read:
    """Files of a stream, read in this process, each from a row on."""
    for path, taken in wanted.items():
        yield path, parts_of(stream, path, taken)


def useful() -> bool:
    """Whether this process may use more than one core."""
    return len(os.sched_getaffinity(0)) > 1


class Workers:
    """Processes that read; they are begun at once."""

    def __init__(self) -> None:
        self._processes = [
            subprocess.Popen(
                [sys.executable, "-m", "dgrc.view.index.workers"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                start_new_session=True,  # what a terminal interrupts is the process that reads from them
            )
            for _ in range(WORKERS)
        ]  # fmt: skip

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, at: TracebackType | None) -> None:
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.communicate()

    def read(self, stream: Stream, wanted: dict[str, int]) -> Read:
        """Files of a stream, each from a row on.

        Raises:
            EOFError: a process is gone; those that are left are of no use any more.
        """
        files = list(wanted.items())
        told = 0
        for number, (path, _) in enumerate(files):
            while told < min(len(files), number + AHEAD * WORKERS):
                self._tell(told, (stream.name, *files[told]))
                told += 1
            yield path, self._answers(number)

    def _tell(self, number: int, file: tuple[str, str, int]) -> None:
        pipe = self._processes[number % WORKERS].stdin
        assert pipe is not None
        try:
            pipe.write(f"{json.dumps(file)}\n".encode())
            pipe.flush()
        except BrokenPipeError as e:
            raise EOFError(str(e)) from e

    def _answers(self, number: int) -> Iterator[int | Part]:
        pipe = self._processes[number % WORKERS].stdout
        assert pipe is not None
        while (answer := _taken(pipe)) is not None:
            yield answer


def _taken(pipe: IO[bytes]) -> int | Part | None:
    """The next answer: how many rows a file has, a part of it, or None behind the last.

    Raises:
        EOFError: the worker is gone.
        ValueError: what kept the file from being read, by the name that it had there.
    """
    answer, *blobs = _read(pipe)
    if isinstance(answer, dict) and "trouble" in answer:
        raise type(answer["trouble"], (ValueError,), {})(answer["words"])
    return _part(answer, blobs) if isinstance(answer, dict) else answer


def _write(pipe: IO[bytes], said: Any, *blobs: bytes) -> None:
    """A line of sizes, then JSON (ASCII, in which lone surrogates stand as well), then bytes as they are."""
    pieces = [json.dumps(said).encode(), *blobs]
    pipe.write(f"{json.dumps([len(piece) for piece in pieces])}\n".encode())
    for piece in pieces:
        pipe.write(piece)


def _read(pipe: IO[bytes]) -> list[Any]:
    """What `_write` wrote."""
    try:
        sizes = json.loads(pipe.readline())
    except ValueError as e:  # cut off
        raise EOFError(str(e)) from e
    pieces = [pipe.read(size) for size in sizes]
    if [len(piece) for piece in pieces] != sizes:
        raise EOFError("cut off")
    return [json.loads(pieces[0]), *pieces[1:]]


def _send(pipe: IO[bytes], part: Part) -> None:
    words = part.words
    plain = {
        "size": part.size, "ids": part.ids, "lines": part.lines, "one": part.one, "numbers": part.numbers,
        "many": {name: [sorted(names) for names in rows] for name, rows in part.many.items()},
        "pairs": part.pairs, "usage": part.usage, "words": None if words is None else words.words,
    }  # fmt: skip
    arrays = () if words is None else (words.counts.astype("i8").tobytes(), words.rows.astype("u2").tobytes())
    _write(pipe, plain, part.kept, *arrays)


def _part(plain: dict[str, Any], blobs: list[bytes]) -> Part:
    kept, *arrays = blobs
    words = None
    if arrays:
        words = Postings(plain["words"], np.frombuffer(arrays[0], "i8"), np.frombuffer(arrays[1], "u2"))
    return Part(
        plain["size"], plain["ids"], plain["lines"], plain["one"],
        {name: [frozenset(names) for names in rows] for name, rows in plain["many"].items()},
        plain["numbers"], [(one, other) for one, other in plain["pairs"]], Counter(plain["usage"]), words, kept,
    )  # fmt: skip


def main() -> None:
    """Answers until nobody asks any more."""
    pa.set_memory_pool(pa.system_memory_pool())  # Arrow's own keeps 50 MB for later
    streams = {stream.name: stream for stream in STREAMS}
    try:
        for line in sys.stdin.buffer:
            name, path, taken = json.loads(line)
            _answer(streams[name], path, taken)
    except BrokenPipeError:
        os._exit(0)  # whoever wanted it is gone, and so is the pipe that Python would flush


def _answer(stream: Stream, path: str, taken: int) -> None:
    """The rows of a file and their parts, and None after them; or what kept it from being read."""
    pipe = sys.stdout.buffer
    try:
        for part in parts_of(stream, path, taken):
            if isinstance(part, int):
                _write(pipe, part)
            else:
                _send(pipe, part)
    except BrokenPipeError:
        raise
    except UNREADABLE as e:
        _write(pipe, {"trouble": type(e).__name__, "words": str(e)[:500]})
    else:
        _write(pipe, None)
    pipe.flush()


if __name__ == "__main__":
    main()
