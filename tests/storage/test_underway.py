"""What a process notes of its work is read by others, is not written too often, and costs the work nothing."""

import json
import time
from pathlib import Path

import pytest

from dgrc.storage import underway
from dgrc.storage.run_dir import UNDERWAY, RunDir
from dgrc.storage.underway import AskedRole, Note, Notes, read_note


def test_a_note_says_what_is_done_and_left(tmp_path: Path) -> None:
    Notes(RunDir(tmp_path, 2))("gather", 300, 1000, rate=3.5)
    note = read_note(RunDir(tmp_path))
    assert note is not None and abs(note.at - time.time()) < 60
    assert note == Note(2, "gather", 300, 1000, "rows", 3.5, note.at) and note.left_s == 200
    asked = (AskedRole("teacher", 7, 2.5, 90.0, 0.25), AskedRole("student", 0, 0.0, 0.0))
    Notes(RunDir(tmp_path))("gather", 300, 1000, roles=asked)
    noted = read_note(RunDir(tmp_path))
    assert noted is not None and noted.roles == asked
    assert Note(1, "ingest").left_s is None and Note(1, "train", 3, 10).left_s is None


def test_notes_of_one_step_are_seldom_and_a_new_step_is_noted_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes, run = Notes(RunDir(tmp_path)), RunDir(tmp_path)
    notes("gather", 1)
    notes("gather", 2)
    assert read_note(run).done == 1  # type: ignore[union-attr]
    notes("answer", 3)
    assert read_note(run).done == 3  # type: ignore[union-attr]
    monkeypatch.setattr(underway, "EVERY_S", 0.0)
    one_more = notes.counting("evaluate", 2, "replies")
    assert read_note(run).done == 0  # type: ignore[union-attr]
    one_more()
    one_more()
    counted = read_note(run)
    assert counted is not None and (counted.done, counted.total, counted.left_s) == (2, 2, 0) and counted.rate > 0


@pytest.mark.parametrize(
    "said",
    ["", "[]", "{", '{"step": "x", "strange": 1}', json.dumps({"round": 1}),
     '{"round": 1, "step": "x", "done": "many"}', '{"round": 1, "step": "x", "roles": [{"role": 7}]}',
     '{"round": 1, "step": "x", "roles": 5}', "\x00", '{"round": 1, "step": "x", "rate": []}'],
)  # fmt: skip
def test_a_note_that_cannot_be_read_or_written_stops_nobody(tmp_path: Path, said: str) -> None:
    (tmp_path / UNDERWAY).write_text(said)
    assert read_note(RunDir(tmp_path)) is None
    (tmp_path / "file").write_text("")
    Notes(RunDir(tmp_path / "file" / "run"))("gather")
