"""The script of what a run works on, before any engine is paid: the first texts of a dataset flow in, a warning flows
out."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

from dgrc.method.prompts import load_pack
from dgrc.method.prompts.languages import LOOKED_AT, mismatch, shares


def other_script(dataset: Path, prompts: str) -> str | None:
    """What to say where the pack `prompts` asks in another script than the first texts of a dataset (`questions` that
    were read, `passages` to write some about); None where it does not."""
    return mismatch(load_pack(prompts), shares(itertools.islice(_texts(dataset), LOOKED_AT)), dataset.name)


def _texts(dataset: Path) -> Iterator[str]:
    for path in sorted(dataset.glob("*.parquet")):
        file = pq.ParquetFile(path)
        columns = [name for name in ("text", "choices") if name in file.schema_arrow.names]
        for batch in file.iter_batches(batch_size=256, columns=columns):
            yield from (" ".join([row["text"], *row.get("choices", [])]) for row in batch.to_pylist())
