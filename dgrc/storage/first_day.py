"""The day a run began, which is the date that its models are told, by whatever start of it: a run in, its day out.

Chat templates that write the date (Llama 3.2's, gpt-oss's) would make other prompts of the same messages every day.
"""

import datetime
import json

from dgrc.storage.atomic import write_text
from dgrc.storage.run_dir import RunDir

FILE = ".first-day"


def first_day(run: RunDir) -> datetime.date:
    """The day of a run's first start; it is today, and is noted, if nothing says another."""
    path = run.root / FILE
    if path.is_file():
        return datetime.date.fromisoformat(path.read_text(encoding="utf-8").strip())
    day = _of_manifest(run) or datetime.datetime.now(tz=datetime.UTC).date()
    write_text(path, f"{day.isoformat()}\n")
    return day


def _of_manifest(run: RunDir) -> datetime.date | None:
    """What a complete run says, one that was published and fetched say."""
    if not run.manifest_file.is_file():
        return None
    said = json.loads(run.manifest_file.read_text(encoding="utf-8")).get("first_day")
    return datetime.date.fromisoformat(said) if said else None
