"""Points: named pieces of work that are done once. A folder flows in; files `points/NAME.json`, one a point, flow out.

A point that was killed in the middle has no file, so it is done again, or taken up where the engine underneath can.
"""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dgrc.errors import DgrcError
from dgrc.storage.atomic import write_json
from dgrc.storage.provenance import provenance

Say = Callable[[str], None]
Figures = dict[str, Any]


class Points:
    """The points of a folder that are done."""

    def __init__(self, out: Path):
        self.folder = out / "points"

    def done(self, name: str) -> Figures | None:
        """What a point found; None if it is not done."""
        file = self.folder / f"{name}.json"
        return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else None

    def need(self, name: str) -> Figures:
        """What a point found that another one builds on.

        Raises:
            DgrcError: it is not done.
        """
        found = self.done(name)
        if found is None:
            raise DgrcError(
                f"The point `{name}` is not done yet, and this one builds on it. Run the command without --only, or "
                f"with --only {name} first."
            )
        return found

    def write(self, name: str, figures: Figures, seconds: float) -> Figures:
        """Makes a point done."""
        whole = {"point": name, "seconds": round(seconds, 1), "commit": provenance()["commit"], **figures}
        self.folder.mkdir(parents=True, exist_ok=True)
        write_json(self.folder / f"{name}.json", whole)
        return whole


def run_points(points: Points, work: Sequence[tuple[str, Callable[[], Figures | None]]], say: Say) -> None:
    """Does what is left, in order, with a line at each point's start and end.

    A piece of work returns its figures, or None where it has written its point itself (and others with it).
    """
    for number, (name, do) in enumerate(work, 1):
        where = f"point {number} of {len(work)}: {name}"
        if points.done(name) is not None:
            continue
        say(f"{where}, {time.strftime('%H:%M:%S')}")
        began = time.monotonic()
        figures = do()
        if figures is not None:
            points.write(name, figures, time.monotonic() - began)
        say(f"{where} done in {time.monotonic() - began:.0f} s")


def listing(points: Points, names: Sequence[str]) -> list[str]:
    """A line a point: the seconds that it took, or that it is left; then the sum."""
    done = {name: found for name in names if (found := points.done(name)) is not None}
    lines = [f"{name:<32} " + (f"{done[name]['seconds']:>9,.0f} s" if name in done else "     left") for name in names]
    spent = sum(found["seconds"] for found in done.values())
    return [*lines, f"{len(done)} of {len(names)} points done, {spent / 3600:.2f} hours in all"]
