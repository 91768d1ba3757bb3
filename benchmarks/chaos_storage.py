"""Storage that can be made to fail: a small file system of its own where one may be mounted, or else a plain folder."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIZE = "96m"


class Storage:
    """The folder of a run. `may_fill` is False where no file system could be mounted for it."""

    def __init__(self, folder: Path, may_fill: bool):
        self.folder = folder
        self.may_fill = may_fill
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


@contextmanager
def storage(folder: Path) -> Iterator[Storage]:
    """A new folder for a run; what is in it is gone afterwards."""
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    try:
        mounted = shutil.which("mount") is not None and not subprocess.run(command, capture_output=True).returncode
    except OSError:
        mounted = False
    try:
        yield Storage(folder, mounted)
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)
