"""What is the method worth, and what are its parts worth? Over several seeds of the proving world, each with its
own world and models.

    python -m benchmarks.evidence --seeds 0,1,2

For each seed one run: curation, then a student by every recipe at equal visits and optimizer steps (`oracle` learns
the world's true chains: what no filter can beat), all scored on the same held-out questions. Chains are verified a
second time against their question's own atoms alone, as published, on the same cases. Out come
docs/evidence.md, docs/evidence.png, a record in benchmarks/results/ and one JSON line. Seeds that are done are kept.
"""

import json
import shutil
import statistics
import time
from pathlib import Path
from typing import Any

import click

from benchmarks.record import ROOT, record
from dgrc.cli.common import say
from dgrc.config import Config
from dgrc.config_file import load_config, make_config
from dgrc.workflow import SUBJECT, Job

ORACLE = "oracle"
BASELINES = ("distill", "many_chains", "teacher_majority", "self_train")
ABLATIONS = ("atoms_only", "chains_only", "unverified", "no_replay", "chains_first", "mixed")
T_95 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}
"""Two-sided 95 % quantiles of Student's t by degrees of freedom."""


class EvidenceJob(Job):
    """A run whose students include one that learns true chains. Evaluation only: nothing here reaches curation."""

    def recipes(self) -> tuple[str, ...]:
        return (*super().recipes(), ORACLE)

    def make_curriculum(self, recipe: str) -> None:
        if recipe != ORACLE:
            super().make_curriculum(recipe)
            return
        from dgrc.pipeline.assemble import write_curriculum

        make = TrueChains(self.config)
        pack = self.config.method.prompts
        folder = self.run.curriculum(ORACLE) / "cot"
        write_curriculum(folder, self.run.dataset("questions"), make, "cot curriculum", ORACLE, pack)


class TrueChains:
    """A question's row to the example of its one right chain."""

    def __init__(self, config: Config):
        self._config = config

    def __call__(self, row: dict[str, Any]) -> list[Any]:
        from dgrc.method.curriculum import chain_example
        from dgrc.method.prompts import load_pack
        from dgrc.proving.world import World
        from dgrc.records import Chain

        world = World.from_config(self._config.proving)
        chain = Chain(world.true_chain(row["text"]), None, "stop", 0)
        return [chain_example(load_pack(self._config.method.prompts), row["text"], (), row["id"], chain)]


@click.command()
@click.option("--seeds", default="0,1,2,3,4", show_default=True, help="Worlds, separated by commas.")
@click.option("--size", type=click.Choice(("standard", "small")), default="standard", show_default=True)
@click.option("--runs-dir", default="runs", show_default=True, help="Folder that holds the runs.")
@click.option("--write/--no-write", default=True, help="Write docs/evidence.* and the record; --no-write for a trial.")
def main(seeds: str, size: str, runs_dir: str, write: bool) -> None:
    """Run what is left to run, then write tables, plots and the record."""
    points = [seed_point(int(seed), size, runs_dir) for seed in seeds.split(",")]
    summary = summarize(points)
    if write:
        from benchmarks.evidence_report import write_report

        write_report(points, summary)
        record("evidence", {"summary": summary, "points": points}, command=f"evidence --seeds {seeds} --size {size}")
    click.echo(json.dumps(summary))


def seed_point(seed: int, size: str, runs_dir: str) -> dict[str, Any]:
    """All figures of one seed; read from its run if they are there."""
    fixed = (f"seed={seed}", f"proving.seed={seed}", f"name=evidence-{size}-{seed}", f"runs_dir={runs_dir}")
    recipes = f"evaluation.baselines=[{', '.join((*BASELINES, *ABLATIONS))}]"
    config = load_config(ROOT / "configs" / "proving" / f"{size}.yaml", (*fixed, recipes))
    file = Path(runs_dir) / config.name / "point.json"
    if file.is_file():
        return dict(json.loads(file.read_text()))
    from dgrc.cli.demo import collect_figures

    say(f"seed {seed}")
    began = time.monotonic()
    with EvidenceJob(config, say).open() as job:
        job.curate()
        job.train()
        job.evaluate()
        point = collect_figures(job, seed)
        point["own_atoms_only"] = verify_as_published(job)
    point["seconds"]["all"] = round(time.monotonic() - began, 1)
    file.write_text(json.dumps(point, indent=2) + "\n")
    return point


def verify_as_published(job: Job) -> dict[str, Any]:
    """Quality and tokens of verification against a question's own atoms alone, on the very cases and atoms of a run."""
    from dgrc.evaluation.curation import score_curation
    from dgrc.pipeline.curate import curate
    from dgrc.proving.world import World
    from dgrc.storage.run_dir import RunDir

    data = job.config.model_dump()
    data["name"] = f"{job.config.name}-own-atoms"
    data["method"]["corpus_facts"] = 0
    config = make_config(data)
    run = RunDir.of(config)
    shutil.rmtree(run.root, ignore_errors=True)
    shutil.copytree(job.run.root, run.root, ignore=shutil.ignore_patterns("config.yaml", ".lock", "logs", "baselines"))
    with run.lock():
        run.claim(config)
        report = curate(run, config, say)
    usage = report["verify"]["usage"]["teacher/verify"]
    return {**score_curation(run, World.from_config(config.proving)), "verify_tokens": usage["completion_tokens"]}


def summarize(points: list[dict[str, Any]]) -> dict[str, Any]:
    """Means with 95 % intervals over seeds (Student's t); null where one seed gives none."""
    accuracy = {name: [p["accuracy"][name] for p in points] for name in points[0]["accuracy"]}
    best = [max(p["accuracy"][name] for name in BASELINES) for p in points]
    closed = [
        (d - b) / (o - b) for d, b, o in zip(accuracy[SUBJECT], best, accuracy[ORACLE], strict=True)
    ]
    relative = [d / b - 1 for d, b in zip(accuracy[SUBJECT], best, strict=True)]
    return {
        "seeds": [p["seed"] for p in points],
        "accuracy": {name: interval(values) for name, values in accuracy.items()},
        "difference_to_dgrc": {
            name: interval([v - d for v, d in zip(values, accuracy[SUBJECT], strict=True)])
            for name, values in accuracy.items()
            if name != SUBJECT
        },
        "gap_closed_to_oracle": interval(closed),
        "dgrc_over_best_baseline_relative": interval(relative),
        **{key: interval([p[key] for p in points]) for key in (
            "atoms_correct", "kept_chains_correct", "verifier_precision", "verifier_recall",
            "teacher_calls_per_question", "teacher_tokens_per_question",
        )},
        "own_atoms_only": {
            key: interval([p["own_atoms_only"][key] for p in points])
            for key in ("verifier_precision", "verifier_recall")
        },
    }


def interval(values: list[float]) -> dict[str, float | None]:
    """Mean, low and high over seeds."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return {"mean": round(mean, 4), "low": None, "high": None}
    half = T_95[len(values) - 1] * statistics.stdev(values) / len(values) ** 0.5
    return {"mean": round(mean, 4), "low": round(mean - half, 4), "high": round(mean + half, 4)}


if __name__ == "__main__":
    main()
