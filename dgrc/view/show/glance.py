"""A run at a glance for a terminal: its folder flows in, renderables flow out, without an index."""

from typing import Any

from rich.table import Table

from dgrc.report.marks import lines
from dgrc.report.said import Said
from dgrc.storage.marks.file import looked_up
from dgrc.storage.objectstore.runs import lies_at
from dgrc.storage.run_dir import RunDir
from dgrc.view.overview import is_list, read_json

STEPS = ("ingest", "gather", "collect", "answer", "screen", "index", "verify", "assemble")
Told = dict[str, Any]
ODD = (KeyError, TypeError, ValueError, AttributeError)


def told_run(run: RunDir) -> list[Any]:
    """Passes with their counts, warnings, rounds, and accuracies if evaluated; what cannot be read is said."""
    parts: list[Any] = [Said(f"Run {lies_at(run)}", style="bold")]
    reports, troubles = run.reports(), list[str]()
    for name in STEPS:
        parts.append(Said(f"  {name:<9} {_counts(reports[name]) if name in reports else 'not finished'}"))
    parts += [Said(f"! {line}", style="yellow") for line in read_json(run.warnings(), troubles, is_list) or ()]
    figures = read_json(run.root / "rounds.json", troubles)
    report = read_json(run.evaluation(), troubles)
    for file, make, there in (
        ("rounds.json", _rounds, figures if figures and len(figures) > 1 else None),
        ("evaluation.json", _accuracies, report),
    ):
        try:
            parts += [make(there)] if there is not None else []
        except ODD as e:
            troubles.append(f"{file} is in no form that is known ({type(e).__name__}: {e})")
    return parts + _marked(run) + [Said(f"! {line}", style="yellow") for line in troubles]


def _marked(run: RunDir) -> list[Said]:
    """What people found right, as it was when they looked."""
    standing, problem = looked_up(run)
    parts = [Said(line) for line in lines(standing.marks.values())]
    return [*parts, Said(f"! {problem}", style="yellow")] if problem else parts


def _rounds(figures: list[Told]) -> Table:
    """Each round's figures side by side."""
    table = Table(box=None)
    for column in ("round", "divergent", "new atoms", "teacher tokens", "agrees with verified", "held-out"):
        table.add_column(column, overflow="fold")
    for row in figures:
        accuracy = f"{row['accuracy']:.1%}" if "accuracy" in row else ""
        ended = f"  stopped by {row['stopped_by']}" if "stopped_by" in row else ""
        table.add_row(
            Said(f"{row['round']}{ended}"), f"{row['divergent']:.1%}", f"{row['new_atoms']:,}",
            f"{row['teacher_tokens']:,}", f"{row['agreement']:.1%}", accuracy,
        )  # fmt: skip
    return table


def _accuracies(report: Told) -> Table:
    table = Table(title=f"{report['questions']} held-out questions", title_justify="left")
    interval = f"{report['confidence']:.0%} interval"
    for column in ("model", "accuracy", interval, "unparsed", "of those read", "by likelihood", "p against dgrc"):
        table.add_column(column, overflow="fold")
    for name, score in report["models"].items():  # a run of an earlier version has no figures but the first ones
        test, read, free = report["against"].get(name), score.get("accuracy_read"), score.get("likelihood", {})
        table.add_row(
            Said(name), f"{score['accuracy']:.3f}", f"{score['low']:.3f} to {score['high']:.3f}",
            str(score["unparsed"]), "" if read is None else f"{read:.3f}",
            f"{free['accuracy']:.3f}" if "accuracy" in free else "", f"{test['p_value']:.2g}" if test else "",
        )  # fmt: skip
    if report.get("warnings"):
        table.caption = Said("\n".join(f"! {said}" for said in report["warnings"]))
        table.caption_justify = "left"
    return table


def _counts(report: Told) -> str:
    flat = {k: v for k, v in report.items() if isinstance(v, int)}
    for nested in ("status", "quarantined"):
        flat |= report.get(nested, {})
    return ", ".join(f"{k} {v:,}" for k, v in flat.items())
