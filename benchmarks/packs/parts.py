"""Parts of the measurement on disk, so that what was measured once is not measured again.

A part's name, everything that decides it, and a function that measures it flow in; its JSON flows out, read from the
folder where the same part was measured under the same settings before.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dgrc.storage.atomic import write_json


class Parts:
    """A folder with one file a part.

    Args:
        folder: Where the files are; made if it is not there.
        settings: What decides all parts: models, problems, seed.
        say: Takes one line for the user at a time.
    """

    def __init__(self, folder: Path, settings: dict[str, Any], say: Callable[[str], None]):
        self.folder = folder
        self._settings = settings
        self._say = say
        folder.mkdir(parents=True, exist_ok=True)

    def has(self, name: str, settings: dict[str, Any]) -> bool:
        """Whether the part was measured under these settings."""
        return self._read(name, settings) is not None

    def get(self, name: str, settings: dict[str, Any], measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The part, measured now if it was not before."""
        if (known := self._read(name, settings)) is not None:
            self._say(f"  {name}: measured before")
            return known
        self._say(f"  {name} ...")
        measured = measure()
        write_json(self._file(name), {"settings": self._digest(settings), "measured": measured})
        return measured

    def _read(self, name: str, settings: dict[str, Any]) -> dict[str, Any] | None:
        try:
            data = json.loads(self._file(name).read_text(encoding="utf-8"))
        except (OSError, ValueError):  # not there, or cut off while it was written
            return None
        return dict(data["measured"]) if data.get("settings") == self._digest(settings) else None

    def _file(self, name: str) -> Path:
        return self.folder / f"{name.replace('/', '-').replace(' ', '-').replace(',', '')}.json"

    def _digest(self, settings: dict[str, Any]) -> str:
        said = json.dumps([self._settings, settings], sort_keys=True, default=str)
        return hashlib.sha256(said.encode()).hexdigest()[:16]


def weights_hash(model: str) -> str | None:
    """A hash of a model directory's weights and settings; None for a model that is not on this disk."""
    files = sorted(path for path in Path(model).glob("*") if path.suffix in (".safetensors", ".json", ".jinja"))
    if not files:
        return None
    whole = hashlib.sha256()
    for path in files:
        with open(path, "rb") as file:
            whole.update(path.name.encode() + hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()[:16]
