"""`dgrc train CONFIG`."""

import click

from dgrc.cli.common import config_arguments, load, print_plan, run_job, say

PARTS = ("train",)


@click.command()
@config_arguments
def train(config: str, overrides: tuple[str, ...], dry_run: bool) -> None:
    """Fine-tune the student on the curricula of a curated run."""
    settings = load(config, overrides)
    if dry_run:
        print_plan(settings, PARTS)
        return
    job = run_job(settings, PARTS)
    say(f"done: {job.run.root}")
