"""One run of `dgrc curate` with faults on the way: started, disturbed, started again where it ended, until done."""

import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from benchmarks.chaos.cluster import STORE_BYTES, Cluster
from benchmarks.chaos.compare import Notes
from benchmarks.chaos.faults import ASKING, ENDING, MARK, PASSES, START, Fault, kill_head, strike
from benchmarks.chaos.pressure import full_store, want_of_memory
from benchmarks.chaos.script import NOTES
from benchmarks.chaos.storage import Storage
from benchmarks.shared.record import ROOT
from dgrc.cli.common import say
from dgrc.config import Config
from dgrc.config.file import dump_config
from dgrc.storage.run_dir import RunDir

STARTING_S = 8.0
"""A share of this is the moment of a fault while Ray and engines come up."""
AWAY_S = 3.0
END_S = 120.0
"""So long a driver has to end that was told to, or that lost its cluster or its disk."""
LIFE_S = 600.0
SIGNALS, LISTENS_AFTER_S = ("ctrl_c", "told_to_end"), 2.0
"""A signal before the interpreter and its imports are up ends any Python program, without a word of it."""
SPARE_LIVES = 6
LOOK_S = 0.02


@dataclass(slots=True)
class Outcome:
    """What came of a run: faults that happened, when and in which pass; how lives ended that should not have."""

    mark: str
    happened: list[tuple[Fault, str, float]] = field(default_factory=list)
    missed: list[Fault] = field(default_factory=list)
    lives: int = 0
    stops: list[str] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)
    finished: bool = False
    seconds: float = 0.0


