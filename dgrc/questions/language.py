"""The script of a run's questions, before any engine is paid: the first of them flow in, a warning flows out."""

import itertools
from collections.abc import Iterator

import pyarrow.parquet as pq

from dgrc.method.prompts import load_pack
from dgrc.method.prompts.languages import LOOKED_AT, mismatch, shares
from dgrc.storage.run_dir import RunDir


def other_script(run: RunDir, prompts: str) -> str | None:
    """What to say where the pack `prompts` asks in another script than the first questions that `ingest` wrote; None
    where it does not."""
    return mismatch(load_pack(prompts), shares(itertools.islice(_texts(run), LOOKED_AT)))


def _texts(run: RunDir) -> Iterator[str]:
    for path in sorted(run.dataset("questions").glob("*.parquet")):
        for batch in pq.ParquetFile(path).iter_batches(batch_size=256, columns=["text", "choices"]):
            yield from (" ".join([row["text"], *row["choices"]]) for row in batch.to_pylist())
