"""Jobs on a real cluster of one node: `ray start --head`, its Jobs API with a token, `dgrc submit`, `dgrc jobs`."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from dgrc.config.file import dump_config, load_config, make_config
from dgrc.errors import JobError
from dgrc.workflow import submit
from ray_jobs.entry import arguments
from tests.paths import ROOT

KEY = "sk-tiger-0123456789abcdef"
TOKEN = "a-token-of-this-test-alone-" + "0" * 32


@dataclass
class Cluster:
    address: str
    env: dict[str, str]
    logs: Path

    def dgrc(self, *args: str, check: bool = True, cwd: Path = ROOT) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "dgrc", *args]
        done = subprocess.run(command, capture_output=True, text=True, env=self.env, cwd=cwd, check=False)
        assert not check or done.returncode == 0, done.stderr
        return done


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    home, temp = tmp_path_factory.mktemp("home"), Path("/tmp") / f"dgrc-test-{os.getpid()}"
    port, dashboard = free_port(), free_port()
    ours = str(Path(sys.executable).parent)
    env = {k: v for k, v in os.environ.items() if not k.startswith("RAY_")} | {
        "HOME": str(home), "PATH": f"{ours}{os.pathsep}{os.environ['PATH']}", "RAY_AUTH_MODE": "token",
        "RAY_USAGE_STATS_ENABLED": "0", "OPENAI_API_KEY": KEY, "RAY_API_SERVER_ADDRESS": f"http://127.0.0.1:{dashboard}",
    }  # fmt: skip
    (home / ".ray").mkdir()
    (home / ".ray" / "auth_token").write_text(TOKEN)
    command = [
        str(Path(ours) / "ray"), "start", "--head", "--block", f"--port={port}", f"--dashboard-port={dashboard}",
        "--dashboard-host=127.0.0.1", "--num-cpus=8", f"--temp-dir={temp}", "--object-store-memory=200000000",
        # Another Ray may run beside the tests, and holds the agent's own port.
        f"--dashboard-agent-listen-port={free_port()}", f"--metrics-export-port={free_port()}",
    ]  # fmt: skip
    with open(home / "head.log", "w") as log:
        head = subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        _await_dashboard(f"http://127.0.0.1:{dashboard}/api/version", head, home / "head.log")
        yield Cluster(env["RAY_API_SERVER_ADDRESS"], env, temp / "session_latest" / "logs")
    finally:
        # Asked nicely, it takes half a minute.
        for process in psutil.Process(head.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):  # it ends while its parents are killed
                process.kill()
        head.kill()
        head.wait(timeout=60)


def _await_dashboard(url: str, head: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(120):
        assert head.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(url, timeout=5)
            return
        except urllib.error.HTTPError:  # it answers, and wants a token
            return
        except OSError:
            time.sleep(1)
    raise AssertionError(log.read_text())


def settings(folder: Path) -> dict[str, Any]:
    """A run of twenty questions on the models that lie in the working directory."""
    questions = folder / "questions.jsonl"
    rows = [{"id": f"s{n}", "question": f"case {n} . which court ?"} for n in range(20)]
    questions.write_text("\n".join(map(json.dumps, rows)) + "\n")
    models: dict[str, dict[str, Any]] = {role: {"engine": "scripted", "cpus": 0.1} for role in ("teacher", "student")}
    models["teacher"]["script"], models["student"]["script"] = "models:telling_teacher", "models:student"
    return {
        "name": "submitted", "runs_dir": str(folder / "runs"), "questions": {"files": [str(questions)]}, **models,
        "method": {"prompts": "proving"}, "pipeline": {"workers": 1},
    }  # fmt: skip


TELLING = """

def telling_teacher(request):
    import dgrc

    with open({seen!r}, "a") as f:
        f.write(f"{{dgrc.__file__}} {{os.getcwd()}}\\n")
    return teacher(request)
"""
"""Says where dgrc and the working directory are, as the job sees them."""


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A working directory that is no checkout and has models of its own."""
    folder = tmp_path / "mine"
    folder.mkdir()
    told = TELLING.format(seen=str(tmp_path / "seen"))
    (folder / "models.py").write_text((ROOT / "tests" / "scripts.py").read_text() + told)
    return folder


