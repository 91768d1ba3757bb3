#!/bin/sh
# Ray Data 2.60: a checkpoint compares ids alone, so another job over the same ids writes nothing and succeeds.
#
# `CheckpointConfig` keeps the ids of the rows that were written. A second job with the same checkpoint path skips every
# row whose id is there, whatever else differs: here other values, another function and another output folder. It raises
# nothing and warns of nothing; its output folder holds no row. The documentation speaks of resuming the same job, and
# asks that ids be unique, not that a path be used for one job. Right would be an error, or all rows.
# Output: 8 rows by the first job, 0 by the second.
# Source: ray/data/checkpoint/interfaces.py and checkpoint_filter.py; Ray Data's page on checkpointing. Seen 2026-11-28.
. "$(dirname "$0")/common"
install 'ray[data]==2.60.0' pyarrow==26.0.1 pandas==3.1.1
try_it <<'END'
import logging
import pathlib
import pyarrow as pa
import pyarrow.parquet as pq
import ray
from ray.data.checkpoint import CheckpointConfig

def job(name, values, scale):
    pq.write_table(pa.table({"id": range(8), "value": values}), f"{name}.parquet")
    dataset = ray.data.read_parquet(f"{name}.parquet")
    dataset.context.checkpoint_config = CheckpointConfig(
        id_column="id", checkpoint_path=str(pathlib.Path("checkpoint").resolve()), delete_checkpoint_on_success=False
    )
    dataset.map(lambda row: {**row, "value": row["value"] * scale}).write_parquet(f"out-{name}")
    return sum(pq.read_metadata(file).num_rows for file in pathlib.Path(f"out-{name}").glob("*.parquet"))

ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
written = job("first", [1] * 8, 2), job("other", [5] * 8, 100)
ray.shutdown()
print(f"rows written by the first job: {written[0]}, by another job over the same ids: {written[1]}")
assert written == (8, 0)
END
