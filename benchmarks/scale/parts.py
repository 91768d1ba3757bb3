"""The measurements of `benchmarks.scale`: `python -m benchmarks.scale.parts weak FOLDER REPLICAS NODES` and
`… plane FOLDER QUESTIONS`. The last line of output is a JSON object."""

import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.scale.__main__ import SECONDS
from benchmarks.shared.simulated import RATE, TIMES, AnswersInPlace
from benchmarks.shared.watch import Watch
from dgrc.config import Config
from dgrc.storage.run_dir import RunDir

WORKERS = 4
ROWS_PER_BLOCK = {"weak": 1024, "plane": 2048}


def main() -> None:
    """Runs the measurement that is named."""
    kind, folder, number = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    folder.mkdir(parents=True)
    said = weak(folder, number, int(sys.argv[4])) if kind == "weak" else plane(folder, number)
    sys.stdout.write(json.dumps(said) + "\n")


def weak(folder: Path, replicas: int, nodes: int) -> dict[str, Any]:
    """Simulated replicas over several nodes, each with the same amount of work."""
    from ray.cluster_utils import Cluster

    from dgrc.engines.pool import Pool
    from dgrc.runtime.session import ENVIRONMENT, ray_session

    os.environ.update(ENVIRONMENT)
    room = -(-replicas // nodes)
    cluster = Cluster(True, head_node_args={"num_cpus": 8, "include_dashboard": False})
    for _ in range(nodes):
        cluster.add_node(num_cpus=room, resources={"engines": room})
    engine = {
        "engine": "scripted", "script": "benchmarks.shared.simulated:five_a_second", "replicas": replicas, "cpus": 1,
    }  # fmt: skip
    costs, reached = [], 0
    config = make(folder, "weak", engine, 0, cluster.address)
    began = time.monotonic()
    session = ray_session(config, RunDir(folder / "session"))  # as `dgrc` joins a cluster
    with session, Pool.start("teacher", config.teacher, 0) as pool:
        pool.wait()
        started = time.monotonic() - began
        for work in SECONDS:  # the short pass pays for what is done for the first time
            config = make(folder, f"weak-{work}", engine, round(work * RATE * replicas))
            shutil.rmtree(TIMES, ignore_errors=True)
            TIMES.mkdir()
            ingested(config)
            with Watch(pool._pids) as watch:
                report = gather(config, {"teacher": pool})
            costs.append(watch.cpu)
            reached = report["peak_in_flight"]
    cluster.shutdown()
    rate = steady_rate()
    more = (SECONDS[1] - SECONDS[0]) * RATE * replicas
    return {
        "replicas": replicas,
        "efficiency": round(rate / (RATE * replicas), 3),
        "questions_per_second": round(rate, 2),
        "peak_in_flight": reached,
        "start_seconds": round(started, 1),
        "cpu_ms_per_question": {
            who: round(1000 * (costs[-1][who] - costs[-2][who]) / more, 3) for who in ("driver", "workers", "replicas")
        },
    }


def steady_rate() -> float:
    """Questions a second that all replicas finished, of the middle three fifths of them: neither start nor end."""
    times = sorted(float(line) for file in TIMES.iterdir() for line in file.read_text().splitlines())
    shutil.rmtree(TIMES)
    first, last = len(times) // 5, 4 * len(times) // 5
    return (last - first) / (times[last] - times[first])


def plane(folder: Path, questions: int) -> dict[str, Any]:
    """Replies made in the worker: what Ray Data, journal, checkpoint and Parquet take for a question."""
    from dgrc.runtime.session import ray_session

    config = make(folder, "plane", {"engine": "scripted", "script": "benchmarks.shared.simulated:none"}, questions)
    with ray_session(config, RunDir(folder / "session")):
        began = time.monotonic()
        ingested(config)
        ingest_seconds = time.monotonic() - began
        for name in ("warm", "first"):
            few = make(folder, name, config.teacher.model_dump(), 4 * ROWS_PER_BLOCK["plane"])
            ingested(few)
            with Watch(set()) as start:
                gather(few, {"teacher": AnswersInPlace("teacher")})
        with Watch(set()) as watch:
            gather(config, {"teacher": AnswersInPlace("teacher")})
        forget_one_block(RunDir.of(config))
        with Watch(set()) as again:
            gather(config, {"teacher": AnswersInPlace("teacher")})
    more = questions - 4 * ROWS_PER_BLOCK["plane"]
    written = sum(f.stat().st_size for f in RunDir.of(config).dataset("cases").glob("*.parquet"))
    return {
        "questions": questions,
        "questions_per_second": round(more / (watch.seconds - start.seconds), 1),
        "ingest_questions_per_second": round(questions / ingest_seconds, 1),
        "peak_mb": {who: round(peak / 1e6, 1) for who, peak in watch.peak.items()},
        "resumed_peak_mb": {who: round(peak / 1e6, 1) for who, peak in again.peak.items()},
        "resumed_seconds": round(again.seconds, 1),
        "cpu_ms_per_question": {who: round(1000 * (watch.cpu[who] - start.cpu[who]) / more, 4) for who in watch.cpu},
        "bytes_written_per_question": round(written / questions, 1),
    }


def forget_one_block(run: RunDir) -> None:
    """Takes a committed block back, so that a second life of the pass has all other ids to filter out."""
    commit = next(iter(sorted((run.state("gather") / "checkpoint").glob("*.parquet"))))
    for file in run.dataset("cases").glob(f"{commit.stem}*"):
        file.unlink()
    commit.unlink()


def make(folder: Path, name: str, engine: dict[str, Any], questions: int, address: str | None = None) -> Config:
    """A run over so many questions, on the cluster at that address, or on one of its own."""
    from dgrc.config.file import make_config

    source = folder / f"{name}.jsonl"
    with open(source, "w", encoding="utf-8") as file:
        for number in range(questions):
            text = f"After how many days of notice may tenant {number} of house {number * 7 % 101} leave?"
            file.write(json.dumps({"id": f"q{number}", "question": text}) + "\n")
    kind = name.partition("-")[0]
    return make_config({
        "name": name, "runs_dir": str(folder), "teacher": engine, "student": engine,
        "questions": {"files": [str(source)]}, "ray": {"address": address},
        "method": {"prompts": "general", "teacher_chains": 4, "student_chains": 1, "grader": False},
        "pipeline": {"workers": WORKERS, "rows_per_block": ROWS_PER_BLOCK.get(kind, ROWS_PER_BLOCK["plane"])},
    })  # fmt: skip


def ingested(config: Config) -> None:
    """Its questions as the pass reads them."""
    from dgrc.questions.ingest import ingest

    ingest(RunDir.of(config), config)


def gather(config: Config, pools: dict[str, Any]) -> dict[str, Any]:
    """The first pass of the table; the student's replies are made in the worker."""
    from dgrc.pipeline.graph import run_pass
    from dgrc.pipeline.passes import GATHER

    both: dict[str, Any] = {"student": AnswersInPlace("student"), **pools}
    return run_pass(GATHER, RunDir.of(config), config, both, "benchmark")


if __name__ == "__main__":
    main()
