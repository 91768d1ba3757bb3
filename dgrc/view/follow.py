"""Runs that are looked at: a run's folder in, its index in memory as it is now, kept up to date, out.

The index is built by a process of its own, which ends by itself, so that a reader neither waits for it nor pays for it
with memory. While a run goes on, what its passes commit is added every few seconds. What a run on a store has by now is
asked for seldomer, by a thread of its own, as a store may be away for long.
"""

import subprocess
import sys
import threading
from typing import Any

from dgrc.config import MethodConfig
from dgrc.errors import DgrcError
from dgrc.storage.objectstore.runs import origin_of, refresh
from dgrc.storage.run_dir import RunDir
from dgrc.view import lists
from dgrc.view.compare import Comparison
from dgrc.view.index.tables import place_of
from dgrc.view.marking import Marking
from dgrc.view.query import View
from dgrc.view.ready import method_of
from dgrc.view.store import Store

EVERY_S, LONGEST_WORDS, KEPT = 2.0, 2000, 4
STORE_EVERY_S = 20.0
"""Between two looks at a store."""


class Round:
    """One round of a run. `look` is to be called now and then; all else answers from what was seen last."""

    def __init__(self, run: RunDir, writing: bool = True):
        self.run = run
        self.marks = Marking(run, writing)
        self.store = Store(place_of(run))
        self.failed = self.away = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._waiting = 0
        self._lock = threading.Lock()
        self._views: tuple[int, dict[str, View]] = (0, {})
        self.look()

    def look(self) -> None:
        """Begins to build if there is something new, and takes in what was built."""
        with self._lock:
            if self._process is not None and self._process.poll() is not None:
                said = self._process.stderr.read() if self._process.stderr else b""
                self.failed = said.decode(errors="replace")[-LONGEST_WORDS:] if self._process.returncode else ""
                self._process = None
            self._waiting = self.store.behind(self.run)
            if self._process is None and self._waiting and not self.failed:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "dgrc.view.index.build", str(self.run.root), str(self.run.number)],
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                )  # fmt: skip
        self.store.refresh()

    @property
    def building(self) -> dict[str, Any]:
        """Whether the index is being built, how many files it lacks, why it could not be built, and why it is not known
        what a run on a store has by now."""
        active = self._process is not None
        return {"active": active, "waiting": self._waiting, "failed": self.failed, "away": self.away}

    def view(self, name: str) -> View:
        """The list of cases or of atoms, as the index and the marks are now."""
        with self._lock:
            if self._views[0] != self.store.generation:
                generation = self.store.generation
                self._views = generation, {"cases": lists.cases(self.store), "atoms": lists.atoms(self.store)}
            view = self._views[1][name]
            view.put("marked", self.marks.facet(self.store, name))
            return view

    def method(self) -> MethodConfig | None:
        """The run's settings of the method, None where they cannot be read."""
        return method_of(self.run)

    def close(self) -> None:
        """Ends the building, which goes on where it was the next time."""
        with self._lock:
            if self._process is not None:
                self._process.terminate()
                self._process.wait()
            self.store.close()


class Runs:
    """The runs that are looked at, by name; rounds are opened when they are asked for first. Without `writing` no marks
    are taken."""

    def __init__(self, runs: list[RunDir], writing: bool = True):
        self._writing = writing
        self.runs: dict[str, RunDir] = {}
        for run in runs:
            name, more = run.root.name, 1
            while name in self.runs:
                more += 1
                name = f"{run.root.name}~{more}"
            self.runs[name] = run
        self._rounds: dict[tuple[str, int], Round] = {}
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._compared: dict[tuple[Round, Round], Comparison] = {}
        self._comparing = threading.Lock()
        self._threads = [threading.Thread(target=self._follow, daemon=True)]
        if any(origin_of(run) is not None for run in runs):
            self._threads.append(threading.Thread(target=self._ask_stores, daemon=True))

    def round(self, name: str, number: int) -> Round:
        """A round of a run.

        Raises:
            KeyError: there is no such run, or it has no such round.
        """
        run = self.runs[name].in_round(number)
        if number != 1 and not run.round().is_dir():
            raise KeyError(number)
        with self._lock:
            if (name, number) not in self._rounds:
                self._rounds[name, number] = Round(run, self._writing)
            return self._rounds[name, number]

    def refresh(self) -> None:
        """Takes in what was built of all rounds that are open, now."""
        with self._lock:
            for one in self._rounds.values():
                one.store.refresh()

    def compared(self, here: Round, there: Round) -> Comparison:
        """What changed from one round to another, as both are now; the last ones that were asked for are kept."""
        generations = here.store.generation, there.store.generation
        with self._comparing:
            found = self._compared.pop((here, there), None)
            if found is None or found.generations != generations:
                found = Comparison(here.store, there.store)
            self._compared[here, there] = found
            while len(self._compared) > KEPT:
                self._compared.pop(next(iter(self._compared)))
            return found

    def start(self) -> None:
        """Opens each run's last round, and follows what is open until `close`."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        self._ended.set()
        with self._lock:
            for one in self._rounds.values():
                one.close()

    def _follow(self) -> None:
        while not self._ended.wait(EVERY_S):
            with self._lock:
                open_now = list(self._rounds.values())
            for one in open_now:
                if not self._ended.is_set():
                    one.look()

    def _ask_stores(self) -> None:
        while not self._ended.wait(STORE_EVERY_S):
            for name, run in self.runs.items():
                problem = ""
                try:
                    refresh(run)
                except DgrcError as e:
                    problem = str(e)
                with self._lock:
                    for (of, _), one in self._rounds.items():
                        if of == name:
                            one.away = problem
                            one.failed = one.failed and problem
