"""Runs as jobs of a Ray cluster: submitted once, watched, stopped, resumed.

A job's id says which run it works on and how often that run was submitted (`dgrc-NAME-HASH-1`, `-2`, …), and Ray gives
an id to one job only, so two submitters cannot both start work on one run. Ray's Jobs API does not try again by itself;
`submit_and_follow` does, and a run goes on where it was.
https://docs.ray.io/en/latest/cluster/running-applications/job-submission/
"""

import logging
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dgrc.config import Config
from dgrc.errors import JobError
from dgrc.records import hash64
from dgrc.workflow.submit.following import POLL_S, UNDER_WAY, exit_code, follow, logs, status_of
from dgrc.workflow.submit.package import NOT_PACKAGED, Package, check_package, package_of
from dgrc.workflow.submit.py_modules import sent_along
from dgrc.workflow.submit.refusals import asking, refused, said_of

Say = Callable[[str], None]
AGENT_TRIES = 3
USUAL_CPUS = 1.0
CPUS = "dgrc_cpus"
"""Where a job's metadata say what its own process reserves: Ray does not tell it of a job that is there."""
IN_VAIN = {2: "what it was asked for cannot be done as it stands", 3: "it made nothing to learn from"}
"""Exit statuses of `dgrc` with which a job would end every time, and what they mean."""
THE_SAME = ("dgrc_run", "dgrc_part", "dgrc_config")
"""Metadata in which two submissions of one job are alike; a client adds metadata of its own."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What is to run, where its files are, and on which cluster.

    Attributes:
        config_file: Path of the configuration within `working_dir`, as the job will see it, or the name of one that
            comes with dgrc.
        overrides: `a.b=c` settings.
        part: Which entry point of `ray_jobs`.
        working_dir: What is packaged and unpacked where the job runs.
        cpus: CPUs that the driver of the job reserves, so that it lands where there is room.
    """

    config_file: str
    overrides: tuple[str, ...]
    part: str
    working_dir: Path
    cpus: float = USUAL_CPUS

    def entrypoint(self) -> str:
        """The job's command line."""
        sets = [word for override in self.overrides for word in ("--set", override)]
        return shlex.join(["python", "-m", f"ray_jobs.{self.part}", self.config_file, *sets])


def check(config: Config, submission: Submission) -> Package:
    """Refuses what cannot work on a cluster, before anything is packaged; returns what will be.

    Raises:
        JobError: the run would be written into the job's own copy of the working directory; the configuration, or a
            file that it names, is not sent; or it is more than a cluster takes.
    """
    if not Path(config.runs_dir).is_absolute():
        raise JobError(
            f"`runs_dir` is {config.runs_dir!r}, which on the cluster lies in the job's own copy of the working "
            "directory and is lost with it. Give it an absolute path on storage that all nodes share: "
            "--set runs_dir=/mnt/shared/runs."
        )
    package = package_of(submission.working_dir)
    check_package(package, config, submission.config_file, submission.part)
    return package


def connect(address: str) -> Any:
    """A client of a cluster's Jobs API.

    Raises:
        JobError: nobody answers there, or the token is refused.
    """
    from ray.job_submission import JobSubmissionClient

    logging.getLogger("ray").setLevel(logging.WARNING)  # else it names every file that it leaves out
    try:
        return JobSubmissionClient(address)
    except Exception as e:  # Ray raises ConnectionError, RuntimeError and others; each means: no cluster to talk to
        raise JobError(
            f"The cluster at {address} cannot be reached: {said_of(e)} Wanted is the address of its dashboard, "
            "such as http://127.0.0.1:8265. If it asks for a token, set RAY_AUTH_MODE=token and put the token into "
            "RAY_AUTH_TOKEN or ~/.ray/auth_token."
        ) from e


def submit(client: Any, config: Config, submission: Submission, say: Say) -> str:
    """Starts a job for a run and returns its id, or the id of the job that works on this run already.

    Raises:
        JobError: a job with another configuration or for another part works on the run, or Ray refuses the job.
    """
    identity = run_identity(config)
    metadata = {
        "dgrc_run": identity, "dgrc_part": submission.part, "dgrc_config": _digest(config),
        CPUS: f"{submission.cpus:g}",
    }  # fmt: skip
    earlier = _of_run(client, identity)
    if attached := _attach(earlier, metadata, config, say):
        return attached
    job_id = f"dgrc-{config.name}-{identity}-{_next(earlier)}"
    with sent_along(submission.working_dir) as modules:
        job = {
            "entrypoint": submission.entrypoint(), "submission_id": job_id, "metadata": metadata,
            "entrypoint_num_cpus": submission.cpus,
            "runtime_env": {"working_dir": str(submission.working_dir), "excludes": list(NOT_PACKAGED)}
            | ({"py_modules": modules} if modules else {}),
        }  # fmt: skip
        sent = _sent(client, job)
    # If not, somebody was faster: theirs is this run's job.
    return job_id if sent else submit(client, config, submission, say)


def stop(client: Any, job_id: str) -> bool:
    """Stops a job; False if it had ended."""
    with asking(f"The cluster does not stop {job_id}"):
        return bool(client.stop_job(job_id))


