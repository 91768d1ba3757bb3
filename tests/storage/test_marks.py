"""Marks on disk: what a line must be, that the last one stands, torn lines, several writers, and that no run is damaged
by them."""

import json
import multiprocessing
from pathlib import Path
from typing import Any

import pytest

from dgrc.errors import RunDirError
from dgrc.storage.manifest import file_hashes
from dgrc.storage.marks.file import MARKS_LOCK, append, marks_of, read, refusal
from dgrc.storage.marks.record import Mark, atom_sha, chain_sha, parsed
from dgrc.storage.run_dir import RunDir

ATOM = Mark("atom", -7, None, 1, "wrong", "it is six", "six months", "2026-01-01T00:00:00+00:00", "a" * 64, True)
CHAIN = Mark("chain", 1 << 62, 2, 1, "right", "", None, "2026-01-01T00:00:00+00:00", "b" * 64, None)


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    (tmp_path / "r").mkdir()
    return RunDir(tmp_path / "r")


def changed(mark: Mark, /, **fields: Any) -> Mark:
    return parsed({**json.loads(mark.line()), **fields})


def test_the_last_mark_on_a_text_stands_and_none_takes_it_back(run: RunDir) -> None:
    assert read(marks_of(run)).marks == {}
    for mark in (CHAIN, ATOM, changed(CHAIN, mark="wrong"), changed(ATOM, sha="c" * 64, mark="right", answer=None)):
        append(run, mark)
    standing = read(marks_of(run))
    assert [mark.mark for mark in standing.of("chain", 1 << 62, 2)] == ["wrong"]
    assert {mark.sha[0]: mark.mark for mark in standing.of("atom", -7, None)} == {"a": "wrong", "c": "right"}
    append(run, changed(ATOM, mark="none", answer=None))
    assert [mark.sha[0] for mark in read(marks_of(run)).of("atom", -7, None)] == ["c"]
    assert len(marks_of(run).read_text().splitlines()) == 5  # nothing is ever changed


@pytest.mark.parametrize("torn", [b'{"what": "at', b"\xff\xfe", b"[" * 5000, b'{"what": "atom"}', b"x" * (1 << 19)])
def test_a_torn_line_is_counted_and_the_next_one_is_whole(run: RunDir, torn: bytes) -> None:
    append(run, ATOM)
    with open(marks_of(run), "ab") as file:
        file.write(torn)
    append(run, CHAIN)
    standing = read(marks_of(run))
    assert set(standing.marks) == {ATOM.key, CHAIN.key} and standing.unreadable >= 1
    assert standing.first_problem.startswith("line 2: ")


@pytest.mark.parametrize(
    "fields",
    [
        {"what": "case"}, {"mark": "maybe"}, {"id": 7}, {"id": "7x"}, {"id": "9" * 20}, {"id": "²"}, {"chain": 1},
        {"round": True}, {"round": -1}, {"note": None}, {"note": "x" * 4001}, {"note": "\ud800"}, {"answer": 6},
        {"mark": "right"}, {"kept": 1}, {"more": 1}, {"what": "chain", "answer": None},
    ],
)  # fmt: skip
def test_what_is_no_mark_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        changed(ATOM, **fields)


def test_an_answer_is_one_line_and_ids_keep_their_64_bits() -> None:
    assert changed(ATOM, answer=" six\n months ").answer == "six months" and changed(ATOM, answer=" ").answer is None
    assert parsed(json.loads(CHAIN.line())) == CHAIN and json.loads(CHAIN.line())["id"] == str(1 << 62)


def test_hashes_tell_texts_apart() -> None:
    assert len({chain_sha("", "ab"), chain_sha("a", "b"), atom_sha("a", "b", ""), atom_sha("a", None, "b")}) == 4


def _write(root: Path, first: int) -> None:
    for n in range(first, first + 50):
        append(RunDir(root), changed(CHAIN, chain=n))


def test_two_processes_write_and_no_line_is_lost(run: RunDir) -> None:
    fork = multiprocessing.get_context("fork")
    writers = [fork.Process(target=_write, args=(run.root, first)) for first in (0, 50)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    standing = read(marks_of(run))
    assert len(standing.marks) == 100 and standing.unreadable == 0


def test_where_nothing_can_be_written_it_is_said(run: RunDir) -> None:
    assert refusal(run) == ""
    marks_of(run).mkdir()
    assert refusal(run) == f"{marks_of(run)} is no file"
    with pytest.raises(RunDirError, match=r"The mark was not kept: writing to .*marks\.jsonl failed"):
        append(run, ATOM)


def test_marks_are_no_part_of_what_a_run_consists_of(run: RunDir) -> None:
    (run.root / "evaluation.json").write_text("{}")
    before = file_hashes(run)
    append(run, ATOM)
    assert (run.root / MARKS_LOCK).exists() and file_hashes(run) == before
