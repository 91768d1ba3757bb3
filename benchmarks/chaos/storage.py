"""Storage that can be made to fail: a small file system of its own where one may be mounted, or else a plain folder."""

import contextlib
import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIZE = "96m"


class Storage:
    """The folder of a run."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self) -> None:
        """Leaves no byte."""
        with open(self._filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"\0" * 4096)

    def free(self) -> None:
        """Makes space again."""
        self._filler.unlink(missing_ok=True)

    def take_away(self, place: Path) -> bool:
        """Puts a file where a folder was, so that nothing in it is to be found; False if there is none."""
        try:
            os.rename(place, place.with_name(f"{place.name}.away"))
        except FileNotFoundError:
            return False
        place.touch()
        return True

    def bring_back(self, place: Path) -> None:
        """The folder as it was."""
        place.unlink(missing_ok=True)
        os.rename(place.with_name(f"{place.name}.away"), place)


@functools.cache
def may_mount() -> bool:
    """Whether this process can mount a file system that is small enough to be filled."""
    with tempfile.TemporaryDirectory() as folder:
        if not _mount(Path(folder)):
            return False
        _unmount(Path(folder))
        return True


@contextmanager
def storage(folder: Path) -> Iterator[Storage]:
    """A new folder for a run; what is in it is gone afterwards."""
    folder.mkdir(parents=True)
    mounted = may_mount() and _mount(folder)
    try:
        yield Storage(folder)
    finally:
        if mounted:
            _unmount(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _mount(folder: Path) -> bool:
    if shutil.which("mount") is None:
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", "-l", str(folder)], check=False, capture_output=True)
