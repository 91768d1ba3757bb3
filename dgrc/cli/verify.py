"""`dgrc verify-run RUN` and `dgrc repair RUN`: is a complete run still what it was, and making it so again."""

import json
import sys

import click

from dgrc.cli.common import say, tell

DAMAGED = 1


@click.command("verify-run")
@click.argument("run", type=click.Path())
def verify_run(run: str) -> None:
    """Check files, rows and ids of a complete run; exit status 1 if anything is damaged."""
    from dgrc.storage.standing import opened
    from dgrc.storage.verify import damage

    found = damage(opened(run))
    for where, what in found:
        say(f"  {where}: {what}")
    say(f"{len(found)} damaged" if found else "whole")
    tell(json.dumps({"run": run, "damaged": [{"where": where, "what": what} for where, what in found]}))
    if found:
        sys.exit(DAMAGED)


@click.command()
@click.argument("run", type=click.Path())
@click.option("--forget-only", is_flag=True, help="Only take the run back; do not run it again.")
def repair(run: str, forget_only: bool) -> None:
    """Redo the first damaged step of a complete run and what follows from it."""
    from dgrc.cli.common import whole_job
    from dgrc.storage.standing import opened, own_settings
    from dgrc.storage.verify import damage, forget
    from dgrc.workflow.job import Job
    from dgrc.workflow.rounds import run_rounds

    folder = opened(run)
    found = damage(folder)
    if not found:
        say("nothing to repair")
        return
    with folder.lock():
        forgotten = forget(folder, found)
    say(f"forgotten: {', '.join(forgotten) or 'the evaluation'}")
    if forget_only:
        return
    settings = own_settings(folder)
    with Job(settings, say, allow_empty=True).open(*whole_job(settings)) as job:
        run_rounds(job)
        job.seal()
    say("whole again")
