"""The index of a run: what is read, in which pieces, and what happens when the run goes on, changes or is damaged."""

import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from dgrc.records import Case
from dgrc.storage.manifest import file_hashes
from dgrc.storage.run_dir import RunDir
from dgrc.view.index import segment
from dgrc.view.index.build import build
from dgrc.view.index.files import behind
from dgrc.view.index.tables import connect, place_of
from dgrc.view.store import Store
from tests.view.made import CASES, chain, write, write_run


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    return write_run(tmp_path / "runs" / "r")


def indexed(run: RunDir) -> Store:
    assert build(run)
    return Store(place_of(run))


def rows(store: Store, stream: str) -> int:
    return len(store.tables[stream])


def test_every_row_is_there_with_its_columns_and_texts(run: RunDir) -> None:
    store = indexed(run)
    assert {name: len(table) for name, table in store.tables.items()} == {
        "questions": 7, "cases": 7, "atoms": 4, "verdicts": 7, "cot": 2,
    }  # fmt: skip
    cases = store.tables["cases"]
    assert cases.ids.tolist() == [one.id for one in CASES]
    at = cases.place(CASES[0].id)
    assert at == 0 and cases.place(1) is None and cases.place(1 << 70) is None
    assert store.detail("cases", at)["teacher"][1]["text"] == CASES[0].teacher[1].text
    assert cases.columns["atoms"].tolist() == [2, 1, 1, 1, 0, 0, 0]
    assert cases.columns["agreement"][0] == 50  # two of four chains say C; one that is not read says nothing
    assert cases.usage["teacher/sample/completion_tokens"] == 7 * 900
    assert store.tables["verdicts"].pairs[:, 0].tolist() == [CASES[0].id, CASES[3].id]


def test_what_is_committed_later_is_added_and_nothing_is_read_twice(run: RunDir) -> None:
    store = indexed(run)
    assert not behind(connect(place_of(run)), run) and store.behind(run) == 0
    more = [Case(n, f"new question {n}", (), "agreeing", (chain("x", "A"),), (), (), (), None) for n in (5, 6, 7)]
    write(run.dataset("cases"), Case, more, 2, first=50)
    assert store.behind(run) == 2
    before = store.generation
    assert build(run) and store.refresh() and store.generation == before + 1
    assert rows(store, "cases") == 10 and store.tables["cases"].place(6) == 8
    assert store.words("cases", "new", False).tolist() == [False] * 7 + [True] * 3
    with connect(place_of(run)) as db:
        assert db.execute("select count(*) from segments where stream='cases'").fetchone() == (2,)
        assert db.execute("select count(*) from segments where stream='questions'").fetchone() == (1,)


def test_a_pass_that_was_done_again_is_read_again(run: RunDir) -> None:
    store = indexed(run)
    shutil.rmtree(run.dataset("cases"))
    write(run.dataset("cases"), Case, [Case(9, "another", (), "failed", (), (), (), (), "x: y")])
    assert build(run)
    store.refresh()
    assert store.tables["cases"].ids.tolist() == [9] and rows(store, "questions") == 7
    assert not store.words("cases", "tenant", False).any() and store.words("cases", "another", False).all()
    assert store.tables["cases"].names["status"] == {1: "failed"}


def test_answers_stand_for_atoms_until_these_are_screened(run: RunDir) -> None:
    run.dataset("atoms").rename(run.dataset("answers"))
    store = indexed(run)
    assert rows(store, "atoms") == 4
    shutil.copytree(run.dataset("answers"), run.dataset("atoms"))
    assert store.behind(run)
    assert build(run)
    store.refresh()
    assert rows(store, "atoms") == 4 and not store.behind(run)


def test_a_killed_build_goes_on_where_it_was(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment, "MOST_ROWS", 2)
    told: list[tuple[str, int]] = []

    def killed(stream: str, rows: int) -> None:
        told.append((stream, rows))
        if told[-1] == ("cases", 4):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(run, said=killed)
    half = Store(place_of(run))
    assert rows(half, "questions") == 7 and rows(half, "cases") == 2  # the segment under way is not there
    build(run, said=lambda *far: told.append(far))
    half.refresh()
    assert half.tables["cases"].ids.tolist() == [one.id for one in CASES]
    assert [far for far in told if far[0] == "questions"] == [("questions", n) for n in (2, 4, 6, 7)]
    assert np.flatnonzero(half.words("cases", "时效", False)).tolist() == [1]


