#!/bin/sh
# Ray Data 2.60: `repartition(target_num_rows_per_block=N)` leaves blocks that are smaller than N as small as they are.
#
# The note above the arguments says that smaller blocks are combined into larger ones up to N; the argument's own text
# says that only larger ones are touched. Only `strict=True` combines. A small dataset is read as about twice as many
# blocks as the cluster has CPUs, so on a large cluster every block stays far below N, and what works block by block (an
# actor's requests in flight, files, row groups) is sized by the number of CPUs. Right: what the note says.
# Output: [50] rows a block, with strict=True [500].
# Source: `ray.data.Dataset.repartition`, both passages. Seen 2026-11-28.
. "$(dirname "$0")/common"
install 'ray[data]==2.60.0' pyarrow==26.0.1 pandas==3.1.1
try_it <<'END'
import logging
import ray

def blocks(**how):
    small = ray.data.range(1000, override_num_blocks=20).map_batches(lambda batch: batch)
    cut = small.repartition(target_num_rows_per_block=500, **how).materialize()
    return sorted({block.metadata.num_rows for bundle in cut.iter_internal_ref_bundles() for block in bundle.blocks})

ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
seen = blocks(), blocks(strict=True)
ray.shutdown()
print(f"20 blocks of 50 rows, 500 asked for: rows a block {seen[0]}, with strict=True {seen[1]}")
assert seen == ([50], [500])
END
