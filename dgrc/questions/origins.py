"""Where questions come from: ids of questions and the dataset that `ingest` wrote in, their origins in the user's files
out, for whatever was made of them.

No step of the method carries these: they would ride through every pass and be read by none.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dgrc.records import Origin
from dgrc.storage.arrow import to_row


def origins(questions: Path, wanted: Collection[int]) -> dict[int, Origin]:
    """The origins of the questions with these ids; those that are not there are left out."""
    found: dict[int, Origin] = {}
    ids = pa.array(sorted(wanted), pa.int64())
    for path in sorted(questions.glob("*.parquet")):
        for batch in pq.ParquetFile(path).iter_batches(columns=["id", "source_id", "source"]):
            for row in batch.filter(pc.is_in(batch["id"], ids)).to_pylist():
                found[row["id"]] = origin(row["source_id"], row["source"])
    return found


def origin(source_id: str, place: str) -> Origin:
    """The origin of a question by its `place`, `file:line`; paths of object stores have colons of their own."""
    file, _, line = place.rpartition(":")
    return Origin(source_id, file, int(line)) if file and line.isdecimal() else Origin(source_id, place)


def traced(asked_by: Collection[int], known: Mapping[int, Origin]) -> dict[str, Any]:
    """The columns that say where an example comes from: the origin of its first question in the order of files and
    lines, and `sources` with those of all."""
    found = {known[id_] for id_ in asked_by if id_ in known}
    ordered = sorted(found, key=lambda one: (one.source_file, one.source_line, one.source_id))
    return {**to_row(ordered[0] if ordered else Origin()), "sources": [to_row(one) for one in ordered]}
