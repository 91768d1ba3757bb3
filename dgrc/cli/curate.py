"""`dgrc curate CONFIG`."""

import json
from pathlib import Path

import click

from dgrc.cli.common import allow_empty, config_arguments, load, print_plan, say

PARTS = ("curate",)


@click.command()
@config_arguments
@allow_empty
@click.option("--teacher-chains", multiple=True, metavar="FILE", help="The teacher's recorded chains; repeatable.")
@click.option("--student-chains", multiple=True, metavar="FILE", help="The student's recorded chains; repeatable.")
@click.option(
    "--marks", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Marks of `dgrc view` (RUN/marks.jsonl): what was found wrong leaves the curriculum.",
)
@click.option("--round", "number", type=click.IntRange(min=1), help="With --marks: not of the last round.")
def curate(
    config: str,
    overrides: tuple[str, ...],
    dry_run: bool,
    allow_empty: bool,
    teacher_chains: tuple[str, ...],
    student_chains: tuple[str, ...],
    marks: Path | None,
    number: int | None,
) -> None:
    """Sample, compare, diagnose, answer and verify: unlabeled questions to curricula.

    With --marks on a run that is curated, only the curriculum is made anew, without what people found wrong. The run
    keeps these marks; an empty file takes them back.
    """
    if number is not None and marks is None:
        raise click.UsageError("--round says of which round --marks are: give --marks too, or leave both out.")
    for role, files in (("teacher", teacher_chains), ("student", student_chains)):
        if files:
            overrides += (f"questions.{role}_chains={json.dumps(files)}",)
    settings = load(config, overrides)
    if dry_run:
        print_plan(settings, PARTS)
        return
    from dgrc.storage.run_dir import RunDir
    from dgrc.storage.standing import last_trained
    from dgrc.workflow.job import Job

    with Job(settings, say, allow_empty).open(*PARTS) as job:
        job.enter_round(number or (last_trained(RunDir.of(settings)) if marks else 1))
        job.curate(marks)
    say(f"done: {job.run.root}")
