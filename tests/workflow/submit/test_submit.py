"""Jobs on a real cluster of one node: `ray start --head`, its Jobs API with a token, `dgrc submit`, `dgrc jobs`."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from dgrc.config.file import dump_config, load_config
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
        "RAY_prestart_worker_first_driver": "0",  # no worker for each of its CPUs
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
    for _ in range(600):
        assert head.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(url, timeout=5)
            return
        except urllib.error.HTTPError:  # it answers, and wants a token
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(log.read_text())


def settings(folder: Path) -> dict[str, Any]:
    """A run of six questions on the models that lie in the working directory."""
    questions = folder / "questions.jsonl"
    rows = [{"id": f"s{n}", "question": f"case {n} . which court ?"} for n in range(6)]
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
    """By the name of a configuration from a folder without dgrc, then resumed."""
    job = submitted(cluster, tmp_path, elsewhere)
    assert "gather" in cluster.dgrc("jobs", "logs", job).stdout
    resumed = cluster.dgrc("jobs", "resume", job).stdout.strip()
    assert resumed == the_next(job)
    followed = cluster.dgrc("jobs", "logs", "-f", resumed)
    assert "SUCCEEDED" in followed.stderr and "gather   already done" in followed.stdout
    rows = [json.loads(line) for line in cluster.dgrc("jobs", "list", "--json").stdout.splitlines()]
    assert [row["status"] for row in rows if row["job"] in (job, resumed)] == ["SUCCEEDED"] * 2
    assert cluster.dgrc("jobs", "status", "dgrc-none-1", check=False).returncode == 2
    keys_stay_in_the_environment(cluster, job)


@pytest.mark.slow
def test_a_file_of_a_checkout_is_submitted_and_goes_on_where_the_run_was(
    cluster: Cluster, tmp_path: Path, elsewhere: Path
) -> None:
    job = submitted(cluster, tmp_path, elsewhere)
    inside = ROOT / f"of-a-test-{os.getpid()}.yaml"  # only what is in the working directory is packaged
    inside.write_text(dump_config(load_config("proving/small", overrides(tmp_path))))
    try:
        again = cluster.dgrc("submit", str(inside.relative_to(ROOT)), "--part", "curate", "--retries", "1")
        assert again.stdout.strip() == the_next(job)
        assert "gather   already done" in again.stderr
    finally:
        inside.unlink()


def the_next(job: str) -> str:
    """The name of the job that goes on where this one's run is."""
    name, _, number = job.rpartition("-")
    return f"{name}-{int(number) + 1}"


def overrides(folder: Path) -> list[str]:
    return [f"{key}={json.dumps(value)}" for key, value in settings(folder).items()]


def submitted(cluster: Cluster, folder: Path, elsewhere: Path) -> str:
    """The name of a job that was submitted by the name of a configuration and followed to its end."""
    options = [word for override in overrides(folder) for word in ("--set", override)]
    first = cluster.dgrc("submit", "proving/small", "--part", "curate", "--follow", *options, cwd=elsewhere)
    assert "SUCCEEDED" in first.stderr and "small.yaml, which comes with dgrc" in first.stderr
    assert (folder / "runs" / "submitted" / "round-1" / "curriculum" / "atomic").is_dir()
    used = {tuple(line.split()) for line in (folder / "seen").read_text().splitlines()}
    assert used and all("py_modules_files" in package for package, _ in used), "the submitter's own dgrc"
    assert all("working_dir_files" in where for _, where in used)
    return first.stdout.strip()


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
