"""dgrc on several machines, from submission on: `make cluster-test`, or

    python -m tests.cluster.several_machines [--vllm]

1. Scripted engines, the student's on one machine and the teacher's on another by Ray's own resources. `dgrc submit`
   sends a curation. While `gather` is under way the teacher's machine loses its power; another joins and the run goes
   on there. Then rows are counted against the question file.
2. With `--vllm`, real engines: `dgrc submit` of the whole job, curate, train and evaluate, each engine on a machine of
   its own and a training worker on each of two; models from the shared folder, and from an S3 server if moto is there.

The machines share one folder and nothing else (`machines.py`), and none reaches any other network. Where namespaces are
refused they are processes on loopback, and the first line says so. Last line of output: one JSON object.
"""

import importlib.util
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import click
import pyarrow.parquet as pq
import yaml

from dgrc.config import ProvingConfig
from dgrc.proving.models import make_models
from tests.cluster.machines import OUTSIDE, ROOT, Machines, enter
from tests.cluster.rays import RayCluster
from tests.cluster.speakers import PLACES
from tests.storage.objectstore.store import Store, put

INSIDE = "DGRC_TEST_MACHINES"
NODE_CPUS = 6
LONGEST_S = 900.0
PLAIN = "NOT IN NAMESPACES, which are refused here or were not asked for: Ray nodes on loopback that share one disk"


