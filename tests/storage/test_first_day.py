"""A run's day is that of its first start, whatever day it is by now, and its manifest says it."""

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from dgrc.config.file import make_config
from dgrc.errors import RunDirError
from dgrc.storage import manifest as module
from dgrc.storage.manifest import file_hashes, first_day, read_manifest, write_manifest
from dgrc.storage.run_dir import RunDir
from dgrc.workflow.models import dated


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    class Clock(datetime.datetime):
        day = 28

        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.datetime(2026, 11, cls.day, 23, 59, tzinfo=tz)

    monkeypatch.setattr(module.datetime, "datetime", Clock)
    return Clock


def test_the_first_day_stays_and_the_manifest_says_it(tmp_path: Path, clock: Any) -> None:
    run = RunDir(tmp_path / "r")
    first = first_day(run)
    clock.day = 30
    write_manifest(run, reports={}, seconds={})
    assert first_day(run) == first_day(run.in_round(2)) == first == datetime.date(2026, 11, 28)
    assert read_manifest(run)["first_day"] == "2026-11-28"
    assert file_hashes(run) == {}, "it is no part of the result"
    (run.root / ".first-day").unlink()
    assert first_day(run) == first, "a run that was published and fetched keeps its day"


def test_a_run_that_was_completed_before_there_was_such_a_day_begins_one(tmp_path: Path, clock: Any) -> None:
    run = RunDir(tmp_path)
    run.manifest_file.write_text(json.dumps({"files": {}}))
    assert first_day(run) == datetime.date(2026, 11, 28)


def test_engines_are_told_it_unless_they_name_another(tmp_path: Path, clock: Any) -> None:
    model = {"engine": "scripted", "script": "a:b"}
    config = make_config({"teacher": model | {"day": "2020-02-29"}, "student": model, "verifier": model})
    told = dated(config, RunDir(tmp_path)).engines()
    days = {role: str(engine.day) for role, engine in told.items()}
    assert days == {"teacher": "2020-02-29", "student": "2026-11-28", "verifier": "2026-11-28"}
    identities = [engine.identity() for engine in (*config.engines().values(), *told.values())]
    assert identities[:3] == identities[3:], "what a run made before goes on under another day"


def test_a_day_that_is_none_is_refused_by_its_file(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    (tmp_path / ".first-day").write_text("yesterday\n")
    with pytest.raises(RunDirError, match=r"\.first-day says 'yesterday'.*or delete the file"):
        first_day(run)
