"""Keeps every completion on disk before it is used, so that tokens are never bought twice.

Ray Data commits whole blocks; a killed driver loses the blocks in flight. Each worker appends what
it receives to a segment of its own (one JSON line a completion: owner, request key, completion), and
a resumed pass asks the journal first. The owner is the row's id: `compact` drops the lines of rows
that are committed, and a pass that is complete removes its journal altogether.

Lines are flushed to the operating system as they come: they survive the death of any process, though
not a power cut. A line torn by a kill is skipped when read.
"""

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from dgrc.engines.base import Completion, completion_from_json, completion_to_json


class Journal:
    """One worker's view: reads all segments that exist at its start, writes its own."""

    def __init__(self, folder: str | Path):
        self._known = {(owner, key): completion for owner, key, completion in _read_all(Path(folder))}
        Path(folder).mkdir(parents=True, exist_ok=True)
        self._file = open(Path(folder) / f"{uuid.uuid4().hex}.jsonl", "a", encoding="utf-8")  # noqa: SIM115

    def get(self, owner: int, key: int) -> Completion | None:
        """The completion that was paid for in an earlier life, if any."""
        return self._known.get((owner, key))

    def put(self, owner: int, key: int, completion: Completion) -> None:
        """Writes a completion; returns when the operating system has it."""
        line = json.dumps([owner, key, completion_to_json(completion)], ensure_ascii=False)
        self._file.write(line + "\n")
        self._file.flush()


def compact(folder: str | Path, committed: set[int]) -> int:
    """Rewrites the segments without rows that are committed. Call while no worker writes.

    Returns:
        The number of completions kept for the resumed pass.
    """
    folder = Path(folder)
    old = sorted(folder.glob("*.jsonl"))
    if not old:
        return 0
    kept = {(owner, key): c for owner, key, c in _read_all(folder) if owner not in committed}
    temporary = folder / f"{uuid.uuid4().hex}.tmp"
    with open(temporary, "w", encoding="utf-8") as f:
        for (owner, key), completion in kept.items():
            f.write(json.dumps([owner, key, completion_to_json(completion)], ensure_ascii=False) + "\n")
    os.replace(temporary, temporary.with_suffix(".jsonl"))
    for path in old:
        path.unlink()
    return len(kept)


def remove(folder: str | Path) -> None:
    """Deletes a journal whose pass is complete."""
    shutil.rmtree(folder, ignore_errors=True)


def _read_all(folder: Path) -> Iterator[tuple[int, int, Completion]]:
    for path in sorted(folder.glob("*.jsonl")):
        with open(path, encoding="utf-8", errors="replace") as f:
            for line in f:
                try:
                    owner, key, data = json.loads(line)
                    yield owner, key, completion_from_json(data)
                except (ValueError, TypeError, KeyError):  # torn by a kill in the middle of the write
                    continue
