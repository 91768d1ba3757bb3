"""Where time, CPU and memory of a Ray session on this machine go, by what its processes are for."""

import threading
import time
from typing import Any

KINDS = ("driver", "replicas", "workers", "ray")


class Watch:
    """Time and CPU seconds while it is entered, and peaks of resident memory, of processes by what they are for.

    The driver is this process, `replicas` those whose pids are given, `workers` all other Python of the session, `ray`
    its daemons. Processes that end while it is entered count with what they had when they were last seen. What looking
    costs is not counted.
    """

    def __init__(self, replicas: set[int], look_seconds: float = 1.0):
        self.replicas = replicas
        self._every = look_seconds
        self.seconds = 0.0
        self.cpu: dict[str, float] = dict.fromkeys(KINDS, 0.0)
        self.peak: dict[str, float] = dict.fromkeys(self.cpu, 0.0)
        self._last: dict[int, tuple[str, float]] = {}
        self._first: dict[int, float] = {}
        self._looks: list[tuple[float, dict[str, float]]] = []
        self._looking = 0.0
        self._ended = threading.Event()

    def __enter__(self) -> "Watch":
        self._look()
        self._first = {pid: cpu for pid, (_, cpu) in self._last.items()}
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._loop, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.monotonic() - self._began
        self._ended.set()
        self._thread.join()
        self._look()
        for pid, (who, cpu) in self._last.items():
            self.cpu[who] += cpu - self._first.get(pid, 0.0)

    def steady(self) -> dict[str, float]:
        """CPU seconds a second from a third of the time to nine tenths of it, when few processes start or end."""
        began, ended = self._looks[0][0], self._looks[-1][0]
        middle = [look for look in self._looks if 1 / 3 <= (look[0] - began) / (ended - began) <= 0.9]
        (start, before), (end, after) = middle[0], middle[-1]
        return {who: (after[who] - before[who]) / (end - start) for who in KINDS}

    def _loop(self) -> None:
        while not self._ended.wait(self._every):
            self._look()

    def _look(self) -> None:
        import psutil

        began = time.thread_time()
        me = psutil.Process()
        memory: dict[str, list[float]] = {}
        for process in [me, *me.children(recursive=True)]:
            try:
                who = self._what(me.pid, process)
                times, info = process.cpu_times(), process.memory_info()
            except psutil.Error:
                continue
            self._last[process.pid] = (who, times.user + times.system - (process.pid == me.pid) * self._looking)
            memory.setdefault(who, []).append(info.rss - info.shared)
        for who, sizes in memory.items():
            self.peak[who] = max(self.peak[who], *sizes)  # of the largest process of a kind
        spent = {kind: sum(cpu for who, cpu in self._last.values() if who == kind) for kind in KINDS}
        self._looks.append((time.monotonic(), spent))
        self._looking += time.thread_time() - began

    def _what(self, driver: int, process: Any) -> str:
        if process.pid == driver:
            return "driver"
        if process.pid in self.replicas:
            return "replicas"
        title = process.cmdline()[0] if process.cmdline() else ""
        if not title.startswith("ray::"):
            return "ray"
        return "workers"
