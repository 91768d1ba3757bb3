"""`dgrc evaluate CONFIG|RUN`."""

import click

from dgrc.cli.common import config_arguments, load, print_plan, run_job, say

PARTS = ("evaluate",)


@click.command()
@config_arguments
def evaluate(config: str, overrides: tuple[str, ...], dry_run: bool) -> None:
    """Score the student before and after, and what it is compared with, on held-out questions."""
    settings = load(config, overrides)
    if dry_run:
        print_plan(settings, PARTS)
        return
    job = run_job(settings, PARTS)
    say(f"done: {job.run.root}")
