"""`dgrc status RUN`: how a run on this machine stands."""

import json
import sys

import click

from dgrc.cli.common import tell

DAMAGED = 1


@click.command()
@click.argument("run", type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def status(run: str, as_json: bool) -> None:
    """What of a run is done, what is under way with rate and time left, and who holds it.

    RUN is its folder, its name below runs/, or s3://bucket/folder. The exit status is 1 if files of it are damaged at a
    glance, and 2 if there is no such run. For jobs of a cluster see `dgrc jobs status`.
    """
    from dgrc.report.status import status_of, told
    from dgrc.storage.objectstore.runs import looked_at

    found = status_of(looked_at(run))
    if as_json:
        tell(json.dumps(found))
    else:
        for line in told(found):
            tell(line)
    if found["state"] == "damaged":
        sys.exit(DAMAGED)
