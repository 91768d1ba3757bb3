"""The journal gives back what was paid for, survives torn lines and full disks, and forgets what is committed."""

import errno
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks.chaos.storage import may_mount, storage
from dgrc.engines import journal as module
from dgrc.engines.base import Completion, Sample, failed
from dgrc.engines.journal import Journal, Segment, compact, owners

DONE = Completion((Sample("two words\nand \u2028 a line", "stop", 3),), 7, 2)
NONE = np.empty(0, np.int64)


def put(folder: Path, owner: int, key: int, completion: Completion = DONE) -> None:
    """By a replica that dies afterwards: its segment is never closed."""
    Segment(str(folder)).put(owner, key, completion)


def test_what_was_put_is_there_for_the_next_life(tmp_path: Path) -> None:
    put(tmp_path, 5, -9)
    put(tmp_path, 6, 1, failed("too_long: x"))
    later = Journal(tmp_path)
    assert later.get(5, -9) == DONE
    assert later.get(6, 1) == failed("too_long: x")
    assert later.get(5, 1) is None


def test_a_torn_last_line_is_skipped(tmp_path: Path) -> None:
    segment = Segment(str(tmp_path))
    segment.put(5, -9, DONE)
    segment.close()
    (path,) = tmp_path.glob("*.jsonl")
    whole = path.read_bytes()
    assert whole.endswith(b"\n"), "a segment that is closed gives its room back"
    with pytest.raises(ValueError, match="closed"):
        segment.put(5, -9, DONE)
    for cut in range(1, len(whole), 7):
        for room in (b"", b"\0" * 100):
            path.write_bytes(whole + whole[:cut] + room)
            assert Journal(tmp_path).get(5, -9) == DONE


def test_a_line_that_names_no_row_is_skipped(tmp_path: Path) -> None:
    put(tmp_path, 5, -9)
    (path,) = tmp_path.glob("*.jsonl")
    whole = path.read_bytes().rstrip(b"\0")
    path.write_bytes(whole.replace(b"[5,", b'["five",') + whole.replace(b"[5,", b"[null,") + whole)
    assert compact(tmp_path, np.array([4, 6])) == 1
    assert Journal(tmp_path).get(5, -9) == DONE


def test_a_segment_knows_that_its_journal_was_begun_anew(tmp_path: Path) -> None:
    segment = Segment(str(tmp_path))
    segment.put(5, -9, DONE)
    assert not segment.is_deleted()
    compact(tmp_path, NONE)
    assert segment.is_deleted()


def test_a_long_segment_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK_BYTES", 50)
    segment = Segment(str(tmp_path))
    for key in range(40):
        segment.put(5, key, DONE)
    assert all(Journal(tmp_path).get(5, key) == DONE for key in range(40))


def test_what_is_written_later_is_found_when_it_is_looked_for(tmp_path: Path) -> None:
    segment = Segment(str(tmp_path))
    segment.put(1, 1, DONE)
    journal = Journal(tmp_path)
    segment.put(2, 2, DONE)
    put(tmp_path, 3, 3)
    assert journal.get(2, 2) is None
    journal.look({(2, 2), (3, 3)})
    assert journal.get(2, 2) == journal.get(3, 3) == DONE
    segment.put(4, 4, DONE)
    segment.put(5, 5, DONE)
    journal.look({(5, 5)})
    assert journal.get(5, 5) == DONE
    assert journal.get(4, 4) is None, "what nobody wants is not kept"


def test_a_full_segment_is_followed_by_another_and_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FULL_BYTES", 500)
    journal, segment = Journal(tmp_path), Segment(str(tmp_path))
    for owner in range(40, 0, -1):
        segment.put(owner, 7, DONE)
    full = [found for path in tmp_path.glob("*.jsonl") if (found := owners(path)) is not None]
    assert len(full) == len(list(tmp_path.glob("*.jsonl"))) - 1 > 3, "its replica still writes to the last one"
    assert sorted(owner for found in full for owner in found) == list(range(41 - sum(map(len, full)), 41))
    assert all((np.diff(found) > 0).all() for found in full)
    journal.look(None)
    for view in (journal, Journal(tmp_path)):
        assert all(view.get(owner, 7) == DONE for owner in range(1, 41))
    assert compact(tmp_path, np.arange(2, 40)) == 2


