"""Want of memory, for `benchmarks.chaos`: a machine that runs out of it, and an object store that must spill.

`python -m benchmarks.chaos.pressure ADDRESS BYTES` fills the object store of a cluster for a while.
"""

import contextlib
import mmap
import os
import subprocess
import sys
import time

import psutil

from benchmarks.chaos.faults import MARK, processes
from benchmarks.shared.record import ROOT

THRESHOLD = "RAY_memory_usage_threshold"
ROOM_BYTES, BEYOND_BYTES = 6 * 2**30, 2 * 2**30
"""So much a run may take before Ray ends processes for want of memory; so far beyond that memory is taken for it."""
NEAR = 0.97
"""Of the threshold: Ray looks four times a second, we in between."""
BLOCK_BYTES = 128 * 2**20
OBJECT_BYTES = 4 * 2**20
TAKEN_S, HELD_S, GIVEN_S = 15.0, 3.0, 40.0
"""How long memory is taken at most, how long a full store stays full, and how long that may take in all."""


def limit_memory() -> None:
    """Sets the share of memory at which Ray ends processes, for the runs that this process starts from here on."""
    memory = psutil.virtual_memory()
    os.environ[THRESHOLD] = f"{min(0.95, (memory.total - memory.available + ROOM_BYTES) / memory.total):.3f}"


def want_of_memory(mark: str) -> bool:
    """Takes memory until Ray has ended a process of a run, and gives it back; False if it did not come to that."""
    before, blocks, deadline = _workers(mark), list[mmap.mmap](), time.monotonic() + TAKEN_S
    total = psutil.virtual_memory().total
    threshold = float(os.environ[THRESHOLD]) * total
    try:
        while time.monotonic() < deadline:
            used, now = total - psutil.virtual_memory().available, _workers(mark)
            if before - now and used > NEAR * threshold:
                return True
            before = now  # others that ended did so for reasons of their own
            if used < min(threshold + BEYOND_BYTES, 0.97 * total):
                blocks.append(mmap.mmap(-1, BLOCK_BYTES))
                blocks[-1].write(b"\1" * BLOCK_BYTES)
            else:
                time.sleep(0.1)
        return False
    finally:
        for block in blocks:
            block.close()


def _workers(mark: str) -> set[int]:
    return {pid for pid, title in processes(mark) if title.startswith("ray::")}


def full_store(mark: str, store_bytes: int) -> bool:
    """Puts half as much again into a run's object store as it holds, so that Ray spills; False if that failed."""
    raylets = [(pid, title) for pid, title in processes(mark) if "/raylet/raylet " in title]
    addresses = [word.partition("=")[2] for _, title in raylets for word in title.split() if "gcs-address" in word]
    if not addresses:
        return False
    command = [sys.executable, "-m", "benchmarks.chaos.pressure", addresses[0], str(store_bytes * 3 // 2)]
    with contextlib.suppress(OSError, psutil.Error):  # a Ray of a run's own lets in only who has its token
        token = {k: v for k, v in psutil.Process(raylets[0][0]).environ().items() if k.startswith("RAY_AUTH")}
        return _ran(command, os.environ | {MARK: mark} | token)
    return False


def _ran(command: list[str], environment: dict[str, str]) -> bool:
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            timeout=GIVEN_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:  # the cluster was just going up or down
        return False
    return done.returncode == 0


def main() -> None:
    """Fills the store, holds what is in it for some seconds, and leaves."""
    import numpy as np
    import ray

    address, size = sys.argv[1], int(sys.argv[2])
    ray.init(address=address, log_to_driver=False)
    held = [ray.put(np.full(OBJECT_BYTES, n, np.uint8)) for n in range(size // OBJECT_BYTES)]
    time.sleep(HELD_S)
    assert int(ray.get(held[0])[0]) == 0, "the first was spilled and comes back"
    ray.shutdown()


if __name__ == "__main__":
    main()
