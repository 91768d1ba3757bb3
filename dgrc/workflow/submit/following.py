"""A job followed to its end: what it says, passed on once, though the connection breaks and comes again."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from dgrc.workflow.submit.refusals import asking, refused

Say = Callable[[str], None]
UNDER_WAY = ("PENDING", "RUNNING")
POLL_S = 2.0
LOST_TRIES = 30
"""So often in a row a cluster that does not answer is asked again."""


def follow(client: Any, job_id: str, say: Say) -> str:
    """Passes on what a job says until it ends, and why it does not begin; returns how: SUCCEEDED, FAILED or STOPPED.

    Raises:
        JobError: the cluster does not answer any more; the job goes on, if the cluster does.
    """
    said, waiting = 0, ""
    while True:
        job = _asked(client, job_id)
        status = status_of(job)
        if status == "RUNNING":
            said = asyncio.run(_tail(client, job_id, said, say))
        elif status not in UNDER_WAY:
            for line in logs(client, job_id)[said:].splitlines():
                say(line)
            return status
        elif job.message != waiting:
            waiting = job.message
            say(f"{job_id} waits: {waiting}")
        time.sleep(POLL_S)


def _asked(client: Any, job_id: str) -> Any:
    """What Ray knows of a job; a cluster that is away is asked again for a while."""
    for left in reversed(range(LOST_TRIES)):
        try:
            return client.get_job_info(job_id)
        except Exception as e:  # whatever `requests` and Ray raise
            if not left:
                raise refused(f"The cluster does not say any more how {job_id} stands", e) from e
        time.sleep(POLL_S)
    raise AssertionError("the last try either returned or raised")


def exit_code(client: Any, job_id: str) -> int | None:
    """With which status the process of a job that has ended did; None if it never began, or was lost."""
    found = getattr(_asked(client, job_id), "driver_exit_code", None)
    return None if found is None else int(found)


async def _tail(client: Any, job_id: str, said: int, say: Say) -> int:
    """Passes on what a job says while the connection holds; what `said` characters held is not said again."""
    seen = 0
    try:
        async for text in client.tail_job_logs(job_id):
            for line in text[max(0, said - seen) :].splitlines():
                say(line)
            seen += len(text)
    except Exception as e:  # noqa: BLE001 - whatever broke the connection, the job goes on, and so does who follows it
        logging.getLogger(__name__).debug("lost the logs of %s: %s", job_id, e)
    return max(seen, said)


def logs(client: Any, job_id: str) -> str:
    """All that a job has said."""
    with asking(f"The cluster does not give the logs of {job_id}"):
        return str(client.get_job_logs(job_id))


def status_of(job: Any) -> str:
    """PENDING, RUNNING, SUCCEEDED, FAILED or STOPPED."""
    return str(getattr(job.status, "value", job.status))