def test_a_segment_that_goes_while_a_journal_is_read_takes_nothing_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for owner in (1, 2, 3):
        put(tmp_path, owner, 0)
    first, *_ = sorted(tmp_path.glob("*.jsonl"))
    lines = module._lines

    def trimmed(path: Path, start: int) -> Iterator[bytes]:
        first.unlink(missing_ok=True)  # after the folder was listed
        return lines(path, start)

    monkeypatch.setattr(module, "_lines", trimmed)
    journal = Journal(tmp_path)
    assert sum(journal.get(owner, 0) is not None for owner in (1, 2, 3)) == 2


@pytest.mark.skipif(not may_mount(), reason="needs a small file system of its own, which this user may not mount")
def test_a_disk_that_is_full_still_takes_what_is_under_way(tmp_path: Path) -> None:
    long = Completion((Sample("word " * 800, "stop", 800),), 7, 2)
    with storage(tmp_path / "small") as place:
        segment = Segment(str(place.folder))
        segment.put(0, 0, long)
        place.fill()
        for key in range(1, 400):
            segment.put(0, key, long)
        with pytest.raises(OSError, match="No space left"):
            fill(segment, long)
        later = Journal(place.folder)
        assert all(later.get(0, key) == long for key in range(400))


@pytest.mark.skipif(not may_mount(), reason="needs a small file system of its own, which this user may not mount")
def test_a_segment_has_its_room_before_anything_is_bought(tmp_path: Path) -> None:
    with storage(tmp_path / "small") as place:
        first = Segment(str(place.folder))
        place.fill()
        with pytest.raises(OSError, match="No space left"):
            Segment(str(place.folder))
        assert len(list(place.folder.glob("*.jsonl"))) == 1, "nothing is left of the one that had no room"
        first.put(5, 1, DONE)
        assert Journal(place.folder).get(5, 1) == DONE


def test_a_file_system_that_cannot_reserve_is_used_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr("os.posix_fallocate", refuse)
    monkeypatch.setattr(module, "FULL_BYTES", 1)
    segment = Segment(str(tmp_path))
    for key in (1, 2):
        segment.put(5, key, DONE)
    assert all(Journal(tmp_path).get(5, key) == DONE for key in (1, 2))
    assert len(list(tmp_path.glob("*.jsonl"))) == 2, "it is followed by another as anywhere"


@pytest.mark.skipif(not may_mount(), reason="needs a small file system of its own, which this user may not mount")
def test_a_full_segment_goes_on_while_the_disk_has_no_room_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FULL_BYTES", 1)
    with storage(tmp_path / "small") as place:
        segment = Segment(str(place.folder))
        segment.put(0, 0, DONE)
        place.fill()
        for key in range(1, 50):
            segment.put(0, key, DONE)
        (path,) = place.folder.glob("*.jsonl")
        assert owners(path) is None
        assert all(Journal(place.folder).get(0, key) == DONE for key in range(50))
        place.free()
        segment.put(0, 50, DONE)
        assert len(list(place.folder.glob("*.jsonl"))) == 2 and owners(path) is not None


def fill(segment: Segment, completion: Completion) -> None:
    for key in range(400, 5000):
        segment.put(0, key, completion)


def test_compact_drops_the_committed_and_merges_the_rest(tmp_path: Path) -> None:
    for owner in (1, 2, 3):
        put(tmp_path, owner, 0)
    assert compact(tmp_path, np.array([-7, 0, 2, 4])) == 2
    assert len(list(tmp_path.glob("*.jsonl"))) == 1
    later = Journal(tmp_path)
    assert [later.get(o, 0) is not None for o in (1, 2, 3)] == [True, False, True]


def test_compact_of_nothing_is_nothing(tmp_path: Path) -> None:
    assert compact(tmp_path / "absent", NONE) == 0
