"""A run at a glance: its folder and its index in; the funnel, what it cost, distributions and accuracies out.

Figures come from the index, so that a run under way has them too; what the steps reported of themselves is beside them.
A file that cannot be read is told, and the rest is shown.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dgrc.storage.objectstore.runs import lies_at
from dgrc.storage.run_dir import RunDir
from dgrc.storage.standing import rounds
from dgrc.view.now import tell_now
from dgrc.view.query import View
from dgrc.view.store import Store, Table

Told = dict[str, Any]
Loss = tuple[str, int, dict[str, list[str]]]
"""What is lost, how many, and which values of facets show it."""
BINS = 10


def tell_run(run: RunDir, store: Store, cases: View, atoms: View, building: Told) -> Told:
    """All that the first page shows of a round."""
    now = tell_now(run, store, building)
    troubles: list[str] = [*now["troubles"]]
    tables = store.tables
    reports = run.reports()
    assembled = reports.get("assemble", {})
    troubles += _lost(tables, reports) if not building.get("waiting") else ()
    return {
        "run": lies_at(run), "name": run.root.name, "round": run.number, "rounds": rounds(run),
        "status": now["status"], "now": now, "reports": reports,
        "counts": {name: len(table) for name, table in tables.items()},
        "funnel": list(_funnel(store, cases, atoms, assembled)),
        "usage": list(_usage(store, reports)),
        "agreement": _histogram(tables["atoms"].columns["agreed"]),
        "judge": sorted(
            ((int(name), n) for name, n in atoms.counts("judge")), key=lambda at: at[0]
        ),
        "read_by": cases.counts("read_by"), "verdicts": cases.counts("verdict"),
        "atoms": atoms.counts("became"),
        "rounds_figures": read_json(run.root / "rounds.json", troubles, _are_rows),
        "warnings": read_json(run.warnings(), troubles, is_list),
        "evaluation": read_json(run.evaluation(), troubles, _is_evaluation),
        "spending": _spending(run, troubles),
        "troubles": troubles, "unreadable": [
            {"stream": stream, "file": Path(path).name, "words": words} for stream, path, words in store.files()
        ],
    }  # fmt: skip


def _lost(tables: Mapping[str, Table], reports: dict[str, Told]) -> Iterator[str]:
    """Of which steps, that are finished, fewer rows can be read than they wrote."""
    wrote = (("ingest", "questions", "kept"), ("gather", "cases", "rows"), ("screen", "atoms", "rows"),
             ("verify", "verdicts", "rows"))  # fmt: skip
    for step, stream, key in wrote:
        rows: Any = reports.get(step, {}).get(key)
        there = len(tables[stream])
        if isinstance(rows, int) and there < rows:
            yield f"Of the {rows:,} rows that {step} wrote {there:,} can be read in {stream}/. The rest is not shown."


def _funnel(store: Store, cases: View, atoms: View, assembled: Told) -> Iterator[Told]:
    """What there is after each step, and what was lost before it, each with the list that shows it."""
    status, verdict = dict(cases.counts("status")), dict(cases.counts("verdict"))
    became, verdicts = dict(atoms.counts("became")), store.tables["verdicts"].columns
    gathered = len(cases.table)

    def step(unit: str, name: str, count: int, losses: Sequence[Loss] = (), **chosen: list[str]) -> Told:
        page = "atoms" if unit == "atoms" else "cases"
        lost = [{"name": what, "count": n, "page": page, "chosen": which} for what, n, which in losses if n]
        return {"unit": unit, "name": name, "count": count, "page": page, "chosen": chosen, "losses": lost}

    yield step("questions", "questions", max(len(store.tables["questions"]), gathered))
    if not gathered:
        return
    if gathered < len(store.tables["questions"]):
        yield step("questions", "gathered so far", gathered)
    divergent, agreeing = status.get("divergent", 0), status.get("agreeing", 0)
    left_out = [(what, status.get(what, 0), {"status": [what]}) for what in ("unparsed", "failed")]
    yield step("questions", "readable", divergent + agreeing, left_out, status=["divergent", "agreeing"])
    yield step("questions", "divergent", divergent, [("agreeing", agreeing, {"status": ["agreeing"]})],
               status=["divergent"])  # fmt: skip
    yield step("atoms", "atoms asked", int(cases.table.columns["atoms"].sum()))
    if len(atoms.table):
        yield step("atoms", "distinct atoms", len(atoms.table))
        lost = [(what, n, {"became": [what]}) for what, n in became.items() if what != "kept"]
        yield step("atoms", "atoms kept", became.get("kept", 0), lost, became=["kept"])
    if len(store.tables["verdicts"]):
        checked, passed, rejected = (int(verdicts[name].sum()) for name in ("checked", "passed", "rejected"))
        held = [name for name in verdict if name != "not held against facts"]
        lost = [
            ("contradicted", rejected, {"verdict": [name for name in held if name in ("mixed", "contradicted")]}),
            (
                "without a verdict",
                checked - passed - rejected,
                {"unchecked": [n for n, _ in cases.counts("unchecked")]},
            ),
        ]
        yield step("chains", "chains held against facts", checked, verdict=held)
        yield step(
            "chains", "chains passed", passed, lost, verdict=[name for name in held if name in ("passed", "mixed")]
        )
    if "cot" in assembled or len(store.tables["cot"]):
        yield step("chains", "chains in the curriculum", len(store.tables["cot"]), curriculum=["gives chains"])


def _usage(store: Store, reports: dict[str, Told]) -> Iterator[Told]:
    """Calls and tokens by role and step, over all rows in the index; money of those that have a price, by the reports
    of the steps that are finished."""
    sums: dict[tuple[str, str], Told] = {}
    for name, table in store.tables.items():
        for key, count in table.usage.items():
            role, step, what = key.split("/", 2)
            one = sums.setdefault((role, step), {"role": role, "step": step, "stream": name})
            one[what] = one.get(what, 0) + count
    for report in reports.values():
        usage = report.get("usage")
        for who, spent in usage.items() if isinstance(usage, dict) else ():
            role, _, step = who.partition("/")
            if isinstance(spent, dict) and _is_number(spent.get("money")):
                priced = sums.setdefault((role, step), {"role": role, "step": step, "stream": ""})
                priced["money"] = priced.get("money", 0) + spent["money"]
    return iter(sums.values())


def _histogram(hundredths: np.ndarray) -> list[int]:
    """How many rows are in each tenth; the last one has those that agree in full."""
    return np.bincount(np.minimum(hundredths, 100) // BINS, minlength=BINS + 1)[: BINS + 1].tolist()


def _spending(run: RunDir, troubles: list[str]) -> Told:
    found = sorted((run.root / "spending").glob("*.json"))
    return {path.stem: read_json(path, troubles, lambda said: isinstance(said, dict)) for path in found}


def read_json(path: Path, troubles: list[str], fits: Callable[[Any], bool] = lambda _: True) -> Any:
    """What a file of the run holds; None if it is not there, cannot be read or does not fit, which is told."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as e:
        troubles.append(f"{path.name} cannot be read ({type(e).__name__}: {e})")
        return None
    if fits(said):
        return said
    troubles.append(f"{path.name} is in no form that is known, so it is left out")
    return None


def _is_number(said: Any) -> bool:
    return isinstance(said, int | float) and not isinstance(said, bool)


def is_list(said: Any) -> bool:
    """Whether it is a list, as warnings are."""
    return isinstance(said, list)


def _are_rows(said: Any) -> bool:
    """Whether it is a list of figures by name; a number that is not known is null."""
    named = isinstance(said, list) and all(isinstance(row, dict) for row in said)
    return named and all(_is_number(n) or isinstance(n, str | None) for row in said for n in row.values())


def _is_evaluation(said: Any) -> bool:
    """Whether it has what is shown of it: models with their accuracies, and paired tests."""
    if not isinstance(said, dict) or not is_list(said.get("warnings", [])):
        return False
    models, against = said.get("models", {}), said.get("against") or {}
    if not isinstance(models, dict) or not isinstance(against, dict):
        return False
    scores = all(
        isinstance(score, dict) and all(_is_number(score.get(key)) for key in ("accuracy", "low", "high"))
        for score in models.values()
    )
    tests = all(isinstance(test, dict) and _is_number(test.get("p_value")) for test in against.values())
    return scores and tests and (not models or all(_is_number(said.get(key)) for key in ("questions", "confidence")))
