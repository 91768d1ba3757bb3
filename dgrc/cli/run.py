"""`dgrc run CONFIG`: the whole main job, its result as JSON on the last line of standard output."""

import json
from typing import Any

import click

from dgrc.cli.common import allow_empty, config_arguments, load, print_plan, say, tell, whole_job


@click.command()
@config_arguments
@allow_empty
def run(config: str, overrides: tuple[str, ...], dry_run: bool, allow_empty: bool) -> None:
    """Curate, train and evaluate in one job, round after round if the configuration says so."""
    do_all(load(config, overrides), dry_run, allow_empty)


def do_all(settings: Any, dry_run: bool, allow_empty: bool) -> None:
    """What is left to do of a run, or what that would be."""
    parts = whole_job(settings)
    if dry_run:
        print_plan(settings, parts)
        return
    from dgrc.workflow.job import Job
    from dgrc.workflow.rounds import run_rounds

    with Job(settings, say, allow_empty).open(*parts) as job:
        rounds = run_rounds(job)
        job.seal()
    say(f"done: {job.run.root}")
    models = job.reports.get("evaluate", {}).get("models", {})
    result = {
        "run": str(job.run.root),
        "student": str(job.run.student()),
        "accuracy": {name: score["accuracy"] for name, score in models.items()},
        "rounds": rounds,
        "seconds": job.seconds,
    }
    tell(json.dumps(result))
