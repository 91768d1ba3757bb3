"""A tiny training with faults on the way, for `benchmarks.chaos --training`.

`python -m benchmarks.chaos.training FOLDER` trains, or goes on with, the student of that folder. Faults come at seeded
steps: a worker killed, the driver killed, or the driver killed and the newest checkpoint cut short, as a machine that
loses its power would leave it.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.chaos.faults import MARK, processes
from benchmarks.shared.record import ROOT

KINDS = ("worker", "driver", "checkpoint")
STEPS, EXAMPLES, EVERY = 60, 60, 5
END_S = 900.0
SPARE_LIVES = 3


def main() -> None:
    """Trains; progress goes to `steps`, a line a step, and what came of it to `result.json`."""
    from dgrc.config.training import CheckpointsConfig, StageConfig, TrainingConfig
    from dgrc.training.run.course import Course
    from dgrc.training.run.launch import train

    folder = Path(sys.argv[1])
    stage = {"schedule": "linear", "warmup": 0.2}
    config = TrainingConfig(
        precision="fp32", max_length=48, micro_batch_rows=2, batch_examples=EXAMPLES, workers=2,
        atoms=StageConfig.model_validate({**stage, "visits": 120, "learning_rate": 3e-3}),
        chains=StageConfig.model_validate({**stage, "visits": EXAMPLES * STEPS, "learning_rate": 1e-3}),
        checkpoints=CheckpointsConfig(every_steps=EVERY),
    )  # fmt: skip
    inputs = folder.parent / "inputs"
    course = Course("student", str(inputs / "atoms"), str(inputs / "chains"), str(folder / "student"), {"name": "Toy"})
    with open(folder / "steps", "a", encoding="utf-8", buffering=1) as steps:
        result = train(
            config, [course], base_model=str(inputs / "base"), seed=5, work_dir=str(folder / "work"),
            on_progress=lambda progress: print(progress.step, file=steps),
        )["student"]  # fmt: skip
    (folder / "result.json").write_text(json.dumps({"losses": result.losses, "steps": result.steps}))


def disturbed(folder: Path, faults: int, seeds: Sequence[int], say: Any) -> tuple[list[dict[str, Any]], list[str]]:
    """Trainings with faults, each held against one that was left alone; and the marks of their processes."""
    _inputs(folder / "inputs")
    whole, losses, facts = _train(folder / "undisturbed", [], uuid.uuid4().hex)
    if not whole or facts["lives"] > 1:
        raise SystemExit(f"the undisturbed training failed: {facts['crashes']}")
    runs, marks = [], []
    for number, seed in enumerate(seeds):
        chance = random.Random(seed)
        share = faults * (number + 1) // len(seeds) - faults * number // len(seeds)
        first = chance.randrange(len(KINDS))
        at = sorted(chance.sample(range(2 * EVERY, STEPS - 2), share))
        plan = [(KINDS[(first + turn) % len(KINDS)], step) for turn, step in enumerate(at)]
        marks.append(uuid.uuid4().hex)
        weights, found, facts = _train(folder / f"seed-{seed}", plan, marks[-1])
        same, identical = sum(a == b for a, b in zip(losses, found, strict=False)), weights == whole
        facts |= {
            "seed": seed, "lost": max(0, len(losses) - len(found)), "doubled": max(0, len(found) - len(losses)),
            "different": min(len(losses), len(found)) - same + (not identical), "weights_identical": identical,
        }  # fmt: skip
        runs.append(facts)
        say(f"seed {seed}: {json.dumps(facts)}")
    return runs, marks


def _inputs(folder: Path) -> None:
    from tests.training.builders import make_examples, write_base_model, write_examples

    write_examples(folder / "atoms", make_examples("atom", 12))
    write_examples(folder / "chains", make_examples("chain", 30))
    write_base_model(folder / "base")


def _train(folder: Path, plan: list[tuple[str, int]], mark: str) -> tuple[bytes, list[float], dict[str, Any]]:
    """The student's weights, the loss of each step, and what happened."""
    folder.mkdir(parents=True)
    began, lives, happened, crashes = time.monotonic(), 0, [], list[str]()
    pending = list(plan)
    while not (folder / "result.json").exists() and lives <= len(plan) + SPARE_LIVES:
        lives += 1
        with open(folder / "errors", "wb") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.chaos.training", str(folder)], cwd=ROOT, stdout=errors,
                stderr=errors, env=os.environ | {MARK: mark, "PYTHONPATH": str(ROOT)}, start_new_session=True,
            )  # fmt: skip
            killed = False
            while process.poll() is None and time.monotonic() - began < END_S:
                if pending and _step(folder) >= pending[0][1] and (killed or _strike(pending[0][0], process, mark)):
                    kind, _ = pending.pop(0)
                    happened.append(kind)
                    killed = kind != "worker"
                    if kind == "checkpoint":
                        process.wait()
                        _cut_short(folder / "work")
                time.sleep(0.05)
            process.kill()
        if process.wait() and not killed:
            crashes.append((folder / "errors").read_text(errors="replace")[-1500:])
    facts = {
        "faults": len(happened), "missed": len(pending), "lives": lives,
        "kinds": {kind: happened.count(kind) for kind in dict.fromkeys(happened)}, "passes": {"train": len(happened)},
        "finished": (folder / "result.json").exists(), "seconds": round(time.monotonic() - began, 1),
        "stops": [], "crashes": crashes,
    }  # fmt: skip
    if not facts["finished"]:
        return b"", [], facts
    losses = json.loads((folder / "result.json").read_text())["losses"]
    return (folder / "student" / "model.safetensors").read_bytes(), losses, facts


def _step(folder: Path) -> int:
    """The step of the longer stage that was done last."""
    file = folder / "steps"
    lines = file.read_text().split() if file.exists() else []
    return int(lines[-1]) if lines else 0


def _strike(kind: str, process: "subprocess.Popen[bytes]", mark: str) -> bool:
    if kind != "worker":
        process.kill()
        return True
    workers = sorted(pid for pid, title in processes(mark) if "RayTrainWorker" in title)
    if not workers:
        return False
    os.kill(workers[0], signal.SIGKILL)
    return True


def _cut_short(work: Path) -> None:
    """Leaves half of the newest checkpoint's first file."""
    files = sorted(work.glob("train-*/*/state-*.safetensors"), key=lambda file: (file.parent.name, file.name))
    if files:
        first = min(file for file in files if file.parent == files[-1].parent)
        os.truncate(first, first.stat().st_size // 2)


if __name__ == "__main__":
    main()
