"""Between `gather` and `answer`: all cases in, one row for each distinct atomic question out.

Wherever in the corpus an atomic question is asked, it is answered once and means one thing. Atoms are
one if their content words are the same in the same order (`screen.atom_key`); the commonest wording
stands for all. `shared_answers: false` keeps those of each pair apart, as published.
"""

from collections import Counter, defaultdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dgrc.config import MethodConfig
from dgrc.pipeline.steps import case_atoms
from dgrc.records import AtomQuestion, Diagnosis, arrow_schema, from_row, to_row
from dgrc.storage.run_dir import fresh_folder


def collect(cases: Path, output: Path, method: MethodConfig) -> tuple[int, int]:
    """Writes the distinct atomic questions of a `cases` dataset.

    Returns:
        How many atoms were asked (once a question), and how many of them are distinct.
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
    rows = []
    for id_ in sorted(wordings):
        variants = sorted(wordings[id_], key=lambda w, c=wordings[id_]: (-c[w], w))  # type: ignore[misc]
        rows.append(to_row(AtomQuestion(id_, variants[0], tuple(variants), tuple(sorted(askers[id_])))))
    table = pa.Table.from_pylist(rows, schema=arrow_schema(AtomQuestion))
    pq.write_table(table, fresh_folder(output) / "part-00000.parquet")
    return asked, len(rows)
