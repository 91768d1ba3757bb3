"""A training whose checkpoints and base model are on the store of the environment; a worker is killed in the middle.

    python -m tests.storage.objectstore.training FOLDER BASE_MODEL_URL STORAGE_URL

Last line of output: what lay on the store meanwhile and afterwards, where each start began, and the losses.
"""

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

import psutil
from pyarrow import fs

from dgrc.config.training import AdapterConfig, CheckpointsConfig, StageConfig, TrainingConfig
from dgrc.storage.objectstore.files import file_system
from dgrc.training.run.course import Course
from dgrc.training.run.launch import train
from tests.training.builders import make_examples, write_examples

EVERY = 10


def main(folder: Path, base_model: str, storage: str) -> None:
    """Trains with a kill, then without one from the local disk."""
    chains = write_examples(folder / "chains", make_examples("chain", 60))
    killed: list[int] = []
    seen: set[str] = set()

    def kill_once(progress: Any) -> None:
        seen.update(lying(storage))
        if progress.step >= 40 and not killed:
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):  # it may end meanwhile
                    if "RayTrainWorker" in " ".join(process.cmdline()):
                        killed.append(process.pid)
                        process.kill()

    def config(**checkpoints: Any) -> TrainingConfig:
        return TrainingConfig(
            workers=2, precision="fp32", max_length=48, batch_examples=60, adapter=AdapterConfig(rank=2),
            chains=StageConfig(visits=3600, learning_rate=1e-3),
            checkpoints=CheckpointsConfig(every_steps=EVERY, **checkpoints),
        )  # fmt: skip

    def run(name: str, base: str, settings: TrainingConfig, **more: Any) -> tuple[float, ...]:
        course = Course("student", None, chains, str(folder / name), {})
        work = str(folder / f"work-{name}")
        return train(settings, [course], base_model=base, seed=5, work_dir=work, **more)["student"].losses

    remote = run("remote", base_model, config(storage=storage), on_progress=kill_once)
    left = lying(storage)
    local = run("local", str(folder / "base"), config())
    log = (folder / "work-remote" / "logs" / "worker-0.log").read_text().splitlines()
    starts = [line for line in log if line.startswith("dgrc: from")]
    said = {"killed": len(killed), "seen": sorted(seen), "left": left, "starts": starts}
    sys.stdout.write(json.dumps({**said, "remote": remote, "local": local}) + "\n")


def lying(url: str) -> list[str]:
    """Names of the files under a URL."""
    system, path = file_system(url)
    found = system.get_file_info(fs.FileSelector(path, recursive=True, allow_not_found=True))
    return sorted(info.path for info in found if info.type == fs.FileType.File)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
