#!/bin/sh
# NumPy 2.3.5: `np.unique` of distinct 64-bit ids is many times slower than the same call that is asked for more.
#
# Since 2.3 `np.unique` puts integers into a hash table first and sorts the result afterwards, whenever only the values
# are asked for. The release notes promise more speed, and it is so where few values are distinct. Where all are (ids,
# hashes), each is a miss of the cache: the same call with `return_counts=True` still sorts, gives the same values, and
# takes a fraction of the time, less again if the array was sorted already. Right: both ways the same values; no order
# of speed is promised.
# Output: sorted ids do not come out of sorted=False in order; 14 to 65 times as long on 2 busy cores (2 is asked for).
# Source: NumPy 2.3.0 release notes; numpy/lib/_arraysetops_impl.py (`_unique1d`). Seen 2026-11-28.
. "$(dirname "$0")/common"
install numpy==2.3.5
try_it <<'END'
import time
import numpy as np

ids = np.sort(np.random.default_rng(0).integers(0, 2**63, 3_000_000, dtype=np.int64))

def fastest(work):
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)

assert (np.unique(ids) == np.unique(ids, return_counts=True)[0]).all(), "both ways give the same values"
unsorted = np.unique(ids, sorted=False)
in_order = bool((np.diff(unsorted) > 0).all())
ratio = fastest(lambda: np.unique(ids)) / fastest(lambda: np.unique(ids, return_counts=True))
print(f"sorted ids come out of sorted=False in order: {in_order}")
print(f"np.unique(ids) takes {ratio:.1f} times as long as np.unique(ids, return_counts=True)")
assert not in_order and ratio > 2
END