@click.command()
@click.option("--questions", default=400, show_default=True, help="Questions of the run with scripted engines.")
@click.option("--vllm/--no-vllm", default=False, help="Also the whole job on real vLLM engines.")
@click.option("--namespaces/--loopback", default=True, help="Machines as namespaces, or plain processes on loopback.")
@click.option("--keep/--no-keep", default=False, help="Leave the machines' logs and the run behind, and say where.")
def main(questions: int, vllm: bool, namespaces: bool, keep: bool) -> None:
    """Runs inside namespaces if they are to be had."""
    if INSIDE not in os.environ:
        world = enter() if namespaces else None
        command = [*(world or []), sys.executable, "-m", "tests.cluster.several_machines", *sys.argv[1:]]
        env = os.environ | {INSIDE: "apart" if world else "loopback"}
        sys.exit(subprocess.run(command, env=env, cwd=ROOT, check=False).returncode)
    apart = os.environ[INSIDE] == "apart"
    say(f"machines: {'namespaces with disk, network and processes of their own' if apart else PLAIN}")
    folder = Path(tempfile.mkdtemp(prefix="dgrc-machines-"))
    try:
        figures = power_cut(folder, apart, questions)
        figures["vllm_run"] = False
        if vllm:
            figures["vllm"] = whole_job(folder, apart)
            figures["vllm_run"] = True
        click.echo(json.dumps({"apart": apart, **figures}))
    finally:
        if keep:
            say(f"kept in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def power_cut(folder: Path, apart: bool, questions: int) -> dict[str, Any]:
    """A curation whose teacher's machine goes off in the middle of `gather`."""
    folder = folder / "scripted"
    folder.mkdir()
    with Machines(folder, apart) as machines:
        shared = machines.shared
        places = shared / "places"
        cluster = RayCluster(machines, {PLACES: str(places)})
        cluster.head(NODE_CPUS, {})
        cluster.join("students", NODE_CPUS, {"student": 1})
        teachers = cluster.join("teachers", NODE_CPUS, {"teacher": 2})
        run = shared / "runs" / "several"
        with Submitted(cluster, scripted_config(shared, questions), "curate", folder / "submit.log") as job:
            seconds = job.wait_until(lambda: committed(run) > 0, "the first case")
            say(f"first case after {seconds:.1f} s")
            job.wait_until(lambda: committed(run) >= questions // 4, "a quarter of the cases")
            say(f"{committed(run)} cases committed: the teacher's machine goes off")
            teachers.off()
            cluster.join("late", NODE_CPUS, {"teacher": 2})
            say(f"finished after {job.finish():.1f} s")
        where = Counter(places.read_text().splitlines()) if apart else Counter()
        wanted = {"student students", "teacher teachers", "teacher late"}
        assert not apart or set(where) == wanted, f"engines spoke where they should not: {where}"
        lost, doubled = census(shared / "questions.jsonl", run)
        return {
            "lost": lost, "doubled": doubled, "nodes_killed": 1, "seconds_to_first_case": round(seconds, 1),
            "jobs": job.jobs(), "spoke": dict(where),
        }  # fmt: skip


def whole_job(folder: Path, apart: bool) -> dict[str, Any]:
    """Curate, train and evaluate with vLLM: teacher and student on machines of their own, training on both.

    Where there is an S3 server to be had, the student comes from it, checkpoints go to it, and results are published.
    """
    folder = folder / "vllm"
    folder.mkdir()
    with Machines(folder, apart) as machines:
        shared = machines.shared
        store = s3(OUTSIDE if apart else "127.0.0.1")
        config = vllm_config(shared, store)
        cluster = RayCluster(machines, store.env if store else {})
        cluster.head(NODE_CPUS, {})
        cluster.join("students", NODE_CPUS, {"student": 1, "trainer": 1})
        cluster.join("teachers", NODE_CPUS, {"teacher": 1, "trainer": 1})
        run = shared / "runs" / "vllm"
        with Submitted(cluster, config, "run", folder / "submit.log") as job:
            first = job.wait_until(lambda: committed(run) > 0, "the first case")
            say(f"first case by vLLM after {first:.1f} s")
            seconds = job.finish()
            say(f"curated, trained and evaluated after {seconds:.1f} s")
        logs = (run / "round-1" / ".state" / "train" / "logs").glob("worker-*.log")
        trained_on = {line.split()[-1] for log in logs for line in log.read_text().splitlines() if "dgrc: on" in line}
        assert not apart or trained_on == {"students", "teachers"}, f"training went on on {trained_on}"
        assert (run / "manifest.json").is_file() and (run / "round-1" / "student" / "model.safetensors").is_file()
        models = json.loads((run / "round-1" / "evaluation.json").read_text())["models"]
        lost, doubled = census(sorted((run / "proving").glob("*unlabeled*"))[0], run)
        assert (lost, doubled) == (0, 0)
        fetched = published = 0
        if store is not None:
            fetched = store.fetched("model.safetensors")
            assert fetched == (2 if apart else 1), f"once a node that serves or trains it, not {fetched} times"
            written = [path for method, path in store.requests if method in ("PUT", "POST")]
            assert any(path.startswith("/bucket/checkpoints/") for path in written)
            assert written[-1] == "/bucket/published/vllm/manifest.json"
            published = len({path for path in written if path.startswith("/bucket/published/")})
        return {
            "seconds_to_first_case": round(first, 1), "seconds": round(seconds, 1), "trained_on": sorted(trained_on),
            "accuracy": {name: round(model["accuracy"], 3) for name, model in models.items()},
            "student_fetched_from_s3": fetched, "published_to_s3": published,
        }  # fmt: skip


class Submitted:
    """A run that `dgrc submit` follows; leaving it ends the follower."""

    def __init__(self, cluster: RayCluster, config: dict[str, Any], part: str, log: Path):
        # Only what lies in the working directory is packaged.
        self._config = ROOT / f"of-a-test-{os.getpid()}.yaml"
        self._config.write_text(json.dumps(config))
        self.log = log
        self._began = time.monotonic()
        name = str(self._config.relative_to(ROOT))
        self._process = cluster.dgrc("submit", name, "--part", part, "--follow", "--retries", "2", log=log)

    def wait_until(self, there: Any, what: str) -> float:
        """Seconds since the submission when something is there."""
        while not there():
            waited = time.monotonic() - self._began
            if self._process.poll() is not None or waited > LONGEST_S:
                raise AssertionError(f"no sign of {what} after {waited:.0f} s: {self.log.read_text()}")
            time.sleep(0.1)
        return time.monotonic() - self._began

    def finish(self) -> float:
        """Waits for the job; seconds since the submission."""
        self._process.wait(timeout=LONGEST_S)
        assert self._process.returncode == 0, self.log.read_text()
        return time.monotonic() - self._began

    def jobs(self) -> int:
        """How many jobs it took."""
        return sum(line.startswith("job dgrc-") for line in self.log.read_text().splitlines())

    def __enter__(self) -> "Submitted":
        return self

    def __exit__(self, *_: object) -> None:
        self._config.unlink(missing_ok=True)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def scripted_config(shared: Path, questions: int) -> dict[str, Any]:
    """A curation of so many questions whose engines are placed by resources, two replicas of the teacher."""
    file = shared / "questions.jsonl"
    rows = [{"id": f"s{n}", "question": f"case {n} . which court ?"} for n in range(questions)]
    file.write_text("\n".join(map(json.dumps, rows)) + "\n")
    engine = {"engine": "scripted", "cpus": 0.5}
    return {
        "name": "several", "runs_dir": str(shared / "runs"), "questions": {"files": [str(file)]},
        "teacher": {**engine, "script": "tests.cluster.speakers:teacher", "replicas": 2, "resources": {"teacher": 1}},
        "student": {**engine, "script": "tests.cluster.speakers:student", "resources": {"student": 1}},
        "method": {"prompts": "proving"}, "pipeline": {"workers": 4, "rows_per_block": 16},
    }  # fmt: skip


def s3(address: str) -> Store | None:
    """An S3 server that all machines reach, with a bucket; None without the extra `s3`."""
    if importlib.util.find_spec("moto") is None or importlib.util.find_spec("flask") is None:
        return None
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    store = Store(address)
    store.bucket("bucket")
    return store


def vllm_config(shared: Path, store: Store | None) -> dict[str, Any]:
    """The small proving job with its models on shared storage, or the student's on an object store."""
    config = dict(yaml.safe_load((ROOT / "configs" / "proving" / "small.yaml").read_text()))
    made = make_models(ProvingConfig(size="small"), ("teacher", "student"), lambda line: say(f"  {line}"))
    for role, folder in made.items():
        shutil.copytree(folder, shared / "models" / role)
        config[role] = {**config[role], "model": str(shared / "models" / role), "resources": {role: 1}}
    training = {**config["training"], "resources_per_worker": {"trainer": 1}}
    if store is not None:
        os.environ.update(store.env)
        config["student"]["model"] = put(Path(made["student"]), "s3://bucket/models/student")
        training["checkpoints"] = {"storage": "s3://bucket/checkpoints", "every_steps": 10}
        config["publish"] = "s3://bucket/published"
        store.requests.clear()
    return config | {
        "name": "vllm", "runs_dir": str(shared / "runs"), "training": training,
        "evaluation": {**config["evaluation"], "baselines": []},
    }  # fmt: skip


def committed(run: Path) -> int:
    """Cases of a run that no death can take back."""
    files = (run / "round-1" / ".state" / "gather" / "checkpoint").glob("*.parquet")
    return sum(pq.read_metadata(file).num_rows for file in files if ".pending" not in file.name)


def census(questions: Path, run: Path) -> tuple[int, int]:
    """How many of the questions are missing, and how many rows are there twice, in all datasets with a row for each."""
    asked = [json.loads(line)["id"] for line in questions.read_text().splitlines()]
    read = pq.ParquetDataset(run / "questions").read(columns=["id", "source_id"]).to_pylist()
    names = {row["id"]: row["source_id"] for row in read}
    lost = doubled = 0
    for dataset in (run / "questions", run / "round-1" / "cases", run / "round-1" / "verdicts"):
        rows = Counter(names[id_] for id_ in pq.ParquetDataset(dataset).read(columns=["id"])["id"].to_pylist())
        lost += len(set(asked) - set(rows))
        doubled += sum(times - 1 for times in rows.values())
    return lost, doubled


def say(line: str) -> None:
    """One line for whoever waits."""
    click.echo(line, err=True)


if __name__ == "__main__":
    main()
