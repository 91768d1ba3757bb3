"""A student that is named by the Hub: its workers fetch it, and it is the same training as on a copy of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.storage.objectstore.hub import serving
from tests.training.curriculum import Curriculum

TRAIN = """
import sys
from pathlib import Path
from tests.training.curriculum import Curriculum, config

folder, names = Path(sys.argv[1]), sys.argv[2:]
for number, name in enumerate(names):
    result = Curriculum(folder, name, [], []).train(config(workers=1), f"student-{number}")
    print("trained", name, result.losses)
"""


@pytest.mark.slow
def test_it_trains_as_a_copy_of_it_does(curriculum: Curriculum) -> None:
    with serving(Path(curriculum.base_model)) as hub:
        home = str(curriculum.folder / "home")
        env = {**os.environ, "HF_ENDPOINT": hub, "HF_HOME": home, "HF_HUB_OFFLINE": "0"}
        command = [sys.executable, "-c", TRAIN, str(curriculum.folder), "org/tiny", curriculum.base_model]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-4000:]
    lines = [line.split(" ", 2)[1:] for line in done.stdout.splitlines() if line.startswith("trained ")]
    (named, losses), (copied, others) = lines
    assert (named, copied) == ("org/tiny", curriculum.base_model) and losses == others != "[]"
    assert (curriculum.folder / "student-0" / "model.safetensors").is_file()
