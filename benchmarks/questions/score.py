"""What `benchmarks.questions` makes of the passages that were kept and removed: held against the maker's truth."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.questions.corpus import Maker
from dgrc.config import CorpusConfig
from dgrc.corpus.passages import split
from dgrc.records import hash64
from dgrc.storage.run_dir import RunDir

REPEATS = ("repeated", "near_duplicate")
COLUMNS = ["id", "document", "source", "start", "end"]


@dataclass(frozen=True)
class Known:
    """What is true of a document: its number, its cluster's and that of the evaluation question in it, if any."""

    number: int
    cluster: int
    leaks: int | None


def score(folder: Path, mb: float, seed: int, language: type[Maker] = Maker) -> dict[str, Any]:
    """Recall and precision of what was removed, and whether every passage is there once.

    Of repeats, a passage of a planted copy is found if it was removed in favour of one of its own cluster; the first
    document of a cluster, in the order of the files, is no copy. Of leaks, a document is found if one of its passages
    was removed because of the very question that it holds.
    """
    truth = known(folder / "truth.jsonl")
    run = RunDir(folder / "runs" / "whole")
    kept, removed = list(_rows(run.dataset("passages"))), list(_rows(run.dataset("removed"), "reason", "twin"))
    return {
        **_repeats(truth, kept, removed),
        **_leaks(truth, removed),
        **_accounts(truth, kept + removed, language(seed), mb),
        "passages": len(kept), "removed": len(removed),
    }  # fmt: skip


def known(path: Path) -> dict[str, Known]:
    """The truth of each document by its name."""
    with open(path, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return {row["name"]: Known(row["number"], row["cluster"], row["leaks"]) for row in rows}


def _repeats(truth: dict[str, Known], kept: list[dict[str, Any]], removed: list[dict[str, Any]]) -> dict[str, float]:
    places: dict[int, set[tuple[str, int, str]]] = defaultdict(set)
    for row in kept + removed:
        places[truth[row["document"]].cluster].add((*_place(row["source"]), row["document"]))
    copies = {name for documents in places.values() for *_, name in sorted(documents)[1:]}
    planted = found = right = wrong = 0
    for row in kept + removed:
        planted += row["document"] in copies and row.get("reason") != "contaminated"
    for row in removed:
        if row["reason"] in REPEATS:
            same = truth[row["document"]].cluster == truth[row["twin"].rpartition(":")[0]].cluster
            right, wrong = right + same, wrong + (not same)
            found += same and row["document"] in copies
    return {"duplicate_recall": _share(found, planted), "duplicate_precision": _share(right, right + wrong),
            "planted_passages": planted}  # fmt: skip


def _leaks(truth: dict[str, Known], removed: list[dict[str, Any]]) -> dict[str, float]:
    held = {name: it.leaks for name, it in truth.items() if it.leaks is not None}
    named = [(row["document"], int(row["twin"].rpartition(":")[2]) - 1)
             for row in removed if row["reason"] == "contaminated"]  # fmt: skip
    right = [name for name, question in named if held.get(name) == question]
    return {"contamination_recall": _share(len(set(right)), len(held)),
            "contamination_precision": _share(len(right), len(named)), "planted_leaks": len(held)}  # fmt: skip


def _accounts(truth: dict[str, Known], rows: list[dict[str, Any]], maker: Maker, mb: float) -> dict[str, int]:
    """Passages that the made documents have and the run has not, has twice, or has at another place or otherwise."""
    names = {it.number: name for name, it in truth.items()}
    settings = CorpusConfig()
    expected = set()
    for made in maker.documents(int(mb * 1e6)):
        for start, end in split(made.text, settings.passage_words, settings.least_words):
            expected.add(_key(names[made.number], start, end, hash64(made.text[start:end])))
    found = [_key(row["document"], row["start"], row["end"], row["id"]) for row in rows]
    distinct = set(found)
    return {"lost": len(expected - distinct), "doubled": len(found) - len(distinct),
            "invented": len(distinct - expected)}  # fmt: skip


def _key(name: str, start: int, end: int, id_: int) -> int:
    return hash64(name, str(start), str(end), str(id_))


def _place(source: str) -> tuple[str, int]:
    """File and row, in the order in which they are read."""
    path, _, row = source.rpartition(":")
    return (path, int(row)) if path and row.isdigit() else (source, 0)


def _rows(folder: Path, *more: str) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.parquet")):
        yield from pq.read_table(path, columns=[*COLUMNS, *more]).to_pylist()


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 1.0
