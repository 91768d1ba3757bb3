"""`dgrc train CONFIG|RUN`."""

import click

from dgrc.cli.common import allow_empty, config_arguments, load, print_plan, run_job, say

PARTS = ("train",)


@click.command()
@config_arguments
@allow_empty
def train(config: str, overrides: tuple[str, ...], dry_run: bool, allow_empty: bool) -> None:
    """Fine-tune the student on the curricula of a curated run."""
    settings = load(config, overrides)
    if dry_run:
        print_plan(settings, PARTS)
        return
    job = run_job(settings, PARTS, allow_empty)
    say(f"done: {job.run.root}")
