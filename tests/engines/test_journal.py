"""The journal gives back what was paid for, survives torn lines, and forgets what is committed."""

from pathlib import Path

from dgrc.engines import journal
from dgrc.engines.base import Completion, Sample, failed
from dgrc.engines.journal import Journal

DONE = Completion((Sample("two words\nand \u2028 a line", "stop", 3),), 7, 2)


def test_what_was_put_is_there_for_the_next_life(tmp_path: Path) -> None:
    Journal(tmp_path).put(5, -9, DONE)
    Journal(tmp_path).put(6, 1, failed("too_long: x"))
    later = Journal(tmp_path)
    assert later.get(5, -9) == DONE
    assert later.get(6, 1) == failed("too_long: x")
    assert later.get(5, 1) is None


def test_a_torn_last_line_is_skipped(tmp_path: Path) -> None:
    Journal(tmp_path).put(5, -9, DONE)
    (segment,) = tmp_path.glob("*.jsonl")
    whole = segment.read_bytes()
    for cut in range(1, len(whole), 7):
        segment.write_bytes(whole + whole[:cut])
        assert Journal(tmp_path).get(5, -9) == DONE
        for extra in tmp_path.glob("*.jsonl"):
            if extra != segment:
                extra.unlink()


def test_compact_drops_the_committed_and_merges_the_rest(tmp_path: Path) -> None:
    for owner in (1, 2, 3):
        Journal(tmp_path).put(owner, 0, DONE)
    assert journal.compact(tmp_path, {2}) == 2
    assert len(list(tmp_path.glob("*.jsonl"))) == 1
    later = Journal(tmp_path)
    assert [later.get(o, 0) is not None for o in (1, 2, 3)] == [True, False, True]


def test_compact_of_nothing_is_nothing(tmp_path: Path) -> None:
    assert journal.compact(tmp_path / "absent", set()) == 0