def test_a_killed_build_goes_on_within_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = write_run(tmp_path / "r", rows_a_file=100)
    monkeypatch.setattr(segment, "MOST_ROWS", 3)
    monkeypatch.setattr("dgrc.view.index.parts.PART_ROWS", 3)

    def killed(stream: str, rows: int) -> None:
        if (stream, rows) == ("cases", 6):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(run, said=killed)
    monkeypatch.setattr("dgrc.view.index.parts.PART_ROWS", 2)  # what was taken ends within a batch
    assert indexed(run).tables["cases"].ids.tolist() == [one.id for one in CASES]


@pytest.mark.parametrize("damage", ["cut", "empty", "other columns"])
def test_a_file_that_cannot_be_read_is_told_and_the_rest_is_there(run: RunDir, damage: str) -> None:
    bad = sorted(run.dataset("cases").glob("*.parquet"))[1]
    whole = bad.read_bytes()
    if damage == "other columns":
        shutil.copy(sorted(run.dataset("atoms").glob("*.parquet"))[0], bad)
    else:
        bad.write_bytes(whole[: len(whole) // 2] if damage == "cut" else b"")
    store = indexed(run)
    assert rows(store, "cases") == 5 and rows(store, "verdicts") == 7
    ((stream, path, words),) = store.files()
    assert (stream, path) == ("cases", str(bad)) and words
    assert not store.behind(run)  # it is not tried again and again
    bad.write_bytes(whole)
    assert store.behind(run)
    assert build(run)
    store.refresh()
    assert rows(store, "cases") == 7 and store.files() == []


def test_a_run_of_an_earlier_version_lacks_columns_and_is_shown(run: RunDir) -> None:
    import pyarrow.parquet as pq

    for path in run.dataset("cases").glob("*.parquet"):
        pq.write_table(pq.read_table(path).drop_columns(["auditor", "asked", "several"]), path)
    for path in run.dataset("atoms").glob("*.parquet"):
        pq.write_table(pq.read_table(path).drop_columns(["ifd", "judge", "cluster"]), path)
    store = indexed(run)
    assert rows(store, "cases") == 7 and rows(store, "atoms") == 4 and store.files() == []


def test_an_index_that_is_broken_or_of_another_version_is_made_anew(run: RunDir) -> None:
    place = place_of(run)
    place.write_bytes(b"not a database" * 1000)
    assert rows(indexed(run), "cases") == 7
    db = sqlite3.connect(place)
    db.execute("pragma user_version=77")
    db.close()
    assert rows(indexed(run), "cases") == 7


def test_the_index_is_no_part_of_what_a_run_is(run: RunDir, tmp_path: Path) -> None:
    before = file_hashes(run)
    indexed(run)
    assert place_of(run).is_relative_to(run.root) and place_of(run).is_file()
    assert file_hashes(run) == before


def test_where_a_run_cannot_be_written_its_index_is_in_the_cache(
    run: RunDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("dgrc.view.index.tables.os.access", lambda *_: False)
    place = place_of(run)
    assert place.is_relative_to(tmp_path / "cache") and place != place_of(run.in_round(2))
    assert rows(indexed(run), "cases") == 7


def test_two_builders_at_once_are_one(run: RunDir) -> None:
    seen: list[bool] = []
    assert build(run, said=lambda *_: seen.append(build(run)))
    assert seen and not any(seen)
    assert rows(Store(place_of(run)), "cases") == 7


def test_facets_with_too_many_values_put_the_rest_together(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment, "MOST_ONE", 1)
    monkeypatch.setattr(segment, "MOST_MANY", 1)
    names = indexed(run).tables["cases"].names
    assert names["status"] == {1: "divergent", 2: "others"} and len(names["read_by"]) == 2
