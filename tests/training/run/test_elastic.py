"""Elastic training on a cluster of two nodes (two raylets on this machine): one joins, one leaves, none is waited for.

The cluster lives in a process of its own, beside the tests' shared Ray session.
"""

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from dgrc.config.training import CheckpointsConfig, StageConfig, TrainingConfig
from dgrc.training.run.course import Course
from dgrc.training.run.launch import train
from tests.training.builders import make_examples, write_base_model, write_examples


@pytest.mark.slow
def test_a_node_joins_and_a_node_leaves_in_the_middle(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.run.test_elastic", str(tmp_path)],
        stdout=subprocess.PIPE, text=True, check=True, timeout=1800,
    )  # fmt: skip
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["world_sizes"] == [1, 2, 1], "began with what was there, grew, and went on with what was left"
    assert said["elastic"] == pytest.approx(said["fixed"], rel=1e-4), "and learned the same"


def main(folder: Path) -> None:
    """Trains on one node, adds a second, takes it away again; then on one worker throughout."""
    import ray
    from ray.cluster_utils import Cluster

    # Without its hooks at exit, which only a main thread may set: nodes join from the thread that hears of progress.
    head = {"num_cpus": 1, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head, shutdown_at_exit=False)
    try:
        ray.init(address=cluster.address, log_to_driver=False)
        said = _elastic_and_fixed(folder, cluster)
    finally:
        ray.shutdown()
        cluster.shutdown()
    sys.stdout.write(json.dumps(said) + "\n")


def _elastic_and_fixed(folder: Path, cluster: Any) -> dict[str, Any]:
    base_model = write_base_model(folder / "base")
    chains = write_examples(folder / "chains", make_examples("chain", 60))
    course = Course("student", None, chains, str(folder / "student"), {})
    joined: list[Any] = []

    def work(progress: Any) -> None:
        if progress.step == 5 and not joined:
            joined.append(cluster.add_node(num_cpus=1))
        if len(joined) == 1 and len(world_sizes(folder)) == 2:
            joined.append("leaves, when training has gone on for a while")
            threading.Timer(8, lambda: cluster.remove_node(joined[0], allow_graceful=False)).start()

    def config(workers: Any) -> TrainingConfig:
        # Steps of 0.3 s or more: Ray Train looks once a minute whether there are more nodes.
        stage = StageConfig(visits=120 * 420, learning_rate=1e-3)
        return TrainingConfig(
            workers=workers, zero_stage=2, precision="fp32", max_length=48, batch_examples=120, chains=stage,
            checkpoints=CheckpointsConfig(every_steps=10),
        )  # fmt: skip

    settings: Any = {"base_model": base_model, "seed": 5}
    elastic = train(config((1, 2)), [course], work_dir=str(folder / "work"), on_progress=work, **settings)
    fixed = train(config(1), [course], work_dir=str(folder / "fixed"), **settings)
    losses = {"elastic": elastic["student"].losses, "fixed": fixed["student"].losses}
    return {"world_sizes": world_sizes(folder), **losses}


def world_sizes(folder: Path) -> list[int]:
    """How many workers each start of the training had, in order, as rank 0's log tells."""
    log = folder / "work" / "logs" / "worker-0.log"
    lines = log.read_text().splitlines() if log.exists() else []
    return [int(line.rsplit(" ", 2)[-2]) for line in lines if line.startswith("dgrc: from student")]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
