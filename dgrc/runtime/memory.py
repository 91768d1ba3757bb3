"""Peak memory of a command and everything it started, as proportional set size (PSS).

PSS counts a page shared by n processes as 1/n in each, so the sum over a process tree is what the tree
really takes; resident sizes would count Ray's object store once for every worker.
"""

import threading

import psutil

PERIOD_S = 4.0


class PeakMemory:
    """Samples the process tree in a thread while entered; `gb` is the highest sum seen, in 1e9 bytes."""

    def __init__(self) -> None:
        self.gb = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=30)

    def _watch(self) -> None:
        while True:
            self.gb = max(self.gb, tree_pss() / 1e9)
            if self._stop.wait(PERIOD_S):
                return


def of_this_machine() -> int:
    """Bytes of memory that there are for us: of the machine, or of the container if that has fewer."""
    from ray._common.utils import get_system_memory

    return int(get_system_memory())


def free_here() -> int:
    """Bytes of them that nobody has taken."""
    from ray._private.utils import get_used_memory

    return min(of_this_machine() - int(get_used_memory()), int(psutil.virtual_memory().available))


def of_gpus_here() -> list[int]:
    """Bytes of memory of each GPU of this machine, as its driver tells; none where it tells nothing. No GPU is used."""
    from ray._private.thirdparty import pynvml

    try:
        pynvml.nvmlInit()
        try:
            handles = map(pynvml.nvmlDeviceGetHandleByIndex, range(pynvml.nvmlDeviceGetCount()))
            return [int(pynvml.nvmlDeviceGetMemoryInfo(handle).total) for handle in handles]
        finally:
            pynvml.nvmlShutdown()
    except pynvml.NVMLError:
        return []


def tree_pss() -> int:
    """Bytes of this process and all its descendants together."""
    me = psutil.Process()
    total = 0
    for process in [me, *me.children(recursive=True)]:
        try:
            with open(f"/proc/{process.pid}/smaps_rollup") as f:
                total += next(int(line.split()[1]) * 1024 for line in f if line.startswith("Pss:"))
        except (OSError, StopIteration):  # gone meanwhile, or a kernel thread's empty map
            continue
    return total
