"""`dgrc jobs …`: the jobs of dgrc on a Ray cluster."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

import click

from dgrc.cli.common import say, tell

F = TypeVar("F", bound=Callable[..., Any])


def address_option(f: F) -> F:
    """--address."""
    return click.option(
        "--address", envvar="RAY_API_SERVER_ADDRESS", show_envvar=True, required=True,
        help="Dashboard of the cluster: http://…:8265.",
    )(f)  # fmt: skip


@click.group()
def jobs() -> None:
    """List, watch, stop and resume jobs of a Ray cluster."""


@jobs.command("list")
@address_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(address: str, as_json: bool) -> None:
    """Jobs of dgrc, the newest first, with the last line that each said."""
    from dgrc.runtime.clock import clock
    from dgrc.workflow.submit import connect, listed

    found = list(listed(connect(address)))
    if not found:
        say("No job of dgrc is there.")
    for job in found:
        if as_json:
            tell(json.dumps(job))
        else:
            head = f"{job['job']}  {job['part']:<8} {job['status']:<9} {clock(job['seconds']):>12}"
            tell(f"{head}  {job['says'][:120]}")


@jobs.command()
@address_option
@click.argument("job_id")
def status(address: str, job_id: str) -> None:
    """How a job stands, as one JSON object."""
    from dgrc.workflow.submit import connect, find, listed

    client = connect(address)
    find(client, job_id)
    tell(json.dumps(next(job for job in listed(client) if job["job"] == job_id)))


@jobs.command()
@address_option
@click.argument("job_id")
@click.option("-f", "--follow", "following", is_flag=True, help="Until it ends.")
def logs(address: str, job_id: str, following: bool) -> None:
    """What a job has said."""
    from dgrc.workflow.submit import connect, find, follow
    from dgrc.workflow.submit import logs as said_by

    client = connect(address)
    find(client, job_id)
    if following:
        say(f"{job_id}: {follow(client, job_id, tell)}")
    else:
        tell(said_by(client, job_id), nl=False)


@jobs.command()
@address_option
@click.argument("job_id")
def stop(address: str, job_id: str) -> None:
    """Stop a job; what it finished is safe."""
    from dgrc.workflow.submit import connect, find
    from dgrc.workflow.submit import stop as end

    client = connect(address)
    find(client, job_id)
    say(f"{job_id}: {'stopping' if end(client, job_id) else 'had ended already'}")


@jobs.command()
@address_option
@click.argument("job_id")
def resume(address: str, job_id: str) -> None:
    """Submit an ended job again as it was; its run goes on where it is."""
    from dgrc.workflow.submit import connect
    from dgrc.workflow.submit import resume as submit_again

    tell(submit_again(connect(address), job_id))
