"""Rows of a file as parts: how many there are of them, and what each row's page needs."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dgrc.storage.run_dir import RunDir
from dgrc.view.index import parts
from dgrc.view.index.files import files_of
from dgrc.view.index.parts import Part, parts_of, unpacked
from dgrc.view.index.postings import postings
from dgrc.view.index.streams import STREAMS
from tests.view.made import write_run


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    return write_run(tmp_path / "runs" / "r", rows_a_file=100)


def taken(run: RunDir, name: str, after: int = 0) -> list[Part]:
    (path,) = files_of(run, name)
    stream = next(stream for stream in STREAMS if stream.name == name)
    _, *found = parts_of(stream, path, after)
    return [part for part in found if isinstance(part, Part)]


@pytest.mark.parametrize("size", [1, 1 << 30])
@pytest.mark.parametrize("name", ["questions", "cases", "atoms", "verdicts"])
def test_each_row_has_what_its_page_needs(run: RunDir, name: str, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PART_BYTES", size)
    (path,) = files_of(run, name)
    stream = next(stream for stream in STREAMS if stream.name == name)
    wanted = [{key: row[key] for key in stream.kept if key in row} for row in pq.read_table(path).to_pylist()]
    found = taken(run, name)
    assert len(found) == (len(wanted) if size == 1 else 1) and len(wanted) > 3
    rows = [unpacked(part.kept, at) for part in found for at in range(len(part))]
    if name == "verdicts":  # those of a case whose first chain passed, or that was not verified, are in `cases`
        again = [[one["consistent"] for one in row["verdicts"]][:1] not in ([], [True]) for row in wanted]
        assert True in again and False in again
        wanted = [row | ({} if more else {"teacher": None}) for row, more in zip(wanted, again, strict=True)]
    assert rows == wanted
    assert [len(part) for part in taken(run, name, len(wanted) - 1)] == [1]


def test_words_stand_once_with_their_rows_in_order() -> None:
    long = "y" * 50
    found = postings([["b a", "A é"], [f"{long} {long}y", "诉讼 a 诉讼"], [], ["诉\n讼"]])
    starts = found.counts.cumsum() - found.counts
    told = {
        word: found.rows[start : start + count].tolist()
        for word, start, count in zip(found.words, starts.tolist(), found.counts.tolist(), strict=True)
    }
    assert told == {"b": [0], "a": [0, 1], "é": [0], "y" * 40: [1], "诉": [1, 3], "讼": [1, 3], "诉讼": [1]}
    assert len(found.words) == len(told)
