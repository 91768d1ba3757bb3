"""The pictures of the evidence: what each recipe reaches, and what happens as teacher and student get worse."""

from pathlib import Path
from typing import Any

LABELS = {
    "dgrc": "DGRC: atoms, then verified chains, 20 % replay",
    "chains_first": "DGRC, chains first",
    "mixed": "DGRC, one mixed stage",
    "no_replay": "DGRC without replay",
    "frugal": "DGRC with one teacher chain (K = 1, J = 4)",
    "published": "the published procedure (K = 1, J = 8, all pairs)",
    "chains_only": "verified chains only",
    "unverified": "atoms, then all teacher chains, unverified",
    "atoms_only": "atoms only",
    "teacher_majority": "baseline: teacher majority of 3",
    "majority_tokens": "baseline: teacher majority at equal tokens",
    "many_chains": "baseline: 3 teacher chains (SCoTD)",
    "many_chains_tokens": "baseline: teacher chains at equal tokens (SCoTD)",
    "distill": "baseline: one teacher chain",
    "self_train": "baseline: student majority (self-training)",
    "teacher": "the teacher itself, greedy",
    "base": "the student before",
    "oracle": "true chains (no filter can do better)",
}
CURVES = {
    "slip": ("teacher_chains_right", "teacher chains with the right answer (slips varied), %"),
    "atomic_errors": ("atoms_correct", "kept atoms that are right (errors of the teacher varied), %"),
    "blind_spots": ("blind_spots", "misconceptions that the student shares, %"),
}
"""What a curve is drawn over: a figure of its points, and its name."""


def ordered(points: list[dict[str, Any]]) -> list[str]:
    """The recipes of these points, best first by their mean."""
    means = {name: sum(p["accuracy"][name] for p in points) / len(points) for name in points[0]["accuracy"]}
    return sorted(means, key=lambda name: -means[name])


def plot_recipes(points: list[dict[str, Any]], file: Path) -> None:
    """Each recipe a bar with the mean, and a dot for each seed."""
    pyplot = _pyplot()
    names = ordered(points)
    figure, axes = pyplot.subplots(figsize=(8.8, 0.36 * len(names) + 1), layout="constrained")
    for row, name in enumerate(reversed(names)):
        values = [100 * point["accuracy"][name] for point in points]
        mean = sum(values) / len(values)
        usual = "#7aa6c2" if "baseline" in LABELS[name] else "#c9b27c"
        colour = {"dgrc": "#1b6e3c", "oracle": "#888888", "published": "#a0522d"}.get(name, usual)
        axes.barh(row, mean, color=colour, height=0.62)
        axes.scatter(values, [row] * len(values), color="black", s=9, zorder=3)
        axes.text(101.5, row, f"{mean:.1f}", va="center", fontsize=9)
    axes.set_yticks(range(len(names)), [LABELS[name] for name in reversed(names)], fontsize=9)
    axes.set_xlim(0, 108)
    axes.set_xlabel("held-out accuracy, % (bar: mean; dots: seeds)", fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(file, dpi=130)
    pyplot.close(figure)


def plot_curves(points: list[dict[str, Any]], baselines: tuple[str, ...], file: Path) -> None:
    """Accuracy of DGRC and of the best baseline over each thing that is varied, a dot a point."""
    pyplot = _pyplot()
    figure, panels = pyplot.subplots(1, len(CURVES), figsize=(12, 3.6), sharey=True, layout="constrained")
    for axes, (name, (figure_name, title)) in zip(panels, CURVES.items(), strict=True):
        chosen = sorted(curve_points(points, name), key=lambda p: float(p[figure_name]))
        for label, colour, value in (
            ("DGRC", "#1b6e3c", lambda p: p["accuracy"]["dgrc"]),
            ("best baseline", "#7aa6c2", lambda p: max(p["accuracy"][b] for b in baselines)),
        ):
            xs = [100 * float(p[figure_name]) for p in chosen]
            axes.plot(xs, [100 * value(p) for p in chosen], "o-", color=colour, label=label, markersize=4, linewidth=1)
        axes.set_xlabel(title, fontsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("held-out accuracy, %", fontsize=9)
    panels[0].legend(fontsize=8, frameon=False)
    figure.savefig(file, dpi=130)
    pyplot.close(figure)


def curve_points(points: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """The points of a curve: those that vary the setting, and the standard world of the same seeds."""
    varied = [{**p, "blind_spots": varied_value(p)} for p in points if p["kind"].startswith(f"{name}=")]
    seeds = {p["seed"] for p in varied}
    return [*varied, *({**p, "blind_spots": 0.0} for p in points if p["kind"] == "standard" and p["seed"] in seeds)]


def varied_value(point: dict[str, Any]) -> float:
    """The value of the setting that a point of a curve varies."""
    return float(point["kind"].partition("=")[2])


def _pyplot() -> Any:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot
