"""The rules of `dgrc submit` without a cluster: one job a run, bounded retries, what is sent and what is refused."""

import dataclasses
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dgrc.config.file import make_config
from dgrc.errors import JobError
from dgrc.workflow import submit
from dgrc.workflow.submit import following
from ray_jobs.entry import arguments
from tests.paths import ROOT
from tests.workflow.submit.test_submit import free_port


@dataclass
class Job:
    submission_id: str
    status: str
    metadata: dict[str, str]
    entrypoint: str = "python -m ray_jobs.run x"
    runtime_env: Any = None
    start_time: int = 1
    end_time: int | None = None
    message: str = ""
    driver_exit_code: int | None = None


class Client:
    """Stands where Ray's client would; `fails` says how its jobs end, in order."""

    def __init__(self, *ends: str):
        self.jobs: list[Job] = []
        self.submitted: list[dict[str, Any]] = []
        self._ends = list(ends)

    def list_jobs(self) -> list[Job]:
        return self.jobs

    def submit_job(self, **kwargs: Any) -> None:
        if any(job.submission_id == kwargs["submission_id"] for job in self.jobs):
            raise RuntimeError("Job with submission_id already exists")
        self.submitted.append(kwargs)
        kwargs["metadata"].setdefault("added", "by the client")  # as Ray's own adds what its address brings
        status, _, code = (self._ends.pop(0) if self._ends else "RUNNING").partition(" ")
        job = Job(kwargs["submission_id"], status, kwargs["metadata"], kwargs.get("entrypoint", ""))
        job.driver_exit_code = int(code) if code else None
        self.jobs.append(job)

    def get_job_info(self, job_id: str) -> Job:
        (job,) = [job for job in self.jobs if job.submission_id == job_id]
        return job

    def get_job_logs(self, job_id: str) -> str:
        return f"first\nlast of {job_id}\n"

    async def tail_job_logs(self, job_id: str) -> AsyncIterator[str]:
        """Breaks off after the first line, once."""
        self.tails = getattr(self, "tails", 0) + 1
        yield "first\n"
        if self.tails == 1:
            raise RuntimeError("connection lost")
        yield f"last of {job_id}\n"


def submission(part: str = "run") -> submit.Submission:
    return submit.Submission("configs/proving/small.yaml", ("a.b=c d",), part, ROOT)


def quiet(line: str) -> None:
    pass


def test_one_run_has_one_job_at_a_time() -> None:
    client, config = Client(), make_config({"runs_dir": "/shared"})
    first = submit.submit(client, config, submission(), quiet)
    assert submit.submit(client, config, submission(), quiet) == first  # attached
    assert len(client.submitted) == 1
    with pytest.raises(JobError, match=r"another configuration.*jobs stop"):
        submit.submit(client, make_config({"runs_dir": "/shared", "seed": 5}), submission(), quiet)
    with pytest.raises(JobError, match="another part"):
        submit.submit(client, config, submission("train"), quiet)
    with pytest.raises(JobError, match=r"RUNNING.*same run"):
        submit.resume(client, first)
    other = submit.submit(client, make_config({"runs_dir": "/shared", "name": "other"}), submission(), quiet)
    assert other != first


def test_two_submitters_at_once_get_one_job() -> None:
    client, config = Client(), make_config({"runs_dir": "/shared"})

    class Slow(Client):
        """Sees no job, then finds that another was faster."""

        def list_jobs(self) -> list[Job]:
            seen = list(client.jobs)
            if not seen:
                submit.submit(client, config, submission(), quiet)
            return seen

    slow = Slow()
    slow.jobs = client.jobs
    slow.submitted = client.submitted
    submit.submit(slow, config, submission(), quiet)
    assert len(client.submitted) == 1


def test_a_failed_job_is_submitted_again_a_bounded_number_of_times() -> None:
    config = make_config({"runs_dir": "/shared"})
    client = Client("FAILED", "SUCCEEDED")
    job, status = submit.submit_and_follow(client, config, submission(), 3, quiet)
    assert (job[-2:], status, len(client.submitted)) == ("-2", "SUCCEEDED", 2)
    client = Client(*["FAILED"] * 9)
    _, status = submit.submit_and_follow(client, config, submission(), 2, quiet)
    assert (status, len(client.submitted)) == ("FAILED", 3)
    client = Client("STOPPED")  # somebody wanted that
    assert submit.submit_and_follow(client, config, submission(), 2, quiet)[1] == "STOPPED"
    assert len(client.submitted) == 1


