"""Runs as jobs of a Ray cluster: submitted once, watched, stopped, resumed.

A job's id says which run it works on and how often that run was submitted (`dgrc-NAME-HASH-1`, `-2`, …), and Ray gives
an id to one job only, so two submitters cannot both start work on one run. Ray's Jobs API does not try again by itself;
`submit_and_follow` does, and a run goes on where it was.
https://docs.ray.io/en/latest/cluster/running-applications/job-submission/
"""

import asyncio
import logging
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dgrc.config import Config
from dgrc.config.shipped import locate, shipped_name
from dgrc.errors import JobError
from dgrc.records import hash64
from dgrc.workflow.py_modules import sent_along

Say = Callable[[str], None]
UNDER_WAY = ("PENDING", "RUNNING")
NOT_PACKAGED = (
    # What a working directory holds that a job does not need
    "runs/", ".git/", ".venv/", "venv/", "**/__pycache__/", ".pytest_cache/", ".mypy_cache/", ".ruff_cache/",
    ".hypothesis/", "node_modules/", "build/", "dist/", "*.egg-info/", "wandb/", "mlruns/",
    # and what must not leave this machine
    ".env", ".env.*", "*.pem", "*.key", "*.p12", "id_rsa*", "id_ed25519*", ".netrc", ".aws/", ".ssh/", ".gcp/",
    ".azure/", ".kube/", ".docker/", "*credentials*.json", "*service-account*.json", ".huggingface/", "auth_token",
)  # fmt: skip
POLL_S = 2.0
AGENT_TRIES = 3


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
    cpus: float = 1.0

    def entrypoint(self) -> str:
        """The job's command line."""
        sets = [word for override in self.overrides for word in ("--set", override)]
        return shlex.join(["python", "-m", f"ray_jobs.{self.part}", self.config_file, *sets])


def check(config: Config, submission: Submission) -> None:
    """Refuses what cannot work on a cluster, before anything is packaged.

    Raises:
        JobError: the run would be written into the job's own copy of the working directory, or the configuration is
            not in it.
    """
    if not Path(config.runs_dir).is_absolute():
        raise JobError(
            f"`runs_dir` is {config.runs_dir!r}, which on the cluster lies in the job's own copy of the working "
            "directory and is lost with it. Give it an absolute path on storage that all nodes share: "
            "--set runs_dir=/mnt/shared/runs."
        )
    if not _travels(submission):
        raise JobError(
            f"The configuration {submission.config_file} is not a file in the working directory "
            f"{submission.working_dir}, and only that is packaged. Run `dgrc submit` where it is, or name the "
            "directory with --working-dir."
        )


def _travels(submission: Submission) -> bool:
    """Whether the job will find its configuration: a packaged file, one on an absolute path, or a shipped one."""
    directory, name = submission.working_dir, submission.config_file
    file = locate(name, directory)
    packaged = file.resolve().is_relative_to(directory.resolve())
    return file.is_file() and (packaged or Path(name).is_absolute() or shipped_name(name) is not None)


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
            f"The cluster at {address} cannot be reached: {_first_line(e)} Wanted is the address of its dashboard, "
            "such as http://127.0.0.1:8265. If it asks for a token, set RAY_AUTH_MODE=token and put the token into "
            "RAY_AUTH_TOKEN or ~/.ray/auth_token."
        ) from e


def submit(client: Any, config: Config, submission: Submission, say: Say) -> str:
    """Starts a job for a run and returns its id, or the id of the job that works on this run already.

    Raises:
        JobError: a job with another configuration or for another part works on the run, or Ray refuses the job.
    """
    identity = run_identity(config)
    metadata = {"dgrc_run": identity, "dgrc_part": submission.part, "dgrc_config": _digest(config)}
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


def follow(client: Any, job_id: str, say: Say) -> str:
    """Passes on what a job says until it ends; returns how: SUCCEEDED, FAILED or STOPPED."""
    said = 0
    while True:
        said = asyncio.run(_tail(client, job_id, said, say))
        status = str(client.get_job_status(job_id).value)
        if status not in UNDER_WAY:
            for line in client.get_job_logs(job_id)[said:].splitlines():
                say(line)
            return status
        time.sleep(POLL_S)


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


