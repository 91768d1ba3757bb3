"""An index that has all of a run's round as it is now: a run in, its columns in memory out.

For commands that read a run once and end: they wait until the index is there, where the server of `follow` shows what
there is so far.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dgrc.config import MethodConfig
from dgrc.errors import DgrcError, RunDirError
from dgrc.storage.objectstore.runs import lies_at
from dgrc.storage.run_dir import RunDir
from dgrc.storage.standing import own_settings
from dgrc.view.index.build import build
from dgrc.view.index.files import files_of
from dgrc.view.index.streams import STREAMS
from dgrc.view.index.tables import place_of
from dgrc.view.store import Store

Say = Callable[[str], None]
SAID_FROM = 32 << 20
"""Bytes of a run whose reading takes so long that it is said."""


@contextmanager
def indexed(run: RunDir, say: Say = lambda _: None) -> Iterator[Store]:
    """The index of a run's round, brought up to date first; `say` is told when that may take a while.

    Raises:
        RunDirError: it can be written nowhere.
    """
    if not has_rows(run):
        at = lies_at(run)
        raise RunDirError(
            f"The run {at} has nothing in it yet that could be shown: no questions were read, none was gathered"
            f"{f' in round {run.number}' if run.number > 1 else ''}. `dgrc status {at}` says where it stands, and its "
            "own command, or `dgrc run` with its folder, goes on with it."
        )
    place = place_of(run)
    try:
        store = Store(place)
        try:
            if waiting := store.behind(run):
                if _bytes(run) > SAID_FROM:
                    say(f"reading {waiting:,} files of the run into its index, once ({place})")
                build(run, place, wait=True)
                store.refresh()
            yield store
        finally:
            store.close()
    except DgrcError:
        raise
    except sqlite3.Error as e:
        raise RunDirError(
            f"The index of {lies_at(run)} at {place} cannot be written or read: {e}. Free space on that disk, or "
            "delete that file: it is made again."
        ) from e


def has_rows(run: RunDir) -> bool:
    """Whether there is any file that an index is made of."""
    return any(files_of(run, stream.name) for stream in STREAMS)


def _bytes(run: RunDir) -> int:
    return sum(size for stream in STREAMS for size, _ in files_of(run, stream.name).values())


def method_of(run: RunDir) -> MethodConfig | None:
    """The run's settings of the method, None where they cannot be read."""
    try:
        return own_settings(run).method
    except (DgrcError, OSError, ValueError):
        return None
