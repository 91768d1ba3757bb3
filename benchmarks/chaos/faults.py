"""What `benchmarks.chaos` does to a run, and where: kinds of faults, a seeded plan of them, the processes of a run."""

import contextlib
import os
import random
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.chaos.storage import may_mount

MARK = "DGRC_CHAOS_RUN"
"""Environment variable by which the processes of a run are known, however far from their parents."""
PASSES = ("ingest", "gather", "collect", "answer", "screen", "index", "verify", "assemble")
ASKING = ("gather", "answer", "verify")
"""Passes that ask engines: a moment in them is a share of what they ask for; in others it is their beginning."""
START = "start"
"""A moment before all passes: while Ray and the first engines come up."""
ENDING = ("driver", "ctrl_c", "head", "disk_full", "storage_away", "told_to_end")
"""Kinds after which the driver is gone, or may be."""
SCRIPTED = (
    "engine", "worker", "driver", "hang", "ctrl_c", "frozen", "storage", "head", "node", "preempted", "memory", "store",
)  # fmt: skip
"""Kinds for scripted engines, the commoner ones first; `storage` is a full disk or a folder that is away.
`preempted` is a node taken away with notice, or a driver told to end where there is but one node."""
RARELY = 5
"""One seed in so many has want of memory among its faults: it takes up to a minute to come about. The run goes
on meanwhile, nothing else is done to it, and it may be over."""
REAL = ("engine", "core", "worker", "driver")
"""Kinds for vLLM."""
TITLES = {
    "engine": "ray::Replica", "frozen": "ray::Replica", "worker": "ray::MapWorker(MapBatches(Worker))",
    "core": "VLLM::EngineCore",
}  # fmt: skip
"""How the processes of a kind call themselves."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens in which pass: when a share `at` of what the pass asks for is served."""

    kind: str
    where: str
    at: float

    @property
    def moment(self) -> tuple[int, float]:
        """For the order of faults in a run."""
        return (PASSES.index(self.where) if self.where in PASSES else -1), self.at


def on_cluster(seed: int) -> bool:
    """Every other run is on a cluster that outlives it; the others start a Ray of their own, which is one node."""
    return seed % 2 == 1


def plan(kinds: Sequence[str], count: int, seed: int) -> list[Fault]:
    """So many faults in the order of their moments; kinds take turns from a seeded beginning."""
    chance = random.Random(seed)
    kinds = [kind for kind in kinds if kind != "node" or on_cluster(seed)]
    if seed % RARELY:
        kinds = [kind for kind in kinds if kind != "memory"] or kinds
    faults = []
    for number in range(count):
        turn = seed * count + number
        kind = kinds[turn % len(kinds)]
        if kind == "storage":
            kind = "disk_full" if chance.random() < 0.5 and may_mount() else "storage_away"
        if kind == "preempted" and not on_cluster(seed):
            kind = "told_to_end"
        anywhere = kind in ("driver", "ctrl_c", "told_to_end")
        places = [*ASKING, *((START, "collect", "screen", "assemble") if anywhere else ())]
        at = chance.uniform(0.02, 0.95)
        if kind in ("store", "memory"):  # take seconds to come about, and other passes are over by then
            places, at = ["gather"], at / 2
        faults.append(Fault(kind, chance.choice(places), round(at, 3)))
    return sorted(faults, key=lambda fault: fault.moment)


def processes(mark: str) -> Iterator[tuple[int, str]]:
    """Pid and title of each living process that was started with this mark, itself or by inheritance."""
    wanted = f"{MARK}={mark}".encode()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                if words:  # a zombie has none
                    yield int(folder.name), words


def strike(kind: str, mark: str, chance: random.Random) -> bool:
    """Kills or stops a process of a kind; False if there is none."""
    targets = sorted(pid for pid, title in processes(mark) if title.startswith(TITLES[kind]))
    if not targets:
        return False
    try:
        os.kill(chance.choice(targets), signal.SIGSTOP if kind == "frozen" else signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def kill_head(mark: str) -> None:
    """Ends Ray's own processes outright; what they started has to see to its own end."""
    for pid, title in processes(mark):
        if "/raylet/raylet " in title or "gcs_server" in title:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