@pytest.mark.parametrize(
    ("ends", "submitted", "says"),
    [
        (("FAILED 2",), 1, "ended with status 2: what it was asked for cannot be done as it stands"),
        (("FAILED 3",), 1, "ended with status 3: it made nothing to learn from"),
        (("FAILED 75", "FAILED -9", "FAILED 1", "FAILED 2"), 4, "-4 ended with status 2: "),
        (("FAILED", "FAILED 137", "SUCCEEDED 0"), 3, None),
    ],
)
def test_a_job_whose_input_is_wrong_is_not_submitted_again(ends: Any, submitted: int, says: str | None) -> None:
    client, said = Client(*ends), list[str]()
    submit.submit_and_follow(client, make_config({"runs_dir": "/shared"}), submission(), 5, said.append)
    assert len(client.submitted) == submitted
    (last,) = [line for line in said if "not tried again" in line] or [None]
    assert last is None if says is None else last is not None and says in last
    assert not any("more tr" in line for line in said[said.index(last) :]) if last else True


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody sleeps between two looks."""
    monkeypatch.setattr(following, "POLL_S", 0.0)


class Course(Client):
    """Its one job goes through states: a status, a status with a message, or an error that the question ends in."""

    def __init__(self, *states: Any):
        super().__init__()
        self.states = list(states)

    def get_job_info(self, job_id: str) -> Job:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        if isinstance(state, Exception):
            raise state
        status, message = state if isinstance(state, tuple) else (state, "")
        return Job(job_id, status, {}, message=message)


@pytest.mark.usefixtures("at_once")
def test_what_a_job_says_is_said_once_though_the_connection_breaks() -> None:
    said: list[str] = []
    client = Course("RUNNING", ConnectionError("away for a moment"), "RUNNING", "SUCCEEDED")
    assert submit.submit_and_follow(client, make_config({"runs_dir": "/shared"}), submission(), 0, said.append)[1] == (
        "SUCCEEDED"
    )
    spoken = [line for line in said if line.startswith(("first", "last"))]
    assert spoken == ["first", f"last of {client.jobs[0].submission_id}"]


@pytest.mark.usefixtures("at_once")
def test_who_follows_is_told_what_a_job_waits_for_and_when_its_cluster_is_gone() -> None:
    said: list[str] = []
    waits, sets_up = ("PENDING", "It may be waiting for resources"), ("PENDING", "It sets up")
    assert following.follow(Course(waits, waits, sets_up, "STOPPED"), "j-1", said.append) == "STOPPED"
    assert said[:2] == ["j-1 waits: It may be waiting for resources", "j-1 waits: It sets up"]
    with pytest.raises(JobError, match=r"how j-1 stands: refused\. It may have ended.*`dgrc jobs list` finds it"):
        following.follow(Course(ConnectionError("refused")), "j-1", quiet)


def test_a_resumed_job_reserves_what_it_did() -> None:
    client, config = Client("FAILED", "FAILED"), make_config({"runs_dir": "/shared"})
    wide = dataclasses.replace(submission(), cpus=4.5)
    first = submit.submit(client, config, wide, quiet)
    second = submit.resume(client, first)
    for job in client.jobs:
        job.status = "FAILED"
    submit.resume(client, second)
    assert [job["entrypoint_num_cpus"] for job in client.submitted] == [4.5, 4.5, 4.5]
    del client.jobs[0].metadata["dgrc_cpus"]  # an earlier dgrc submitted it
    for job in client.jobs:
        job.status = "FAILED"
    submit.resume(client, first)
    assert client.submitted[-1]["entrypoint_num_cpus"] == submit.USUAL_CPUS


def test_what_is_packaged_leaves_secrets_and_runs_behind() -> None:
    client = Client()
    submit.submit(client, make_config({"runs_dir": "/shared"}), submission(), quiet)
    (job,) = client.submitted
    assert {"/runs/", ".git/", ".env", "*.pem", ".aws/", "id_rsa*"} <= set(job["runtime_env"]["excludes"])
    assert job["entrypoint"] == "python -m ray_jobs.run configs/proving/small.yaml --set 'a.b=c d'"


def test_a_checkout_brings_its_own_code_and_another_folder_is_given_what_is_installed(tmp_path: Path) -> None:
    client = Client()

    class Looking(Client):
        """Sees the folders while they are there."""

        def submit_job(self, **kwargs: Any) -> None:
            super().submit_job(**kwargs)
            for folder in map(Path, kwargs["runtime_env"]["py_modules"]):
                self.sent = getattr(self, "sent", set()) | {p.relative_to(folder.parent) for p in folder.rglob("*")}

    looking, config = Looking(), make_config({"runs_dir": "/shared"})
    submit.submit(client, config, submission(), quiet)
    assert "py_modules" not in client.submitted[0]["runtime_env"]
    elsewhere = submit.Submission("legal/casehold_cluster", (), "run", tmp_path)
    submit.check(config, elsewhere)
    submit.submit(looking, config, elsewhere, quiet)
    assert {Path("dgrc/__main__.py"), Path("dgrc/configs/legal/casehold.yaml"), Path("ray_jobs/run.py")} <= looking.sent
    assert not any("__pycache__" in path.parts for path in looking.sent)
    assert looking.submitted[0]["entrypoint"] == "python -m ray_jobs.run legal/casehold_cluster"
    assert not any(Path(folder).exists() for folder in looking.submitted[0]["runtime_env"]["py_modules"])


def test_what_cannot_work_on_a_cluster_is_refused_before_it_is_sent() -> None:
    with pytest.raises(JobError, match=r"runs_dir.*absolute"):
        submit.check(make_config({}), submission())
    with pytest.raises(JobError, match=r"cannot be reached.*8265"):
        submit.connect(f"http://127.0.0.1:{free_port()}")


def test_a_job_joins_the_cluster_it_runs_in() -> None:
    assert arguments("run", ["c.yaml"], True) == ["run", "c.yaml", "--set", "ray.address=auto"]
    assert arguments("run", ["c.yaml"], False) == ["run", "c.yaml"]
    named = ["c.yaml", "--set", "ray.address=10.0.0.1:6379"]
    assert arguments("run", named, True) == ["run", *named]
