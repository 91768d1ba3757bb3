"""Two runs, or two rounds of one, held against each other: their indexes in memory in; the questions of both whose
status, verdict, answers or place in the curriculum changed, as a list like any other, out.

Questions are matched by their ids, which are hashes of text and options. Columns are joined by sorted ids, so that a
million questions take a second, and texts stay where they are.
"""

from typing import Any

import numpy as np

from dgrc.view.index.segment import MANY, ONE
from dgrc.view.query import Chosen, Facet, View
from dgrc.view.store import Store

KINDS = ("status", "verdict", "teacher's answer", "student's answer", "curriculum")
NOTHING = "none"


class Comparison:
    """The questions that `here` has and `there` too, by what changed from there to here."""

    def __init__(self, here: Store, there: Store):
        self.generations = here.generation, there.generation
        self._stores = here, there
        ours, theirs = here.tables["cases"], there.tables["cases"]
        places = theirs.places(ours.ids)
        both = places >= 0
        self.counts = {"both": int(both.sum()), "only_here": int((~both).sum())}
        self.counts["only_there"] = len(theirs) - self.counts["both"]
        columns = [_columns(store) for store in (there, here)]
        changed = np.zeros(len(ours), MANY)
        facets = {"changed": Facet("What changed", changed, dict(enumerate(KINDS, 1)), many=True)}
        for bit, kind in enumerate(KINDS):
            (before, named), (after, names) = (column[kind] for column in columns)
            before = _at(before, places)
            if names:
                before, after, labels = _same_codes(before, named, after, names)
            differs = both & (before != after)
            changed |= (differs.astype(MANY) << np.uint32(bit)).astype(MANY)
            if names:
                facets[f"{kind}_was"] = _ways(kind.capitalize(), before, after, differs, labels)
        kinds = np.array([bin(n).count("1") for n in range(1 << len(KINDS))], np.int8)
        orders = {"changed most": kinds[changed], "at random": ours.ids, "as read": np.zeros(len(ours), np.int8)}
        self.view = View(here, "cases", facets, orders, changed > 0)

    def page(self, chosen: Chosen, after: int | None, limit: int) -> dict[str, Any]:
        """As `View.page`; each row has what the other run says of the question as `before`."""
        page = self.view.page(chosen, after, limit)
        here, there = self._stores
        ids = np.array([int(row["id"]) for row in page["rows"]], np.int64)
        lines = there.lines("cases", there.tables["cases"].places(ids).tolist())
        told = zip(page["rows"], lines, _outcomes(here, ids), _outcomes(there, ids), strict=True)
        for row, line, now, before in told:
            row |= {"outcome": now, "before": {**line, "outcome": before}}
        return {**page, "counts": {**self.counts, "changed": self.view.size}}


def _outcomes(store: Store, ids: np.ndarray) -> list[str]:
    """The verdicts on questions, each in a word."""
    verdicts = store.tables["verdicts"]
    codes = _at(verdicts.columns["verdict"], verdicts.places(ids)).tolist()
    return [verdicts.names["verdict"].get(code, "") for code in codes]


def _columns(store: Store) -> dict[str, tuple[np.ndarray, dict[int, str]]]:
    """Of each kind the column of the cases, and the names of its codes; answers have none."""
    table, verdicts = store.tables["cases"], store.tables["verdicts"]
    learned = np.where(store.tables["cot"].places(table.ids) >= 0, 2, 1).astype(ONE)
    return {
        "status": (table.columns["status"], table.names["status"]),
        "verdict": (table.of(verdicts, "verdict"), verdicts.names["verdict"] or {1: ""}),
        "teacher's answer": (table.columns["teacher_says"], {}),
        "student's answer": (table.columns["student_says"], {}),
        "curriculum": (learned, {1: "gives no chain", 2: "gives chains"}),
    }


def _at(column: np.ndarray, places: np.ndarray) -> np.ndarray:
    """A column at these places, 0 where there is none."""
    if not len(column):
        return np.zeros(len(places), column.dtype)
    return np.where(places >= 0, column[places], 0).astype(column.dtype)


def _same_codes(
    before: np.ndarray, named: dict[int, str], after: np.ndarray, names: dict[int, str]
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Two columns of facets with one code for each name; the names, of which the first is none."""
    labels = [NOTHING, *sorted({*named.values(), *names.values()} - {""})]
    columns = []
    for column, called in ((before, named), (after, names)):
        codes = np.zeros(max(called, default=0) + 1, np.int64)
        for code, name in called.items():
            codes[code] = labels.index(name) if name else 0
        columns.append(codes[np.minimum(column, len(codes) - 1)])
    return columns[0], columns[1], labels


def _ways(label: str, before: np.ndarray, after: np.ndarray, differs: np.ndarray, labels: list[str]) -> Facet:
    """From what to what, of the rows that differ."""
    codes = np.where(differs, 1 + before * len(labels) + after, 0).astype(ONE)
    names = {int(code): " → ".join(labels[at] for at in divmod(int(code) - 1, len(labels))) for code in np.unique(codes)
             if code}  # fmt: skip
    return Facet(label, codes, names)
