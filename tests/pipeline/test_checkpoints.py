"""A journal loses the segments that nobody will ask for again, and no other."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dgrc.engines import journal
from dgrc.engines.base import Completion, Request, Sample
from dgrc.pipeline import graph
from dgrc.pipeline.checkpoints import Commits, Trimmer
from tests import scripts
from tests.pipeline.conftest import curate_here, scripted_config, write_questions

DONE = Completion((Sample("yes", "stop", 1),), 7, 2)


def commit(folder: Path, name: str, *ids: int) -> None:
    folder.mkdir(exist_ok=True)
    pq.write_table(pa.table({"id": pa.array(ids, pa.int64())}), folder / f"{name}.parquet")


def test_commits_are_read_as_they_come_and_pending_ones_are_none(tmp_path: Path) -> None:
    found = Commits(tmp_path)
    assert found.look().tolist() == []
    commit(tmp_path, "none")
    assert found.look().tolist() == []
    commit(tmp_path, "a", 5, -3)
    commit(tmp_path, "b.pending", 4)
    assert found.look().tolist() == [-3, 5]
    (tmp_path / "b.pending.parquet").rename(tmp_path / "b.parquet")
    assert found.look().tolist() == found.ids.tolist() == [-3, 4, 5]
    commit(tmp_path, "c", 5, -8, 6)
    assert found.look().tolist() == [-8, -3, 4, 5, 6], "one that is committed twice is one"


def test_a_segment_goes_when_it_is_full_and_all_of_it_is_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "FULL_BYTES", 200)  # two lines
    folder = tmp_path / "journal"
    folder.mkdir()
    segment = journal.Segment(str(folder))
    for owner in (9, 2, 3, 2, 5):
        segment.put(owner, owner, DONE)
    trimmer = Trimmer(folder, Commits(tmp_path / "checkpoint"))

    def left() -> set[int]:
        trimmer.trim()
        known = journal.Journal(folder)
        return {owner for owner in (2, 3, 5, 9) if known.get(owner, owner)}

    assert left() == {2, 3, 5, 9}
    commit(tmp_path / "checkpoint", "a", 1, 2, 9)
    assert left() == {2, 3, 5}, "9 and 2 are a segment, 3 and 2 the next"
    commit(tmp_path / "checkpoint", "b", 5)
    assert left() == {2, 3, 5}, "a replica may still write where 5 is"
    commit(tmp_path / "checkpoint", "c", 3)
    assert left() == {5}


def filling(request: Request) -> list[str]:
    """The teacher, whose segments are full at once."""
    journal.FULL_BYTES = 400
    return scripts.teacher(request)


@pytest.mark.usefixtures("ray_here")
def test_the_journal_of_a_pass_does_not_grow_with_the_corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "TRIM_EVERY_S", 0.2)
    gone, trim = set[Path](), Trimmer.trim

    def noted(self: Trimmer) -> None:
        before = set(self._folder.glob("*.jsonl"))
        trim(self)
        gone.update(before - set(self._folder.glob("*.jsonl")))

    monkeypatch.setattr(Trimmer, "trim", noted)
    config = scripted_config(tmp_path, write_questions(tmp_path / "q.jsonl", 60))
    teacher = config.teacher.model_copy(update={"script": f"{__name__}:filling"})
    _, reports, _ = curate_here(config.model_copy(update={"teacher": teacher}))
    assert reports["gather"]["rows"] == reports["verify"]["rows"] == 60
    assert len({path.parent for path in gone}) > 1 and len(gone) > 15, "in more than one pass"