class Disturbed:
    """A run and its faults.

    Args:
        config: Its configuration.
        storage: Where it is written.
        faults: What happens to it, in order.
        totals: How much each pass serves; where it is empty (engines that take no notes), the share of a fault in a
            pass counts seconds instead, 10 for the whole.
        cluster: Nodes of this machine to run on, or None for a Ray of the run's own.
    """

    def __init__(
        self, config: Config, storage: Storage, faults: Sequence[Fault], totals: Mapping[str, int], seed: int,
        cluster: Cluster | None = None,
    ):  # fmt: skip
        self.run, self.storage, self.totals, self.cluster = RunDir.of(config), storage, totals, cluster
        self.outcome = Outcome(cluster.mark if cluster else uuid.uuid4().hex)
        self.notes = Notes(storage.folder.with_name(f"{storage.folder.name}-notes"))
        self.notes.folder.mkdir(exist_ok=True)
        self._pending, self._chance = list(faults), random.Random(seed)
        self._config = storage.folder.with_name(f"{storage.folder.name}.yaml")
        self._config.write_text(dump_config(config))
        self._errors = storage.folder.with_name(f"{storage.folder.name}.err")
        self._process: subprocess.Popen[bytes] | None = None
        self._pass, self._pass_began, self._life_began = START, 0.0, 0.0

    def go(self) -> Outcome:
        """From the first start to the end."""
        began, most = time.monotonic(), len(self._pending) + SPARE_LIVES
        while not self.outcome.finished and self.outcome.lives < most:
            with open(self._errors, "wb") as errors:
                self._start(errors)
                self._live()
        self.outcome.missed += self._pending
        self.outcome.seconds = round(time.monotonic() - began, 1)
        self.notes.look()
        return self.outcome

    def _start(self, errors: IO[bytes]) -> None:
        address = ["--set", f"ray.address={self.cluster.address}"] if self.cluster else []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dgrc", "curate", str(self._config), *address],
            cwd=ROOT, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True,
            env=os.environ | {MARK: self.outcome.mark, NOTES: str(self.notes.folder), "PYTHONPATH": str(ROOT)},
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a background job's children ignore it
        )
        self._life_began, self._pass = time.monotonic(), START
        self.outcome.lives += 1

    def _live(self) -> None:
        """One life of the driver; faults happen when their moment comes."""
        assert self._process is not None
        last: Fault | None = None
        while (code := self._process.poll()) is None:
            moment = time.time()
            if self._pending and self._due(self._pending[0]):
                fault = self._pending[0]
                if self._inject(fault):
                    last = self._pending.pop(0)
                    self.outcome.happened.append((last, self._pass, moment))
                    lived = time.monotonic() - self._life_began
                    say(f"  {last.kind} in {self._pass}, in life {self.outcome.lives} after {lived:.1f} s")
                elif fault.kind == "memory":  # each try takes a quarter of a minute, in which nothing else happens
                    self.outcome.missed.append(self._pending.pop(0))
            if time.monotonic() - self._life_began > LIFE_S:
                self._process.kill()
                self._process.wait()
                self.outcome.crashes.append(f"no end after {LIFE_S:.0f} s, last fault {last}: {self._said()[-500:]}")
                return
            time.sleep(LOOK_S)
        self._judge(code, last)

    def _judge(self, code: int, last: Fault | None) -> None:
        """Whether a life ended as it may: done, as told, or stopped in words after something that may stop it."""
        said = self._said()
        kind = last.kind if last else ""
        self.outcome.finished = code == 0
        expected: tuple[int, ...] = {
            "driver": (-signal.SIGKILL,), "ctrl_c": (130,), "told_to_end": (143,), "head": (code,),
        }.get(kind, ())  # fmt: skip
        if kind == "told_to_end" and last and (last.where == START or all(mark.is_file() for mark in self._marks())):
            expected += (-signal.SIGTERM,)  # while Ray starts and ends the signal is not ours; a shell says 143 as well
        if code in (0, *expected):
            return
        if code in (2, os.EX_TEMPFAIL) and "dgrc: " in said and "Traceback" not in said:
            self.outcome.stops.append(f"after {kind or 'nothing'}: dgrc: {said.rpartition('dgrc: ')[2].strip()}"[:600])
        else:
            self.outcome.crashes.append(f"exit status {code} after {last}: {said.strip()[-1500:]}\n{self._noise()}")

    def _noise(self) -> str:
        """The end of what Ray's own core said."""
        file = self.run.logs / "native.log"
        return file.read_text(errors="replace")[-500:] if file.is_file() else ""

    def _said(self) -> str:
        return self._errors.read_text(errors="replace")

    def _due(self, fault: Fault) -> bool:
        now = time.monotonic()
        if fault.kind in SIGNALS and now - self._life_began < LISTENS_AFTER_S:
            return False
        done = self._marks()
        if (current := next((n for n, mark in zip(PASSES, done, strict=True) if not mark.is_file()), PASSES[-1])) != (
            self._pass
        ):
            self._pass, self._pass_began = current, now
        if fault.where == START:
            return now - self._life_began > fault.at * STARTING_S
        order = PASSES.index(current) - PASSES.index(fault.where)
        if order or fault.where not in ASKING:
            return order >= 0
        if not self.totals:
            return (self.run.state(current) / "journal").is_dir() and now - self._pass_began > 10 * fault.at
        return self.notes.look().served[fault.where] >= fault.at * self.totals[fault.where]

    def _marks(self) -> list[Path]:
        """What is there of each pass once it is done."""
        return [self.run.state(name) / "done.json" for name in PASSES]

    def _inject(self, fault: Fault) -> bool:
        """Does it; False if it cannot be done now."""
        assert self._process is not None
        kind = fault.kind
        if kind not in ENDING:
            return self._disturb(kind)
        if kind == "driver":
            self._process.kill()
        elif kind == "ctrl_c":
            os.killpg(self._process.pid, signal.SIGINT)
        elif kind == "told_to_end":
            self._process.terminate()
        elif kind == "head":
            kill_head(self.outcome.mark)
        elif kind == "disk_full":
            return self._while(self.storage.fill, self.storage.free, END_S)
        else:
            place = self.run.round()
            return self.storage.take_away(place) and self._while(
                lambda: None, lambda: self.storage.bring_back(place), AWAY_S
            )
        self._wait_for_end(END_S)
        if kind == "head" and self.cluster:
            self.cluster.restart()
        return True

    def _disturb(self, kind: str) -> bool:
        """What the run has to live through."""
        if kind == "node":
            assert self.cluster is not None, "a Ray of the run's own has one node, which is its head"
            self.cluster.replace_a_node(self._chance)
            return True
        if kind == "preempted":
            assert self.cluster is not None, "as for a node"
            self.cluster.take_a_node_away(self._chance)
            return True
        if kind == "memory":
            return want_of_memory(self.outcome.mark)
        if kind == "store":
            return full_store(self.outcome.mark, STORE_BYTES)
        if kind != "hang":
            return strike(kind, self.outcome.mark, self._chance)
        flag = self.notes.folder / "hang"
        flag.touch()
        deadline = time.monotonic() + 2
        while flag.exists() and time.monotonic() < deadline:
            time.sleep(LOOK_S)
        taken = not flag.exists()
        flag.unlink(missing_ok=True)
        return taken

    def _while(self, begin: Any, end: Any, seconds: float) -> bool:
        """Holds a failure of the storage until the driver has ended, or so long."""
        begin()
        try:
            self._wait(seconds)
        finally:
            end()
        return True

    def _wait(self, seconds: float) -> bool:
        assert self._process is not None
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _wait_for_end(self, seconds: float) -> None:
        if not self._wait(seconds):
            assert self._process is not None
            self._process.kill()
            self._process.wait()
            self.outcome.crashes.append(f"the driver did not end in {seconds:.0f} s: {self._said()[-500:]}")
