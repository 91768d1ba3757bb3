"""Rows by id: over all files, in whatever order they were written, and nothing that is not there."""

from pathlib import Path

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from dgrc.storage.lookup import Lookup, SortedFile, write_sorted

IDS = st.lists(st.integers(-(2**63), 2**63 - 1), unique=True, max_size=40)


def table(ids: list[int]) -> pa.Table:
    return pa.table({"id": pa.array(ids, pa.int64()), "text": [f"row {id_}" for id_ in ids]})


@given(ids=IDS, absent=st.integers(-(2**63), 2**63 - 1))
def test_every_row_is_found_and_no_other(ids: list[int], absent: int, tmp_path_factory: object) -> None:
    folder = Path(str(tmp_path_factory.mktemp("lookup")))  # type: ignore[attr-defined]
    for part in (0, 1):
        write_sorted(table(ids[part::2]), folder / f"part-{part}.arrow")
    lookup = Lookup(folder)
    for id_ in ids:
        assert lookup.get(id_) == {"id": id_, "text": f"row {id_}"}
    assert (lookup.get(absent) is None) == (absent not in ids)


def test_a_file_tells_the_row_number(tmp_path: Path) -> None:
    written = write_sorted(table([5, -3, 9]), tmp_path / "x.arrow")
    file = SortedFile(tmp_path / "x.arrow")
    assert written["id"].to_pylist() == [-3, 5, 9]
    assert [file.find(id_) for id_ in (-3, 5, 9, 0)] == [0, 1, 2, None]
    assert file.row(1) == {"id": 5, "text": "row 5"}


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    assert Lookup(tmp_path).get(1) is None
