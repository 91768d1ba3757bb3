"""`dgrc run CONFIG`: the whole main job, its result as JSON on the last line of standard output."""

import json

import click

from dgrc.cli.common import config_arguments, load, print_plan, run_job, say


@click.command()
@config_arguments
def run(config: str, overrides: tuple[str, ...], dry_run: bool) -> None:
    """Curate, train and evaluate in one job."""
    settings = load(config, overrides)
    parts = ("curate", "train", "evaluate") if settings.evaluation.files else ("curate", "train")
    if dry_run:
        print_plan(settings, parts)
        return
    job = run_job(settings, parts)
    say(f"done: {job.run.root}")
    models = job.reports.get("evaluate", {}).get("models", {})
    accuracy = {name: score["accuracy"] for name, score in models.items()}
    click.echo(json.dumps({"run": str(job.run.root), "accuracy": accuracy, "seconds": job.seconds}))
