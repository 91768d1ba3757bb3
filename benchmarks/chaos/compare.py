"""Two runs over the same questions held against each other, row by row; and what was served twice on the way."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from dgrc.storage.run_dir import RunDir

DATASETS = ("questions", "cases", "atom_questions", "answers", "atoms", "verdicts")
CURRICULA = ("atomic", "cot")


def rows(run: RunDir) -> dict[str, list[tuple[str, bytes]]]:
    """(id, row) of every row of every dataset, in the order of the rows' bytes."""
    found = {}
    for name in DATASETS:
        table = pq.ParquetDataset(run.dataset(name)).read().to_pylist()
        found[name] = sorted((str(row["id"]), _bytes(row)) for row in table)
    for kind in CURRICULA:
        lines = (run.curriculum() / kind / "train.jsonl").read_bytes().splitlines()
        found[f"curriculum/{kind}"] = sorted((str(json.loads(line)["id"]), line) for line in lines)
        table = pq.ParquetDataset(sorted((run.curriculum() / kind).glob("*.parquet"))).read().to_pylist()
        found[f"curriculum/{kind}.parquet"] = sorted((str(row["id"]), _bytes(row)) for row in table)
    return found


def conserved(run: RunDir) -> dict[str, Any]:
    """Rows lost and doubled in a run by itself: each question once in each dataset of questions, ids once anywhere."""
    found = {name: [(id_, b"") for id_, _ in there] for name, there in rows(run).items()}
    questions = found["questions"]
    wanted = {name: questions if name in ("cases", "verdicts") else sorted(set(there)) for name, there in found.items()}
    return compare(wanted, found)


def _bytes(row: dict[str, Any]) -> bytes:
    return json.dumps(row, sort_keys=True, ensure_ascii=False).encode()


def compare(wanted: dict[str, list[tuple[str, bytes]]], got: dict[str, list[tuple[str, bytes]]]) -> dict[str, Any]:
    """Rows lost, doubled (there once too often) and different, in all and by dataset where there are any."""
    found: dict[str, dict[str, int]] = {}
    for name, there in wanted.items():
        here = got.get(name, [])
        before, after = Counter(id_ for id_, _ in there), Counter(id_ for id_, _ in here)
        common = (before & after).total()
        same = (Counter(there) & Counter(here)).total()
        counts = {
            "lost": (before - after).total(), "doubled": (after - before).total(), "different": common - same,
        }  # fmt: skip
        if any(counts.values()):
            found[name] = counts
    total = {key: sum(counts[key] for counts in found.values()) for key in ("lost", "doubled", "different")}
    return {**total, "by_dataset": found}


@dataclass(slots=True)
class Notes:
    """What scripted engines noted, read as it grows: what was served, by pass, and when each request was under way."""

    folder: Path
    served: Counter[str] = field(default_factory=Counter)
    by_key: Counter[str] = field(default_factory=Counter)
    tokens: dict[str, int] = field(default_factory=dict)
    _read: dict[str, int] = field(default_factory=dict)
    _begun: list[tuple[float, str, str]] = field(default_factory=list)
    _ended: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def look(self) -> "Notes":
        """Takes in what is new."""
        for path in self.folder.glob("[0-9]*"):
            with open(path, "rb") as file:
                file.seek(self._read.get(path.name, 0))
                new = file.read()
            self._read[path.name] = self._read.get(path.name, 0) + len(new)
            for line in new.decode().splitlines():
                self._take(path.name, *line.split())
        return self

    def _take(self, process: str, what: str, pass_: str, key: str, tokens: str, at: str) -> None:
        self.tokens[key] = int(tokens)
        if what == "begin":
            self._begun.append((float(at), process, key))
            return
        self.served[pass_] += 1
        self.by_key[key] += 1
        self._ended.setdefault((process, key), []).append(float(at))

    def tokens_in_flight(self, moments: Sequence[float]) -> list[int]:
        """Tokens of the replies that were being made at each moment of a fault, in order. A reply that was never made
        to its end was cut off by the first fault after its beginning."""
        found = [0] * len(moments)
        for began, process, key in self._begun:
            ends = [end for end in self._ended.get((process, key), ()) if end >= began]
            under_way = [n for n, moment in enumerate(moments) if began <= moment < min(ends, default=math.inf)]
            for n in under_way if ends else under_way[:1]:
                found[n] += self.tokens[key]
        return found

    def tokens_rebought(self, undisturbed: "Notes", faults: Sequence[tuple[str, float]]) -> dict[str, int]:
        """Tokens of replies that were made to their end more often than in a run that nothing disturbed, by the kind of
        fault, of (kind, moment), that came last before they were begun again."""
        found: Counter[str] = Counter()
        for key, times in (self.by_key - undisturbed.by_key).items():
            begun = sorted(began for began, _, other in self._begun if other == key)
            for again in begun[-times:]:
                before = [kind for kind, moment in faults if moment < again]
                found[before[-1] if before else "none"] += self.tokens[key]
        return dict(found)


def by(names: Iterable[str]) -> dict[str, int]:
    """How often each name occurs, the most frequent first."""
    return dict(Counter(names).most_common())
