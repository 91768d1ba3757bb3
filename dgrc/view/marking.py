"""Right or wrong, as people say while they look: a mark from a page in, a line of the run's file out, and what stands.

This is the one thing that the server writes. A mark names the hash of the text that its page showed, and is refused if
the run has another text there by now. What others write to the file is seen when the file has changed.
"""

import datetime
import json
import threading
from typing import Any

import numpy as np

from dgrc.report.marks import shares
from dgrc.storage.marks import file
from dgrc.storage.marks.file import Standing
from dgrc.storage.marks.record import ATOM, CHAIN, RIGHT, Key, Mark, atom_sha, chain_sha, parsed
from dgrc.storage.run_dir import RunDir
from dgrc.view.case import kept_replies, learned_hashes, row_of
from dgrc.view.index.segment import ONE
from dgrc.view.query import Facet
from dgrc.view.store import Store

ASKED = {"what", "id", "chain", "mark", "note", "answer", "sha"}
"""All that a page may say."""
MARKED = {1: "not marked", 2: "marked right", 3: "marked wrong"}
READ_ONLY = "Marks are not taken: `dgrc view` was started with --read-only."


class Refused(Exception):
    """A mark that is not taken: the status of the answer, and why."""

    def __init__(self, status: int, words: str):
        super().__init__(words)
        self.status = status


class Marking:
    """The marks of a run as one of its rounds sees them."""

    def __init__(self, run: RunDir, writing: bool):
        self._run, self._writing = run, writing
        self._stamp: tuple[int, ...] | None = None
        self._standing, self.problem = Standing(), ""
        self._shas: dict[tuple[str, int, int | None], str | None] = {}
        self._generation = -1
        self._lock = threading.Lock()

    def closed(self) -> str:
        """Why no marks are taken; "" where they are."""
        if not self._writing:
            return READ_ONLY
        problem = file.refusal(self._run)
        return f"Marks cannot be kept: {problem}." if problem else ""

    def standing(self) -> Standing:
        """What stands by the file as it is now."""
        path = file.marks_of(self._run)
        try:
            stat = path.stat()
            stamp: tuple[int, ...] = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        except OSError:
            stamp = ()
        if stamp != self._stamp:
            try:
                self._standing, self.problem = file.read(path), ""
            except OSError as e:
                self._standing, self.problem = Standing(), f"{path} cannot be read ({type(e).__name__}: {e})"
            self._stamp = stamp
        return self._standing

    def held(self, store: Store) -> list[Mark]:
        """The marks on texts that the round has as they were judged."""
        marks = self.standing().marks.values()
        with self._lock:
            return [mark for mark in marks if self._sha(store, mark) == mark.sha]

    def told(self, store: Store) -> dict[str, Any]:
        """What the overview shows."""
        standing, held = self.standing(), self.held(store)
        return {
            "shares": shares(held), "elsewhere": len(standing.marks) - len(held), "unreadable": standing.unreadable,
            "first_problem": standing.first_problem, "problem": self.problem, "closed": self.closed(),
        }  # fmt: skip

    def facet(self, store: Store, stream: str) -> Facet:
        """The rows of a list by what was said of them; of a question, wrong if one of its chains is."""
        table = store.tables[stream]
        held = [mark for mark in self.held(store) if mark.what == (CHAIN if stream == "cases" else ATOM)]
        codes = np.ones(len(table), ONE)
        places = table.places(np.array([mark.id for mark in held], np.int64))
        for mark, at in zip(held, places.tolist(), strict=True):
            if at >= 0:
                codes[at] = max(codes[at], 2 if mark.mark == RIGHT else 3)
        return Facet("Marked by people", codes, MARKED)

    def take(self, store: Store, number: int, said: Any) -> Mark:
        """Keeps what a page says.

        Raises:
            Refused: it is not what a page says, or is about something that is not there (any more).
            RunDirError: it could not be written.
        """
        if closed := self.closed():
            raise Refused(403, closed)
        mark = _understood(said, number)
        now, kept = _found(store, mark)
        if now is None:
            raise Refused(404, f"This round has no such {mark.what} (yet).")
        if now != mark.sha:
            raise Refused(409, f"The {mark.what} has another text by now. Load the page again and look at that one.")
        whole = parsed({**json.loads(mark.line()), "kept": kept})
        file.append(self._run, whole)
        return whole

    def _sha(self, store: Store, mark: Mark) -> str | None:
        if self._generation != store.generation:
            self._generation, self._shas = store.generation, {}
        place = mark.what, mark.id, mark.chain
        if place not in self._shas:
            self._shas[place] = _found(store, mark)[0]
        return self._shas[place]


def told(mark: Mark | None) -> dict[str, Any] | None:
    """A mark as a page draws it."""
    return None if mark is None else {name: getattr(mark, name) for name in ("mark", "note", "answer", "at", "round")}


def add_marks(case: dict[str, Any], standing: Standing) -> None:
    """Adds to each of the teacher's chains and each atom of a case its hash and what was said of it."""
    for number, chain in enumerate(case["chains"]["teacher"]):
        add_mark(chain, standing, (CHAIN, int(case["id"]), number, chain_sha(chain["thoughts"], chain["text"])))
    for atom in case["atoms"]:
        if atom["answered"]:
            add_mark(atom, standing, _atom_key(atom))


def add_to_atom(atom: dict[str, Any], standing: Standing) -> None:
    """The same of one atom."""
    add_mark(atom, standing, _atom_key(atom))


def add_mark(one: dict[str, Any], standing: Standing, key: Key) -> None:
    """Adds hash and mark; `marked_before` says that only another text of it was marked."""
    mark = standing.marks.get(key)
    one |= {"sha": key[-1], "mark": told(mark), "marked_before": mark is None and bool(standing.of(*key[:3]))}


def _atom_key(atom: dict[str, Any]) -> Key:
    return ATOM, int(atom["id"]), None, atom_sha(atom["question"], atom["answer"], atom["rationale"])


def _understood(said: Any, number: int) -> Mark:
    if not isinstance(said, dict) or said.keys() != ASKED:
        raise Refused(400, f"A mark is a JSON object of {', '.join(sorted(ASKED))}.")
    now = datetime.datetime.now(tz=datetime.UTC).isoformat(timespec="seconds")
    try:
        return parsed({**said, "round": number, "at": now, "kept": None})
    except ValueError as e:
        raise Refused(400, f"This is no mark: {e}.") from e


def _found(store: Store, mark: Mark) -> tuple[str | None, bool | None]:
    """The hash of the text as the round has it, None if it has none, and whether it is in the curriculum."""
    if mark.what == ATOM:
        atom = row_of(store, "atoms", mark.id)
        if atom is None:
            return None, None
        return atom_sha(atom["question"], atom["answer"], atom["rationale"]), bool(atom["kept"])
    case, verified = (row_of(store, name, mark.id) for name in ("cases", "verdicts"))
    teacher = (verified or {}).get("teacher") or (case or {}).get("teacher") or []
    if mark.chain is None or mark.chain >= len(teacher):
        return None, None
    chain = teacher[mark.chain]
    kept = bool(learned_hashes(chain) & kept_replies(store, mark.id)) if len(store.tables["cot"]) else None
    return chain_sha(chain.get("thoughts") or "", chain["text"]), kept
