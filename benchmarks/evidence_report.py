"""The figures of `benchmarks.evidence` in, docs/evidence.md and docs/evidence.png out."""

from pathlib import Path
from typing import Any

from benchmarks.record import ROOT

LABELS = {
    "dgrc": "DGRC: atoms, then verified chains, 20 % replay",
    "chains_first": "DGRC, chains first",
    "mixed": "DGRC, one mixed stage",
    "no_replay": "DGRC without replay",
    "chains_only": "verified chains only",
    "unverified": "atoms, then all teacher chains, unverified",
    "atoms_only": "atoms only",
    "teacher_majority": "baseline: teacher majority",
    "many_chains": "baseline: all teacher chains (SCoTD)",
    "distill": "baseline: one teacher chain",
    "self_train": "baseline: student majority (self-training)",
    "teacher": "the teacher itself, greedy",
    "base": "the student before",
    "oracle": "true chains (no filter can do better)",
}
HEAD = """# Evidence

<!-- Written by `python -m benchmarks.evidence`; edit benchmarks/evidence_report.py. -->

Measured in the proving world (seeds: {names}; each makes its own world, teacher, student and run), where
the method's premise holds by construction: inside chains the teacher has fixed misconceptions and slips, asked for
single facts it was taught the truth. **This is evidence about the implementation and about the parts of the method,
not about LLMs.** All students of a seed learn from the same cases at equal visits and optimizer steps; 600 held-out
questions; intervals are 95 % over seeds (Student's t), and one seed gives none. Settings were chosen on seeds 0 to 2
(docs/log.md), so these seeds are not independent of them.

![Held-out accuracy by recipe](evidence.png)

"""


def write_report(points: list[dict[str, Any]], summary: dict[str, Any], folder: Path = ROOT / "docs") -> None:
    """Writes the page and its picture."""
    seeds = summary["seeds"]
    parts = [HEAD.format(names=", ".join(map(str, seeds))), _accuracies(points, summary)]
    parts += [_verification(summary), _cost(summary), NOT_YET]
    (folder / "evidence.md").write_text("\n".join(parts), encoding="utf-8")
    plot(points, folder / "evidence.png")


def plot(points: list[dict[str, Any]], file: Path) -> None:
    """Each recipe a line of dots, one a seed, with the mean as a bar."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    names = _ordered(points)
    figure, axes = pyplot.subplots(figsize=(8.5, 0.36 * len(names) + 1), layout="constrained")
    for row, name in enumerate(reversed(names)):
        values = [100 * point["accuracy"][name] for point in points]
        mean = sum(values) / len(values)
        usual = "#7aa6c2" if "baseline" in LABELS[name] else "#c9b27c"
        colour = {"dgrc": "#1b6e3c", "oracle": "#888888"}.get(name, usual)
        axes.barh(row, mean, color=colour, height=0.62)
        axes.scatter(values, [row] * len(values), color="black", s=9, zorder=3)
        axes.text(101.5, row, f"{mean:.1f}", va="center", fontsize=9)
    axes.set_yticks(range(len(names)), [LABELS[name] for name in reversed(names)], fontsize=9)
    axes.set_xlim(0, 108)
    axes.set_xlabel("held-out accuracy, % (bar: mean; dots: seeds)", fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(file, dpi=130)
    pyplot.close(figure)


def _ordered(points: list[dict[str, Any]]) -> list[str]:
    means = {name: sum(p["accuracy"][name] for p in points) / len(points) for name in points[0]["accuracy"]}
    return sorted(means, key=lambda name: -means[name])


def _accuracies(points: list[dict[str, Any]], summary: dict[str, Any]) -> str:
    lines = ["## What the parts are worth", ""]
    lines += ["| recipe | " + " | ".join(f"seed {p['seed']}" for p in points) + " | mean | difference to DGRC |"]
    lines += ["|---|" + "---|" * (len(points) + 2)]
    for name in _ordered(points):
        difference = summary["difference_to_dgrc"].get(name)
        cells = [f"{p['accuracy'][name]:.3f}" for p in points]
        mean = f"{summary['accuracy'][name]['mean']:.3f}"
        lines.append(f"| {LABELS[name]} | {' | '.join(cells)} | {mean} | {_signed(difference) if difference else ''} |")
    closed, relative = summary["gap_closed_to_oracle"], summary["dgrc_over_best_baseline_relative"]
    lines += [
        "",
        f"DGRC closes {_percent(closed)} of the gap between each seed's strongest baseline and true chains, and is "
        f"{_percent(relative)} better than that baseline, relatively (the paper's headline is +7.76 %, for a 1.5B "
        "student in medicine; the two worlds cannot be compared).",
        "",
    ]
    return "\n".join(lines)


def _verification(summary: dict[str, Any]) -> str:
    own = summary["own_atoms_only"]
    rows = [("atoms of the whole corpus that speak to the chain", summary), ("the question's own (as published)", own)]
    lines = ["## What a chain should be held against", "", "The same cases and atoms, verified twice.", ""]
    lines += ["| atoms | precision (passed chains right in every step) | recall (right chains passed) |"]
    lines += ["|---|---|---|"]
    lines += [
        f"| {name} | {_share(figures['verifier_precision'])} | {_share(figures['verifier_recall'])} |"
        for name, figures in rows
    ]
    return "\n".join([*lines, ""])


def _cost(summary: dict[str, Any]) -> str:
    calls, tokens = summary["teacher_calls_per_question"], summary["teacher_tokens_per_question"]
    return "\n".join([
        "## What it costs",
        "",
        f"{calls['mean']:.1f} teacher calls and {tokens['mean']:.0f} generated teacher tokens a question (plain "
        f"distillation with one chain: 1 call). Atoms right {_share(summary['atoms_correct'])}, kept chains right in "
        f"their answer {_share(summary['kept_chains_correct'])}.",
        "",
    ])


NOT_YET = """## Not measured yet

Equal teacher tokens; the published procedure side by side (all pairs, one teacher chain, atoms answered by pair);
curves over teacher accuracy, atomic accuracy and shared blind spots; an audit of agreeing questions by a third model;
a world where the atoms cover less than 40 % of what the test needs; more than one wording. No capable LLM has been
through any of this.
"""


def _signed(values: dict[str, Any]) -> str:
    if values["low"] is None:
        return f"{100 * values['mean']:+.1f}"
    return f"{100 * values['mean']:+.1f} [{100 * values['low']:+.1f}, {100 * values['high']:+.1f}]"


def _percent(values: dict[str, Any]) -> str:
    if values["low"] is None:
        return f"{100 * values['mean']:.0f} %"
    return f"{100 * values['mean']:.0f} % [{100 * values['low']:.0f}, {100 * values['high']:.0f}]"


def _share(values: dict[str, Any]) -> str:
    if values["low"] is None:
        return f"{values['mean']:.3f}"
    return f"{values['mean']:.3f} [{values['low']:.3f}, {values['high']:.3f}]"
