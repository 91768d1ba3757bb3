"""Rows found by their 64-bit id without holding them: Arrow files sorted by id, memory-mapped, shared by all readers.

A folder holds numbered files of at most `ROWS_PER_FILE` rows, each sorted; a lookup is a binary search a file.
"""

import bisect
from pathlib import Path
from typing import Any

import pyarrow as pa

ROWS_PER_FILE = 1_000_000


def write_sorted(table: pa.Table, file: Path) -> pa.Table:
    """Writes one file of a lookup and returns its rows as sorted; `table` has a column `id` of int64."""
    table = table.sort_by("id").combine_chunks()
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=max(len(table), 1))  # in one piece, so that readers need no copy
    return table


class SortedFile:
    """One file of a lookup."""

    def __init__(self, file: Path):
        self.table = pa.ipc.open_file(pa.memory_map(str(file))).read_all()
        self._ids: Any = self.table["id"].chunk(0).to_numpy() if len(self.table) else ()

    def find(self, id_: int) -> int | None:
        """The number of the row with this id."""
        row = bisect.bisect_left(self._ids, id_)
        return row if row < len(self._ids) and self._ids[row] == id_ else None

    def row(self, number: int) -> dict[str, Any]:
        """A row by its number, as a dictionary."""
        return {name: self.table[name][number].as_py() for name in self.table.column_names}


class Lookup:
    """All files of a folder."""

    def __init__(self, folder: str | Path):
        self._files = [SortedFile(path) for path in sorted(Path(folder).glob("*.arrow"))]

    def get(self, id_: int) -> dict[str, Any] | None:
        """The row with this id, or None."""
        for file in self._files:
            if (number := file.find(id_)) is not None:
                return file.row(number)
        return None
