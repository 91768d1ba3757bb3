"""The file of marks: a mark in, a line appended; the file in, what stands by now out.

Several viewers may write to it, on several machines that share a disk. So nothing in it is ever changed: a lock is held
while one line is appended, and the last line on a text stands. A line that a crash tore is counted and left behind.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from dgrc.errors import RunDirError
from dgrc.storage.atomic import write_text
from dgrc.storage.marks.record import NONE, Key, Mark, parsed
from dgrc.storage.objectstore.runs import origin_of
from dgrc.storage.run_dir import RunDir

MARKS, MARKS_LOCK = "marks.jsonl", ".marks.lock"
PATIENCE_S, LONGEST_LINE = 10.0, 1 << 18


@dataclass(frozen=True)
class Standing:
    """What stands by now: the last mark on each text, those that were taken back left out.

    Attributes:
        marks: By what they are about.
        unreadable: Lines that are no marks.
        first_problem: What is wrong with the first of them, and where it stands.
    """

    marks: dict[Key, Mark] = field(default_factory=dict)
    unreadable: int = 0
    first_problem: str = ""

    def of(self, what: str, id_: int, chain: int | None) -> list[Mark]:
        """The marks on all texts that an atom or a chain has had."""
        return [mark for mark in self.marks.values() if (mark.what, mark.id, mark.chain) == (what, id_, chain)]


def marks_of(run: RunDir) -> Path:
    """The file of a run, for all its rounds."""
    return run.root / MARKS


def used_of(run: RunDir) -> Path:
    """The marks that the round's curriculum was made with; there is no such file where it was made without."""
    return run.round() / "marks-used.jsonl"


def append(run: RunDir, mark: Mark) -> None:
    """Adds a mark to the run's own file, durably.

    Raises:
        RunDirError: the folder cannot be written, or somebody else holds the file.
    """
    line, lock = mark.line().encode(), run.root / MARKS_LOCK
    try:
        with FileLock(lock, timeout=PATIENCE_S), open(marks_of(run), "a+b") as file:
            if file.tell() and os.pread(file.fileno(), 1, file.tell() - 1) != b"\n":
                line = b"\n" + line  # what was torn stays a line of its own
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except Timeout as e:
        raise RunDirError(
            f"The mark was not kept: another process has held {lock} for more than {PATIENCE_S:.0f} s. Try it again; "
            "if nobody works on these marks, delete that file."
        ) from e
    except OSError as e:
        raise RunDirError(f"The mark was not kept: writing to {marks_of(run)} failed: {e.strerror or e}.") from e


def refusal(run: RunDir) -> str:
    """Why no marks can be kept; "" where nothing speaks against it."""
    if (origin := origin_of(run)) is not None:
        return f"{origin.url} is on an object store, where no line can be added to a file; copy it to a disk to mark it"
    file = marks_of(run)
    if file.exists() and not file.is_file():
        return f"{file} is no file"
    places = (run.root, file) if file.exists() else (run.root,)
    return next((f"{place} cannot be written" for place in places if not os.access(place, os.W_OK)), "")


def read(file: Path) -> Standing:
    """What stands by a file's lines; nothing if there is no file.

    Raises:
        OSError: it cannot be read.
    """
    marks: dict[Key, Mark] = {}
    unreadable, first = 0, ""
    if not file.exists():
        return Standing()
    with open(file, "rb") as lines:
        for number, line in enumerate(iter(lambda: lines.readline(LONGEST_LINE), b""), 1):
            try:
                if line.strip():
                    mark = parsed(json.loads(line))
                    marks.pop(mark.key, None)  # so that the order is that of the last words
                    marks[mark.key] = mark
            except (ValueError, RecursionError) as e:
                unreadable += 1
                first = first or f"line {number}: {e}"
    return Standing({key: mark for key, mark in marks.items() if mark.mark != NONE}, unreadable, first)


def looked_up(run: RunDir) -> tuple[Standing, str]:
    """What stands by the run's own file, and what of it cannot be read, in words; "" if all can."""
    path = marks_of(run)
    try:
        standing = read(path)
    except OSError as e:
        return Standing(), f"{path} cannot be read ({type(e).__name__}: {e})"
    if standing.unreadable:
        return standing, f"{standing.unreadable:,} lines of {path} cannot be read ({standing.first_problem})"
    return standing, ""


def write(file: Path, marks: Iterable[Mark]) -> None:
    """Writes marks as a file of their own, whole."""
    write_text(file, "".join(mark.line() for mark in marks))

