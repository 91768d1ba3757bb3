"""`dgrc curate CONFIG`."""

import json

import click

from dgrc.cli.common import allow_empty, config_arguments, load, print_plan, run_job, say

PARTS = ("curate",)


@click.command()
@config_arguments
@allow_empty
@click.option("--teacher-chains", multiple=True, metavar="FILE", help="JSONL of recorded teacher chains; repeatable.")
@click.option("--student-chains", multiple=True, metavar="FILE", help="JSONL of recorded student chains; repeatable.")
def curate(
    config: str,
    overrides: tuple[str, ...],
    dry_run: bool,
    allow_empty: bool,
    teacher_chains: tuple[str, ...],
    student_chains: tuple[str, ...],
) -> None:
    """Sample, compare, diagnose, answer and verify: unlabeled questions to curricula."""
    for role, files in (("teacher", teacher_chains), ("student", student_chains)):
        if files:
            overrides += (f"questions.{role}_chains={json.dumps(files)}",)
    settings = load(config, overrides)
    if dry_run:
        print_plan(settings, PARTS)
        return
    job = run_job(settings, PARTS, allow_empty)
    say(f"done: {job.run.root}")
