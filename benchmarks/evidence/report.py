"""The figures of `benchmarks.evidence` in, docs/evidence.md and its pictures out (wording: evidence.md.jinja)."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import jinja2

from benchmarks.evidence.plots import CURVES, LABELS, curve_points, ordered, plot_curves, plot_recipes, varied_value
from benchmarks.evidence.points import BASELINES, CURVE_BASELINES, EQUAL_TOKENS
from benchmarks.shared.intervals import interval
from benchmarks.shared.record import ROOT

Points = list[dict[str, Any]]
WORLDS = ("standard", "covered", "worded")
STANDARD = {"slip": 0.18, "atomic_errors": 0.0, "blind_spots": 0.0}
"""What the standard world has of that which curves vary."""


def write_report(points: Points, summary: dict[str, Any], folder: Path = ROOT / "docs") -> None:
    """Writes the page and its pictures; what was not run is left out, and named at the end."""
    worlds = {kind: [p for p in points if p["kind"] == kind] for kind in WORLDS}
    drawn = [name for name in CURVES if any(p["kind"].startswith(f"{name}=") for p in points)]
    if worlds["standard"]:
        plot_recipes(worlds["standard"], folder / "evidence.png")
    if drawn:
        plot_curves(points, CURVE_BASELINES, folder / "evidence_curves.png")
    missing = [f"the {kind} world" for kind in WORLDS if not worlds[kind]]
    missing += [f"the curve over {name}" for name in CURVES if name not in drawn]
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {
        "points": partial(_shown, form="{:+.1f}", scale=100),
        "percent": partial(_shown, form="{:.1f}", scale=100),
        "share": partial(_shown, form="{:.3f}"),
        "number": partial(_shown, form="{:,.2f}"),
    }
    template = environment.from_string((ROOT / "benchmarks" / "evidence.md.jinja").read_text(encoding="utf-8"))
    page = template.render(
        main=worlds["standard"], covered=worlds["covered"], worded=worlds["worded"], summary=summary, missing=missing,
        curves=_curve_rows(points, drawn), labels=LABELS, baselines=(*BASELINES, *EQUAL_TOKENS), ordered=ordered,
        over=over, per=per, lead=lead, total=total, losses=losses,
    )  # fmt: skip
    (folder / "evidence.md").write_text(page, encoding="utf-8")


def over(points: Points, path: str) -> dict[str, float | None]:
    """Mean and interval of a figure, named by its dotted path; points that have none are left out."""
    return interval([value for point in points if (value := _at(point, path)) is not None])


def per(points: Points, path: str, unit: str) -> dict[str, float | None]:
    """The same of one figure over another."""
    return interval([_at(point, path) / _at(point, unit) for point in points])


def lead(points: Points, name: str, other: str) -> dict[str, float | None]:
    """By how much one recipe is more accurate than another, seed by seed."""
    return interval([point["accuracy"][name] - point["accuracy"][other] for point in points])


def total(points: Points, path: str) -> str:
    """The sum of a count."""
    return f"{sum(_at(point, path) for point in points):,}"


def losses(points: Points) -> list[tuple[str, int]]:
    """The recipes that are ahead of the subject on some seeds, and on how many."""
    counts = {name: sum(p["accuracy"][name] > p["accuracy"]["dgrc"] for p in points) for name in ordered(points)}
    return [(name, count) for name, count in counts.items() if count and name != "oracle"]


def _curve_rows(points: Points, names: list[str]) -> list[tuple[str, ...]]:
    rows = []
    for name in names:
        for point in sorted(curve_points(points, name), key=lambda p: (_value(p, name), p["seed"])):
            best = max(point["accuracy"][baseline] for baseline in CURVE_BASELINES)
            figures = (point["teacher_chains_right"], point["atoms_correct"], point["accuracy"]["dgrc"], best)
            shown = (f"{figure:.3f}" for figure in figures)
            rows.append((name, f"{_value(point, name):g}", str(point["seed"]), *shown))
    return rows


def _value(point: dict[str, Any], name: str) -> float:
    return varied_value(point) if "=" in point["kind"] else STANDARD[name]


def _at(point: dict[str, Any], path: str) -> Any:
    found: Any = point
    for key in path.split("."):
        found = found[key]
    return found


def _shown(values: dict[str, float | None], form: str, scale: float = 1) -> str:
    """A mean with its interval, if it has one."""
    show: Callable[[float], str] = lambda value: form.format(scale * value)  # noqa: E731
    if values["mean"] is None:
        return "none"
    if values["low"] is None or values["high"] is None:
        return show(values["mean"])
    return f"{show(values['mean'])} [{show(values['low'])}, {show(values['high'])}]"