def test_a_run_is_submitted_followed_and_submitted_again_to_go_on(
    cluster: Cluster, tmp_path: Path, elsewhere: Path
) -> None:
    """First by the name of a configuration from a folder without dgrc, then by a file of a checkout, then resumed."""
    sets = [f"{key}={json.dumps(value)}" for key, value in settings(tmp_path).items()]
    inside = ROOT / "configs" / f"of-a-test-{os.getpid()}.yaml"  # only what is in the working directory is packaged
    inside.write_text(dump_config(load_config("proving/small", sets)))
    try:
        options = [word for override in sets for word in ("--set", override)]
        first = cluster.dgrc("submit", "proving/small", "--part", "curate", "--follow", *options, cwd=elsewhere)
        job = first.stdout.strip()
        assert "SUCCEEDED" in first.stderr and "small.yaml, which comes with dgrc" in first.stderr
        assert (tmp_path / "runs" / "submitted" / "round-1" / "curriculum" / "atomic").is_dir()
        used = {tuple(line.split()) for line in (tmp_path / "seen").read_text().splitlines()}
        assert used and all("py_modules_files" in package for package, _ in used), "the submitter's own dgrc"
        assert all("working_dir_files" in where for _, where in used)
        assert "gather" in cluster.dgrc("jobs", "logs", job).stdout
        name = str(inside.relative_to(ROOT))
        again = cluster.dgrc("submit", name, "--part", "curate", "--retries", "1")
        assert again.stdout.strip() == job.removesuffix("-1") + "-2"
        assert "gather   already done" in again.stderr
        rows = [json.loads(line) for line in cluster.dgrc("jobs", "list", "--json").stdout.splitlines()]
        assert [row["status"] for row in rows if row["job"] in (job, again.stdout.strip())] == ["SUCCEEDED"] * 2
        resumed = cluster.dgrc("jobs", "resume", job).stdout.strip()
        assert resumed.endswith("-3")
        assert "SUCCEEDED" in cluster.dgrc("jobs", "logs", "-f", resumed).stderr
        assert cluster.dgrc("jobs", "status", "dgrc-none-1", check=False).returncode == 2
        keys_stay_in_the_environment(cluster, job)
    finally:
        inside.unlink()


def keys_stay_in_the_environment(cluster: Cluster, job: str) -> None:
    """What the cluster tells of its jobs, and all its logs, are searched for a key that its machines have."""
    request = urllib.request.Request(f"{cluster.address}/api/jobs/", headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        told = answer.read().decode()
    assert job in told and KEY not in told and TOKEN not in told
    logs = [path for path in cluster.logs.rglob("*") if path.is_file()]
    assert any(job in path.name for path in logs), "the job's own log is among them"
    assert [path for path in logs for word in (KEY, TOKEN) if word.encode() in path.read_bytes()] == []


def test_without_the_token_nobody_gets_in(cluster: Cluster, tmp_path: Path) -> None:
    stranger = Cluster(cluster.address, {**cluster.env, "HOME": str(tmp_path)}, cluster.logs)
    done = stranger.dgrc("jobs", "list", check=False)
    assert done.returncode == 2
    assert "RAY_AUTH_TOKEN" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


# --- the rules, without a cluster


@dataclass
class Job:
    submission_id: str
    status: str
    metadata: dict[str, str]
    entrypoint: str = "python -m ray_jobs.run x"
    runtime_env: Any = None
    start_time: int = 1
    end_time: int | None = None


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
        status = self._ends.pop(0) if self._ends else "RUNNING"
        self.jobs.append(Job(kwargs["submission_id"], status, kwargs["metadata"], kwargs.get("entrypoint", "")))

    def get_job_status(self, job_id: str) -> Any:
        (job,) = [job for job in self.jobs if job.submission_id == job_id]
        return type("Status", (), {"value": job.status})

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


def test_what_a_job_says_is_said_once_though_the_connection_breaks() -> None:
    client, said = Client("SUCCEEDED"), list[str]()
    submit.submit_and_follow(client, make_config({"runs_dir": "/shared"}), submission(), 0, said.append)
    spoken = [line for line in said if line.startswith(("first", "last"))]
    assert spoken == ["first", f"last of {client.jobs[0].submission_id}"]


def test_what_is_packaged_leaves_secrets_and_runs_behind() -> None:
    client = Client()
    submit.submit(client, make_config({"runs_dir": "/shared"}), submission(), quiet)
    (job,) = client.submitted
    assert {"runs/", ".git/", ".env", "*.pem", ".aws/", "id_rsa*"} <= set(job["runtime_env"]["excludes"])
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
    lost = submit.Submission("absent.yaml", (), "run", ROOT)
    with pytest.raises(JobError, match=r"absent.yaml.*working directory"):
        submit.check(make_config({"runs_dir": "/shared"}), lost)
    beside = submit.Submission("../setup.cfg", (), "run", ROOT / "configs")
    with pytest.raises(JobError, match=r"setup.cfg.*working directory"):
        submit.check(make_config({"runs_dir": "/shared"}), beside)
    with pytest.raises(JobError, match=r"cannot be reached.*8265"):
        submit.connect(f"http://127.0.0.1:{free_port()}")


def test_a_job_joins_the_cluster_it_runs_in() -> None:
    assert arguments("run", ["c.yaml"], True) == ["run", "c.yaml", "--set", "ray.address=auto"]
    assert arguments("run", ["c.yaml"], False) == ["run", "c.yaml"]
    named = ["c.yaml", "--set", "ray.address=10.0.0.1:6379"]
    assert arguments("run", named, True) == ["run", *named]
