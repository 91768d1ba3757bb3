"""dgrc itself, sent along with a job: for a working directory that is no checkout.

The installed package flows in, folders for Ray's `py_modules` flow out, laid out as in a wheel, with the configurations
inside. So the nodes run the version that was submitted, whatever their image holds. A checkout brings its own code as
the working directory, and nothing is added to it.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from dgrc.config.shipped import FOLDER, PACKAGE, shipped_folder

ENTRY_POINTS = "ray_jobs"
"""Beside the package, in a checkout as in a wheel."""
IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc")


@contextlib.contextmanager
def sent_along(working_dir: Path) -> Iterator[list[str]]:
    """The folders to send beside a working directory, as long as this is entered; none if it holds the package."""
    if (working_dir / PACKAGE.name / "__init__.py").is_file():
        yield []
        return
    with tempfile.TemporaryDirectory(prefix="dgrc-") as folder:
        package, entry_points = Path(folder) / PACKAGE.name, Path(folder) / ENTRY_POINTS
        shutil.copytree(PACKAGE, package, ignore=IGNORED)
        shutil.copytree(shipped_folder(), package / FOLDER, ignore=IGNORED, dirs_exist_ok=True)
        shutil.copytree(PACKAGE.parent / ENTRY_POINTS, entry_points, ignore=IGNORED)
        yield [str(package), str(entry_points)]
