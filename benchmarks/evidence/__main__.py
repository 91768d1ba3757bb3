"""What is the method worth, what are its parts worth, what does it cost, and where does it fail?

    python -m benchmarks.evidence                      (everything; about four hours on two cores)
    python -m benchmarks.evidence --only standard      (the main comparison)

Every point is a world of its own with its own models and one run: curation, then a student by every recipe at equal
visits and optimizer steps, all scored on the same held-out questions. Points that are done are kept, so the command can
be stopped and called again. Out come docs/evidence.md with its pictures, a record in benchmarks/results/ and one JSON
line.
"""

import json
from typing import Any

import click

from benchmarks.evidence.points import (
    ABLATIONS,
    BASELINES,
    CURVE_BASELINES,
    EQUAL_TOKENS,
    FRUGAL,
    ORACLE,
    PUBLISHED,
    Point,
    run_point,
)
from benchmarks.shared.intervals import interval
from benchmarks.shared.record import record
from dgrc.cli.common import say
from dgrc.workflow.job import SUBJECT

COVERED = 3 / 8
CURVES = {"slip": (0.10, 0.30), "atomic_errors": (0.05, 0.15), "blind_spots": (0.5, 1.0)}
"""What is varied, and to which values beside the standard one."""
WORLDS = ("standard", "covered", "worded", *CURVES)
QUESTIONS = {"standard": {"covered": 700, "curve": 1000}, "small": {"covered": 70, "curve": 100}}
"""Questions of the worlds beside the standard one: what is covered has fewer, and a curve needs many points."""


def plan(seeds: list[int], size: str) -> list[Point]:
    """All points: every seed of the standard world, three of the covered and worded ones, two of a curve's points."""
    points = []
    cpus = "ray.num_cpus=8"  # engines of three models and Ray Data's own, see `dgrc.runtime.session`
    whole = (*BASELINES, *ABLATIONS, *EQUAL_TOKENS, PUBLISHED, FRUGAL, ORACLE)
    points += [Point("standard", seed, (cpus,), whole, whole=True) for seed in seeds]
    order = (*CURVE_BASELINES, "chains_first", "mixed", ORACLE)
    covered = (f"proving.covered={COVERED}", f"proving.questions={QUESTIONS[size]['covered']}")
    worded = ("proving.wording=other", "method.fact_coverage=0.6")
    points += [Point("covered", seed, covered, order) for seed in seeds[:3]]
    points += [Point("worded", seed, worded, order) for seed in seeds[:3]]
    for name, values in CURVES.items():
        for value in values:
            settings = (f"proving.{name}={value}", f"proving.questions={QUESTIONS[size]['curve']}")
            points += [Point(f"{name}={value}", seed, settings, CURVE_BASELINES) for seed in seeds[:2]]
    return points


@click.command()
@click.option("--seeds", default="0,1,2,3,4", show_default=True, help="Seeds of the worlds, separated by commas.")
@click.option("--only", type=click.Choice(WORLDS), multiple=True, help="Run these worlds alone; repeatable.")
@click.option("--size", type=click.Choice(("standard", "small")), default="standard", show_default=True)
@click.option("--runs-dir", default="runs", show_default=True, help="Folder that holds the runs.")
@click.option("--write/--no-write", default=True, help="Write docs/evidence* and the record; --no-write for a trial.")
def main(seeds: str, only: tuple[str, ...], size: str, runs_dir: str, write: bool) -> None:
    """Run what is left to run, then write tables, plots and the record."""
    wanted = [p for p in plan([int(s) for s in seeds.split(",")], size) if not only or p.kind.split("=")[0] in only]
    points = []
    for number, point in enumerate(wanted, 1):
        say(f"point {number} of {len(wanted)}")
        points.append(run_point(point, size, runs_dir))
    summary = summarize(points)
    if write:
        from benchmarks.evidence.report import write_report

        command = " ".join([f"evidence --seeds {seeds} --size {size}", *(f"--only {world}" for world in only)])
        record("evidence", {**summary, "points": points}, command=command)  # before the page: it wants a clean tree
        write_report(points, summary)
    click.echo(json.dumps(summary))


def summarize(points: list[dict[str, Any]]) -> dict[str, Any]:
    """The main comparison in a few figures: means with 95 % intervals over seeds, null where there is one seed."""
    main = [point for point in points if point["kind"] == "standard"]
    if not main:
        return {"points": len(points)}
    accuracy = [point["accuracy"] for point in main]
    best = [max(a[name] for name in BASELINES) for a in accuracy]
    at_equal_tokens = [a[SUBJECT] - max(a[name] for name in EQUAL_TOKENS) for a in accuracy]
    agreeing = [point["agreeing"] for point in main]
    return {
        "seeds": [point["seed"] for point in main],
        "gap_closed_to_oracle": interval(
            [(a[SUBJECT] - b) / (a[ORACLE] - b) for a, b in zip(accuracy, best, strict=True)]
        ),
        "dgrc_over_best_baseline_relative": interval(
            [a[SUBJECT] / b - 1 for a, b in zip(accuracy, best, strict=True)]
        ),
        "ahead_at_equal_tokens": interval(at_equal_tokens),
        "calls_ratio_to_published": _ratio(main, FRUGAL, "teacher_calls_per_question"),
        "tokens_ratio_to_published": _ratio(main, FRUGAL, "teacher_tokens_per_question"),
        "calls_ratio_per_right_fact": _ratio(main, FRUGAL, "teacher_calls_per_right_fact"),
        "tokens_ratio_per_right_fact": _ratio(main, FRUGAL, "teacher_tokens_per_right_fact"),
        "frugal_minus_published": interval([a[FRUGAL] - a[PUBLISHED] for a in accuracy]),
        "default_calls_ratio_to_published": _ratio(main, None, "teacher_calls_per_question"),
        "default_tokens_ratio_to_published": _ratio(main, None, "teacher_tokens_per_question"),
        "dgrc_minus_published": interval([a[SUBJECT] - a[PUBLISHED] for a in accuracy]),
        "verifier_precision": interval([point["verifier_precision"] for point in main]),
        "verifier_recall": interval([point["verifier_recall"] for point in main]),
        "shared_error_half_width": interval([a["half_width"] for a in agreeing]),
        "shared_error_covered": sum(a["covered"] for a in agreeing),
    }


def _ratio(points: list[dict[str, Any]], ours: str | None, key: str) -> dict[str, float | None]:
    """What our procedure (None: the default) costs, over what the published one costs on the same questions."""
    return interval([(point[ours] if ours else point)[key] / point[PUBLISHED][key] for point in points])


if __name__ == "__main__":
    main()
