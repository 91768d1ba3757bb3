"""A machine that will be taken away is noticed in time: what was done before is not done again, though no checkpoint
was due. What is done between the notice and the end is.

The cluster, of raylets on this machine, lives in a process of its own, beside the tests' shared Ray session.
"""

import json
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from benchmarks.chaos.cluster import give_notice
from dgrc.config.training import CheckpointsConfig, StageConfig, TrainingConfig
from dgrc.training.run.course import Course
from dgrc.training.run.launch import train
from tests.training.builders import make_examples, write_base_model, write_examples

NOTICE_S = 8
"""From the notice to the end of the machine."""


@pytest.mark.slow
def test_a_checkpoint_is_made_when_a_machine_will_be_taken_away(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.run.test_preemption", str(tmp_path)],
        stdout=subprocess.PIPE, text=True, check=True, timeout=900,
    )  # fmt: skip
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["disturbed"] == said["fixed"], "the same losses to the last bit"
    assert said["began_at"][0] == 0 and said["began_at"][1:] == said["checkpoint_at"], "and went on from the notice"
    assert said["checkpoint_at"][0] > 0


def main(folder: Path) -> None:
    """Trains on a machine that is taken away with notice, and once undisturbed."""
    import ray
    from ray.cluster_utils import Cluster

    # Without its hooks at exit, which only a main thread may set: nodes join from the thread that hears of progress.
    head = {"num_cpus": 0, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head, shutdown_at_exit=False)
    try:
        doomed = cluster.add_node(num_cpus=1)
        ray.init(address=cluster.address, log_to_driver=False)
        said = _disturbed_and_fixed(folder, cluster, doomed)
    finally:
        ray.shutdown()
        cluster.shutdown()
    sys.stdout.write(json.dumps(said) + "\n")


def _disturbed_and_fixed(folder: Path, cluster: Any, doomed: Any) -> dict[str, Any]:
    base_model = write_base_model(folder / "base")
    chains = write_examples(folder / "chains", make_examples("chain", 60))
    course = Course("student", None, chains, str(folder / "student"), {})
    stage = StageConfig(visits=120 * 150, learning_rate=1e-3)
    config = TrainingConfig(
        workers=1, zero_stage=2, precision="fp32", max_length=48, batch_examples=120, chains=stage,
        checkpoints=CheckpointsConfig(every_steps=0),
    )  # fmt: skip
    given = threading.Event()

    def work(progress: Any) -> None:
        if progress.step >= 10 and not given.is_set():
            given.set()
            cluster.add_node(num_cpus=1)
            give_notice(cluster.address, doomed, NOTICE_S)
            threading.Timer(NOTICE_S, lambda: cluster.remove_node(doomed, allow_graceful=False)).start()

    settings: Any = {"base_model": base_model, "seed": 5}
    disturbed = train(config, [course], work_dir=str(folder / "work"), on_progress=work, **settings)
    log = (folder / "work" / "logs" / "worker-0.log").read_text()
    fixed = train(config, [course], work_dir=str(folder / "fixed"), **settings)
    return {
        "disturbed": disturbed["student"].losses, "fixed": fixed["student"].losses,
        "began_at": [int(step) for step in re.findall(r"dgrc: from student .* step (\d+) on", log)],
        "checkpoint_at": [int(step) for step in re.findall(r"taken away: checkpoint at step (\d+)", log)],
    }  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]))
