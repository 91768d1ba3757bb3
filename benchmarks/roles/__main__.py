"""Should the teacher's steps share one pool of replicas, or have a pool each?

    python -m benchmarks.roles

The pass `gather` over questions of the proving world, on real vLLM: the teacher samples chains and diagnoses
divergences. *Shared*: two replicas serve both. *Separate*: one replica samples, another diagnoses; memory is the same.
Wall time of the pass with engines up, the better of the turns of each. Last line of output: one JSON object, recorded
in results/.
"""

import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import click

from benchmarks.shared.record import ROOT, record
from dgrc.cli.common import say
from dgrc.config import Config
from dgrc.engines.base import Completion, Order, Request
from dgrc.engines.client import PoolClient
from dgrc.engines.pool import Pool
from dgrc.pipeline.steps.toolbox import PRIORITY

WHO = ("shared", "separate")


class PoolAStep:
    """Stands for a pool and its client: sampling goes to one pool, whatever comes later to another."""

    def __init__(self, sampling: Pool, later: Pool):
        self._sampling, self._later = sampling, later

    def client(self, max_retries: int = 3) -> "ClientAStep":
        """A client of both."""
        return ClientAStep(self._sampling.client(max_retries), self._later.client(max_retries))


class ClientAStep:
    """A client of two pools."""

    def __init__(self, sampling: PoolClient, later: PoolClient):
        self._sampling, self._later = sampling, later
        self.price, self.model, self.role = sampling.price, sampling.model, sampling.role

    async def owed(self) -> dict[Order, int]:
        """Nothing: no worker dies here."""
        return {}

    async def generate(self, request: Request, *how: Any) -> Completion:
        """Serves one request by the pool of its step."""
        client = self._sampling if request.priority == PRIORITY["sample"] else self._later
        return await client.generate(request, *how)


@click.command()
@click.option("--questions", default=600, show_default=True, help="Questions of the pass.")
@click.option("--turns", default=2, show_default=True, help="How often each has its turn.")
@click.option("--write/--no-write", default=True, help="Record the result.")
def main(questions: int, turns: int, write: bool) -> None:
    """Takes turns and compares wall time."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    said: dict[str, list[dict[str, Any]]] = {who: [] for who in WHO}
    with tempfile.TemporaryDirectory(prefix="dgrc-roles-") as folder:
        for turn in range(turns):
            for who in WHO if turn % 2 == 0 else reversed(WHO):
                said[who].append(_turn(who, Path(folder) / f"{who}-{turn}", questions))
                say(f"{who}: {json.dumps(said[who][-1])}")
    best = {who: min(turns_, key=lambda t: t["seconds"]) for who, turns_ in said.items()}
    summary = {"shared_over_separate": round(best["shared"]["seconds"] / best["separate"]["seconds"], 3)}
    if write:
        command = f"roles --questions {questions} --turns {turns}"
        record("roles", {**summary, "turns": said}, command=command)
    click.echo(json.dumps(summary))


def _turn(who: str, folder: Path, questions: int) -> dict[str, Any]:
    """One pass with engines that are up; a first pass over other questions is not counted."""
    from dgrc.config.file import load_config
    from dgrc.runtime.session import ray_session
    from dgrc.storage.run_dir import RunDir
    from dgrc.workflow.models import resolve_proving

    settings = (f"runs_dir={folder}", "name=roles", f"questions.limit={questions}")
    config = load_config(ROOT / "configs" / "proving" / "standard.yaml", settings)
    config = resolve_proving(config, RunDir.of(config), say)
    engine = config.teacher.model_copy(update={"replicas": 2 if who == "shared" else 1})
    with ray_session(config, RunDir(folder / "session")), Pool.start("student", config.student, 0) as student:
        pools = [Pool.start("teacher", engine, 0) for _ in range(1 if who == "shared" else 2)]
        try:
            for pool in [student, *pools]:
                pool.wait()
            teacher: Any = pools[0] if who == "shared" else PoolAStep(*pools)
            return _gather(config, {"student": student, "teacher": teacher})
        finally:
            for pool in pools:
                pool.stop()


def _gather(config: Config, pools: dict[str, Any]) -> dict[str, Any]:
    from dgrc.pipeline.graph import run_pass
    from dgrc.pipeline.passes import GATHER
    from dgrc.questions.ingest import ingest
    from dgrc.storage.run_dir import RunDir

    run = RunDir.of(config)
    ingest(run, config)
    began = time.monotonic()
    report = run_pass(GATHER, run, config, pools, "benchmark")
    seconds = time.monotonic() - began
    tokens = sum(spent["completion_tokens"] for spent in report["usage"].values())
    return {"seconds": round(seconds, 1), "rows": report["rows"], "tokens": tokens, "status": report["status"]}


if __name__ == "__main__":
    main()
