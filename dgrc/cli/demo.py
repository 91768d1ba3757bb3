"""`dgrc demo`: the main job in the proving world, scored against its truth.

The last line of standard output is one JSON object with every figure.
"""

import json
import time
from typing import Any

import click

from dgrc.cli.common import load, run_job, say, tell

SIZES = ("standard", "small")


@click.command()
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0),
              help="Makes its own world, models and run.")  # fmt: skip
@click.option("--size", type=click.Choice(SIZES), default="standard", show_default=True, help="`small` is for tests.")
@click.option("--runs-dir", default="runs", show_default=True, help="Folder that holds the runs.")
@click.option("--set", "overrides", multiple=True, metavar="A.B=C", help="Override a setting; repeatable.")
def demo(seed: int, size: str, runs_dir: str, overrides: tuple[str, ...]) -> None:
    """Watch a real teacher and a real student go through the whole method, from nothing."""
    from dgrc.config.shipped import shipped_file
    from dgrc.errors import ConfigError
    from dgrc.runtime.cpu import has_bfloat16
    from dgrc.runtime.memory import PeakMemory

    began = time.monotonic()
    fixed = (f"seed={seed}", f"proving.seed={seed}", f"name=demo-{size}-{seed}", f"runs_dir={json.dumps(runs_dir)}")
    fast = () if has_bfloat16() else ("training.precision=fp32",)  # all on this machine, and on its CPU
    settings = load(str(shipped_file(f"proving/{size}")), (*fixed, *fast, *overrides))
    if settings.rounds.count > 1:
        raise ConfigError(
            f"`rounds.count` is {settings.rounds.count}, and the demo is of one round. Leave it out, or use "
            f"`dgrc run proving/{size} --set rounds.count={settings.rounds.count}`."
        )
    with PeakMemory() as memory:
        job = run_job(settings, ("curate", "train", "evaluate"))
        figures = collect_figures(job, seed)
    figures["seconds"]["total"] = round(time.monotonic() - began, 1)
    figures["peak_memory_gb"] = round(memory.gb, 2)
    (job.run.root / "figures.json").write_text(json.dumps(figures, indent=2) + "\n")
    _tell(figures, job)
    tell(json.dumps(figures))


def collect_figures(job: Any, seed: int) -> dict[str, Any]:
    """The figures of a finished demo, scored against the world's truth."""
    from dgrc.evaluation.curation import score_curation
    from dgrc.proving.world import World

    reports = job.reports["curate"]
    rows = reports["gather"]["rows"]
    passes = ("gather", "answer", "verify")
    usage = {k: u for p in passes for k, u in reports[p]["usage"].items() if k.startswith("teacher/")}
    models = job.reports["evaluate"]["models"]
    return {
        "seed": seed,
        "accuracy": {name: score["accuracy"] for name, score in models.items()},
        **score_curation(job.run, World.from_config(job.config.proving)),
        "teacher_calls_per_question": round(sum(u["calls"] for u in usage.values()) / rows, 2),
        "teacher_tokens_per_question": round(sum(u["completion_tokens"] for u in usage.values()) / rows, 1),
        "accuracy_intervals": {name: [score["low"], score["high"]] for name, score in models.items()},
        "mcnemar_p": {name: test["p_value"] for name, test in job.reports["evaluate"]["against"].items()},
        "seconds": dict(job.seconds),
    }


def _tell(figures: dict[str, Any], job: Any) -> None:
    """The result in words, for the person who waited for it."""
    a = figures["accuracy"]
    gain = a["dgrc"] - a["base"]
    say("")
    say(
        f"The student answered {a['base']:.1%} of the held-out questions before and {a['dgrc']:.1%} after "
        f"({gain:+.1%}), without a label."
    )
    others = {name: value for name, value in a.items() if name not in ("base", "dgrc")}
    say("Beside it: " + ", ".join(f"{name.replace('_', ' ')} {value:.1%}" for name, value in others.items()) + ".")
    say(
        f"Atoms right: {figures['atoms_correct']:.1%}; kept chains right in their answer: "
        f"{figures['kept_chains_correct']:.1%}, in every step: {figures['kept_chains_fully_correct']:.1%}."
    )
    say(f"Look at a case:  dgrc show {job.run.root}")
