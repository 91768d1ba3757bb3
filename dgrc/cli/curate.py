"""`dgrc curate CONFIG`."""

import click

from dgrc.cli.common import config_arguments, load, print_plan, run_job, say

PARTS = ("curate",)


@click.command()
@config_arguments
def curate(config: str, overrides: tuple[str, ...], dry_run: bool) -> None:
    """Sample, compare, diagnose, answer and verify: unlabeled questions to curricula."""
    settings = load(config, overrides)
    if dry_run:
        print_plan(settings, PARTS)
        return
    job = run_job(settings, PARTS)
    say(f"done: {job.run.root}")
