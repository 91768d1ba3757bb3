"""Files read by several processes at once: paths in, `Part`s out, in the order of the paths.

A worker is told files on its standard input and answers with their parts on its standard output, pickled. It waits
where nobody takes them, so that what is held does not grow, and ends when whoever began it is gone, for both are pipes.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from types import TracebackType
from typing import IO

import pyarrow as pa

from dgrc.view.index.parts import Part, parts_of
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
            pickle.dump(file, pipe)
            pipe.flush()
        except BrokenPipeError as e:
            raise EOFError(str(e)) from e

    def _answers(self, number: int) -> Iterator[int | Part]:
        pipe = self._processes[number % WORKERS].stdout
        assert pipe is not None
        while (answer := _taken(pipe)) is not None:
            if isinstance(answer, Exception):
                raise answer
            yield answer


def _taken(pipe: IO[bytes]) -> int | Part | Exception | None:
    try:
        answer: int | Part | Exception | None = pickle.load(pipe)  # noqa: S301 - of a process of ours
    except pickle.UnpicklingError as e:  # cut off
        raise EOFError(str(e)) from e
    return answer


def main() -> None:
    """Answers until nobody asks any more."""
    pa.set_memory_pool(pa.system_memory_pool())  # Arrow's own keeps 50 MB for later
    streams = {stream.name: stream for stream in STREAMS}
    try:
        while True:
            name, path, taken = pickle.load(sys.stdin.buffer)  # noqa: S301 - of the process that began this one
            _answer(streams[name], path, taken)
    except (EOFError, BrokenPipeError):
        os._exit(0)  # whoever wanted it is gone, and so is the pipe that Python would flush


def _answer(stream: Stream, path: str, taken: int) -> None:
    """The rows of a file and their parts, and None after them; or what kept it from being read."""
    said = None
    try:
        for part in parts_of(stream, path, taken):
            pickle.dump(part, sys.stdout.buffer, pickle.HIGHEST_PROTOCOL)
    except BrokenPipeError:
        raise
    except Exception as e:  # noqa: BLE001 - whoever reads from here knows what a file may do
        said = e
    pickle.dump(said, sys.stdout.buffer)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
