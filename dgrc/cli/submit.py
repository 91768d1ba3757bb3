"""`dgrc submit CONFIG`: a run as a job of a Ray cluster. The job's id is the one line on standard output."""

import sys
from pathlib import Path

import click

from dgrc.cli.common import Positive, load_file, say, tell

FAILED = 1


@click.command()
@click.argument("config", type=click.Path())
@click.option("--address", envvar="RAY_API_SERVER_ADDRESS", show_envvar=True, required=True,
              help="Dashboard of the cluster: http://…:8265.")
@click.option("--set", "overrides", multiple=True, metavar="A.B=C", help="Override a setting; repeatable.")
@click.option("--part", default="run", show_default=True, help="What the job does.", type=click.Choice(
    ["run", "questions", "curate", "train", "evaluate", "pilot", "benchmark"]))  # fmt: skip
@click.option("--working-dir", type=click.Path(exists=True, file_okay=False), default=".", show_default=True,
              help="Packaged but for junk, secrets and what .gitignore names; CONFIG is in it, or a name.")  # fmt: skip
@click.option("--cpus", type=Positive(), default=1.0, show_default=True,
              help="CPUs that the job's own process reserves.")
@click.option("--follow/--no-follow", default=False, help="Show what the job says, until it ends.")
@click.option("--retries", default=0, show_default=True, type=click.IntRange(min=0),
              help="Follow, and submit a failed job again so often, but one whose input is wrong.")  # fmt: skip
def submit(
    config: str, address: str, overrides: tuple[str, ...], part: str, working_dir: str, cpus: float, follow: bool,
    retries: int,
) -> None:  # fmt: skip
    """Run CONFIG as a job of a Ray cluster; a run that a job works on already is attached to, never doubled.

    If the working directory is no checkout of dgrc, the dgrc that is installed here is sent along.
    """
    from dgrc.workflow import submit

    submission = submit.Submission(config, overrides, part, Path(working_dir).resolve(), cpus)
    settings = load_file(config, overrides, submission.working_dir)
    package = submit.check(settings, submission)
    say(f"package: {len(package.files):,} files, {package.size / 2**20:,.1f} MiB of {submission.working_dir}")
    client = submit.connect(address)
    if not follow and not retries:
        job_id = submit.submit(client, settings, submission, say)
        say(f"See it with: dgrc jobs logs -f {job_id}")
        tell(job_id)
        return
    job_id, status = submit.submit_and_follow(client, settings, submission, retries, say)
    say(f"{job_id}: {status}")
    tell(job_id)
    if status != "SUCCEEDED":
        sys.exit(FAILED)