def submit_and_follow(client: Any, config: Config, submission: Submission, retries: int, say: Say) -> tuple[str, str]:
    """Submits, follows to the end, and submits again while the job fails, up to `retries` times; one whose input is
    wrong, or that made nothing, would only do the same again.

    Returns:
        The id of the last job and how it ended.
    """
    for attempt in range(retries + 1):
        job_id = submit(client, config, submission, say)
        say(f"job {job_id}")
        status = follow(client, job_id, say)
        if status != "FAILED" or attempt == retries:
            break
        if (code := exit_code(client, job_id)) in IN_VAIN:
            say(f"{job_id} ended with status {code}: {IN_VAIN[code]}, so it is not tried again; what it said is above")
            break
        say(f"{job_id} failed; the run goes on where it was, {retries - attempt} more "
            f"{'try' if retries - attempt == 1 else 'tries'}")
    return job_id, status


def listed(client: Any) -> Iterator[dict[str, Any]]:
    """Jobs of dgrc on the cluster, the newest first: id, part, status, seconds, and the last line that each said."""
    for job in sorted(_jobs(client), key=lambda job: -(job.start_time or 0)):
        ended = job.end_time or time.time() * 1000
        yield {
            "job": job.submission_id,
            "part": job.metadata["dgrc_part"],
            "status": status_of(job),
            "seconds": round((ended - job.start_time) / 1000) if job.start_time else 0,
            "says": last_line(logs(client, job.submission_id)),
        }


def resume(client: Any, job_id: str) -> str:
    """Submits an ended job again, as it was; the run goes on where it is. Returns the new job's id.

    Raises:
        JobError: there is no such job of ours, or it has not ended.
    """
    job = find(client, job_id)
    siblings = _of_run(client, job.metadata["dgrc_run"])
    for sibling in siblings:
        if status_of(sibling) in UNDER_WAY:
            raise JobError(
                f"{job_id} is not resumed, because {sibling.submission_id} is {status_of(sibling)} and works on the "
                f"same run. See `dgrc jobs logs -f {sibling.submission_id}`."
            )
    new = f"{job_id.rpartition('-')[0]}-{_next(siblings)}"
    again = {
        "entrypoint": job.entrypoint, "submission_id": new, "metadata": job.metadata, "runtime_env": job.runtime_env,
        "entrypoint_num_cpus": float(job.metadata.get(CPUS, USUAL_CPUS)),
    }  # fmt: skip
    if not _sent(client, again):
        raise JobError(f"Somebody else resumed {job_id} at this moment: see `dgrc jobs list`.")
    return new


def find(client: Any, job_id: str) -> Any:
    """What Ray knows of a job.

    Raises:
        JobError: no such job, or not one of dgrc's.
    """
    ours = {job.submission_id: job for job in _jobs(client)}
    if job_id not in ours:
        raise JobError(
            f"There is no job {job_id!r} of dgrc on this cluster; there are {', '.join(sorted(ours)) or 'none'}."
        )
    return ours[job_id]


def run_identity(config: Config) -> str:
    """Which run this is, as 8 hexadecimal digits of its folder's path."""
    return f"{hash64(str(Path(config.runs_dir) / config.name)) & 0xFFFFFFFF:08x}"


def last_line(logs: str) -> str:
    """The last line with something in it."""
    lines = [line.strip() for line in logs.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _sent(client: Any, job: dict[str, Any]) -> bool:
    """Hands a job to the cluster; False if there is one of that id. A cluster that has just started is waited for."""
    for left in reversed(range(AGENT_TRIES)):
        try:
            client.submit_job(**job)
            return True
        except Exception as e:  # Ray raises RuntimeError for whatever the server says
            if "already exists" in str(e):
                return False
            if not left or "No available agent" not in str(e):
                raise refused(f"The cluster did not take the job {job['submission_id']}", e) from e
        time.sleep(POLL_S)
    raise AssertionError("the last try either returned or raised")


def _attach(earlier: Sequence[Any], metadata: dict[str, str], config: Config, say: Say) -> str | None:
    for job in earlier:
        if status_of(job) not in UNDER_WAY:
            continue
        if any(job.metadata.get(key) != metadata[key] for key in THE_SAME):
            raise JobError(
                f"The job {job.submission_id} works on the run {Path(config.runs_dir) / config.name} with another "
                f"configuration, or does another part of it ({job.metadata.get('dgrc_part')}). Wait for it, stop it "
                f"with `dgrc jobs stop {job.submission_id}`, or give this run another `name`."
            )
        say(f"{job.submission_id} works on this run already")
        return str(job.submission_id)
    return None


def _of_run(client: Any, identity: str) -> list[Any]:
    return [job for job in _jobs(client) if job.metadata["dgrc_run"] == identity]


def _jobs(client: Any) -> list[Any]:
    """The jobs of dgrc."""
    with asking("The cluster does not list its jobs"):
        return [job for job in client.list_jobs() if (job.metadata or {}).get("dgrc_run")]


def _next(jobs: Sequence[Any]) -> int:
    """The number of a run's next job."""
    return max((int(job.submission_id.rpartition("-")[2]) for job in jobs), default=0) + 1


def _digest(config: Config) -> str:
    return f"{hash64(config.model_dump_json()):x}"
