"""Between `gather` and `answer`: all cases in, one row for each distinct atomic question out.

Wherever in the corpus an atomic question is asked, it is answered once and means one thing. Atoms are
one if their content words are the same in the same order (`screen.atom_key`); the commonest wording
stands for all. `shared_answers: false` keeps those of each pair apart, as published.
"""

from collections import Counter, defaultdict
from collections.abc import Container
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dgrc.config import MethodConfig
from dgrc.pipeline.steps.gather import case_atoms
from dgrc.records import AtomQuestion, Diagnosis
from dgrc.storage.arrow import arrow_schema, from_row, to_row
from dgrc.storage.atomic import fresh_folder


def collect(
    cases: Path, output: Path, method: MethodConfig, answered: Container[int] = frozenset(), reused: Path | None = None
) -> dict[str, int]:
    """Writes the distinct atomic questions of a `cases` dataset.

    Args:
        cases: What `gather` wrote.
        output: Folder of those that are to be answered.
        method: Settings.
        answered: Atoms that an earlier round has answers to.
        reused: Folder of those among them that were asked again.

    Returns:
        How many atoms were asked (once a question), how many of them are distinct, how many are to be answered
        (`rows`) and were answered before (`reused`), and what answering each once saves.
    """
    wordings: dict[int, Counter[str]] = defaultdict(Counter)
    askers: dict[int, set[int]] = defaultdict(set)
    asked = 0
    for batch in pq.ParquetDataset(cases).read(columns=["id", "diagnoses"]).to_batches(max_chunksize=4096):
        for row in batch.to_pylist():
            diagnoses = tuple(from_row(Diagnosis, d) for d in row["diagnoses"])
            for id_, atom in case_atoms(row["id"], diagnoses, method):
                wordings[id_][atom] += 1
                askers[id_].add(row["id"])
                asked += 1
    rows: list[dict[str, Any]] = []
    again: list[dict[str, Any]] = []
    for id_ in sorted(wordings):
        variants = sorted(wordings[id_], key=lambda w, c=wordings[id_]: (-c[w], w))  # type: ignore[misc]
        row = to_row(AtomQuestion(id_, variants[0], tuple(variants), tuple(sorted(askers[id_]))))
        (again if id_ in answered else rows).append(row)
    _write(rows, output)
    if reused is not None:
        _write(again, reused)
    return {
        "asked": asked, "distinct": len(wordings), "rows": len(rows), "reused": len(again),
        "answers_saved": (asked - len(rows)) * method.answers_per_atom,
    }


def _write(rows: list[dict[str, Any]], folder: Path) -> None:
    table = pa.Table.from_pylist(rows, schema=arrow_schema(AtomQuestion))
    pq.write_table(table, fresh_folder(folder) / "part-00000.parquet")