def submit_and_follow(client: Any, config: Config, submission: Submission, retries: int, say: Say) -> tuple[str, str]:
    """Submits, follows to the end, and submits again while the job fails, up to `retries` times.

    Returns:
        The id of the last job and how it ended.
    """
    for attempt in range(retries + 1):
        job_id = submit(client, config, submission, say)
        say(f"job {job_id}")
        status = follow(client, job_id, say)
        if status != "FAILED" or attempt == retries:
            break
        say(f"{job_id} failed; the run goes on where it was, {retries - attempt} more "
            f"{'try' if retries - attempt == 1 else 'tries'}")
    return job_id, status


def listed(client: Any) -> Iterator[dict[str, Any]]:
    """Jobs of dgrc on the cluster, the newest first: id, part, status, seconds, and the last line that each said."""
    jobs = [job for job in client.list_jobs() if (job.metadata or {}).get("dgrc_run")]
    for job in sorted(jobs, key=lambda job: -(job.start_time or 0)):
        ended = job.end_time or time.time() * 1000
        yield {
            "job": job.submission_id,
            "part": job.metadata["dgrc_part"],
            "status": _status(job),
            "seconds": round((ended - job.start_time) / 1000) if job.start_time else 0,
            "says": last_line(client.get_job_logs(job.submission_id)),
        }


def resume(client: Any, job_id: str) -> str:
    """Submits an ended job again, as it was; the run goes on where it is. Returns the new job's id.

    Raises:
        JobError: there is no such job of ours, or it has not ended.
    """
    job = find(client, job_id)
    siblings = _of_run(client, job.metadata["dgrc_run"])
    for sibling in siblings:
        if _status(sibling) in UNDER_WAY:
            raise JobError(
                f"{job_id} is not resumed, because {sibling.submission_id} is {_status(sibling)} and works on the same "
                f"run. See `dgrc jobs logs -f {sibling.submission_id}`."
            )
    new = f"{job_id.rpartition('-')[0]}-{_next(siblings)}"
    again = {
        "entrypoint": job.entrypoint, "submission_id": new, "metadata": job.metadata, "runtime_env": job.runtime_env,
    }  # fmt: skip
    if not _sent(client, again):
        raise JobError(f"Somebody else resumed {job_id} at this moment: see `dgrc jobs list`.")
    return new


def find(client: Any, job_id: str) -> Any:
    """What Ray knows of a job.

    Raises:
        JobError: no such job, or not one of dgrc's.
    """
    ours = {job.submission_id: job for job in client.list_jobs() if (job.metadata or {}).get("dgrc_run")}
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
                raise JobError(f"The cluster did not take the job {job['submission_id']}: {_first_line(e)}") from e
        time.sleep(POLL_S)
    raise AssertionError("the last try either returned or raised")


def _attach(earlier: Sequence[Any], metadata: dict[str, str], config: Config, say: Say) -> str | None:
    for job in earlier:
        if _status(job) not in UNDER_WAY:
            continue
        if job.metadata != metadata:
            raise JobError(
                f"The job {job.submission_id} works on the run {Path(config.runs_dir) / config.name} with another "
                f"configuration, or does another part of it ({job.metadata.get('dgrc_part')}). Wait for it, stop it "
                f"with `dgrc jobs stop {job.submission_id}`, or give this run another `name`."
            )
        say(f"{job.submission_id} works on this run already")
        return str(job.submission_id)
    return None


def _of_run(client: Any, identity: str) -> list[Any]:
    return [job for job in client.list_jobs() if (job.metadata or {}).get("dgrc_run") == identity]


def _next(jobs: Sequence[Any]) -> int:
    """The number of a run's next job."""
    return max((int(job.submission_id.rpartition("-")[2]) for job in jobs), default=0) + 1


def _status(job: Any) -> str:
    return str(getattr(job.status, "value", job.status))


def _digest(config: Config) -> str:
    return f"{hash64(config.model_dump_json()):x}"


def _first_line(error: Exception) -> str:
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    return lines[0][:500] if lines else type(error).__name__
