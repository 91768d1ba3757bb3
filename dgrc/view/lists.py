"""The two lists: an index in memory in; cases and atoms with their facets and orders, joined over streams, out.

`at random` is the order of ids, which are hashes of texts: its first rows are a sample that nobody chose.
"""

import numpy as np

from dgrc.view.index.segment import ONE
from dgrc.view.query import Facet, View
from dgrc.view.store import Store, Table


def cases(store: Store) -> View:
    """The gathered questions. The first order puts first what tells most: chains of one question of which some passed
    and some were contradicted, then other contradictions, then other divergent questions."""
    table, verdicts, questions = (store.tables[name] for name in ("cases", "verdicts", "questions"))
    passed, rejected, against = (table.of(verdicts, name) for name in ("passed", "rejected", "contradictions"))
    learned = store.tables["cot"].places(table.ids) >= 0
    status = _facet(table, "status", "Status")
    divergent = status.chosen(["divergent"])
    telling = (
        8 * ((passed > 0) & (rejected > 0)) + 4 * divergent + 2 * (against > 0) + learned
    )  # fmt: skip
    facets = {
        "status": status,
        "verdict": _joined(table, verdicts, "verdict", "Verdict"),
        "curriculum": Facet("Curriculum", (learned + 1).astype(ONE), {1: "gives no chain", 2: "gives chains"}),
        "read_by": _facet(table, "read_by", "How answers were read", many=True),
        "unchecked": _joined(table, verdicts, "unchecked", "Why not checked", many=True),
        "error": _facet(table, "error", "Error"),
        "audit": _joined(table, verdicts, "audit", "Audit"),
        "tokens": _facet(table, "tokens_band", "Tokens"),
        "script": _facet(table, "script", "Script"),
        "source": _joined(table, questions, "source", "File"),
    }
    orders = {
        "telling": telling,
        "contradictions": against,
        "tokens": table.columns["tokens"],
        "disagreement": 100 - table.columns["agreement"].astype(np.int64),
        "atoms": table.columns["atoms"],
        "at random": table.ids,
        "as read": np.zeros(len(table), np.int8),
    }
    return View(store, "cases", facets, orders)


def atoms(store: Store) -> View:
    """The distinct atomic questions; first those that decided most verdicts, then those that most questions asked."""
    table, verdicts = store.tables["atoms"], store.tables["verdicts"]
    decided = _decided(table, verdicts)
    facets = {
        "became": _facet(table, "became", "What became of it"),
        "decided": Facet(
            "Contradicts", (1 + (decided > 0)).astype(ONE), {1: "no chain", 2: "some chain"}
        ),
        "agreement": _facet(table, "agreement", "Agreement of answers"),
        "judge": _facet(table, "judge", "Judge's score"),
        "asked_by": _facet(table, "asked_by", "Asked by"),
        "error": _facet(table, "error", "Error"),
        "script": _facet(table, "script", "Script"),
    }  # fmt: skip
    orders = {
        "decisive": decided * 1_000_000 + table.columns["asked"],
        "asked most": table.columns["asked"],
        "disagreement": 100 - table.columns["agreed"].astype(np.int64),
        "at random": table.ids,
        "as read": np.zeros(len(table), np.int8),
    }
    return View(store, "atoms", facets, orders)


def _decided(table: Table, verdicts: Table) -> np.ndarray:
    """(rows,) how many chains each atom contradicts."""
    places = table.places(verdicts.pairs[:, 1])
    return np.bincount(places[places >= 0], minlength=len(table))[: len(table)]


def _facet(table: Table, name: str, label: str, many: bool = False) -> Facet:
    return Facet(label, table.columns[name], table.names[name], many)


def _joined(table: Table, other: Table, name: str, label: str, many: bool = False) -> Facet:
    return Facet(label, table.of(other, name), other.names[name], many)
