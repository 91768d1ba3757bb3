"""What the machines of `several_machines` are worth, and that run itself with scripted engines."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from tests.cluster.machines import ROOT, Machines, enter, environment

MACHINE = """
import os, socket, sys
name, other = sys.argv[1:]
shared = os.environ["SHARED"]
open(f"/tmp/of-{name}", "w").close()
open(f"/dev/shm/of-{name}", "w").close()
open(f"{shared}/of-{name}", "w").close()
while not os.path.exists(f"{shared}/of-{other}"):
    pass
try:
    open("/of-" + name, "w").close()
    system = "writable"
except OSError:
    system = "read-only"
try:
    socket.create_connection(("192.0.2.1", 80), 5)
    away = "reached"
except OSError:
    away = "out of reach"
seen = [folder for folder in ("/tmp", "/dev/shm", shared) if os.path.exists(f"{folder}/of-{other}")]
print(name, socket.gethostname(), seen == [shared], system, away, sorted(os.listdir(os.environ["ROOT"])))
"""


@pytest.mark.parametrize("where", ["here", "under /tmp"])
def test_machines_share_one_folder_and_nothing_else(tmp_path: Path, where: str) -> None:
    if os.environ.get("INSIDE") != "yes":
        world = enter()
        if world is None:
            pytest.skip("namespaces are refused here, or there is no iproute2")
        node = f"{__file__}::{test_machines_share_one_folder_and_nothing_else.__name__}[{where}]"
        pytest_ = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        command = [*world, *pytest_, f"--basetemp={tmp_path}", node]
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, "INSIDE": "yes"}, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout.decode()
        return
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        if where != "here":  # where each machine has a folder of its own
            (Path(made) / "dgrc").mkdir()
            (Path(made) / ".venv").symlink_to(Path(sys.prefix))
            _look_round(tmp_path, Path(made), f"{made}/.venv/bin/python")
        else:
            _look_round(tmp_path, ROOT, sys.executable)


def _look_round(folder: Path, checkout: Path, python: str) -> None:
    with Machines(folder, apart=True, checkout=checkout) as machines:
        pair = [
            machines.start(name, [python, "-c", MACHINE, name, other], environment())
            for name, other in (("one", "two"), ("two", "one"))
        ]
        for machine in pair:
            assert machine.process.wait(timeout=60) == 0, machine.log.read_text()
            said = machine.log.read_text().splitlines()[-1]
            assert said == f"{machine.name} {machine.name} True read-only out of reach ['.venv']"
        late = machines.start("late", ["sh", "-c", "sleep 600 & sleep 600"], environment())
    assert late.process.poll() is not None
    assert not [process for process in psutil.process_iter(["name"]) if process.info["name"] == "sleep"]


@pytest.mark.slow
def test_a_machine_goes_off_in_the_middle_and_no_row_is_lost_or_doubled() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.cluster.several_machines"], cwd=ROOT, stdout=subprocess.PIPE, text=True,
        check=True, timeout=1200,
    )  # fmt: skip
    figures = json.loads(done.stdout.splitlines()[-1])
    assert (figures["lost"], figures["doubled"], figures["nodes_killed"], figures["jobs"]) == (0, 0, 1, 1)
