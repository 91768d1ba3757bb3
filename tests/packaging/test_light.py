"""What a plain installation does without torch and all that stands on it: curate through an API, show, plan a run; and
what it says where an extra is needed.

The libraries are made not to be found, in this test's processes and in the Ray workers that they start.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.loopback import serving
from tests.packaging.answering import KEY
from tests.paths import ROOT
from tests.security.test_secrets import left_behind

AWAY = ("torch", "transformers", "tokenizers", "safetensors", "deepspeed", "peft", "vllm")
NOT_FOUND = """
from importlib.machinery import PathFinder
found = PathFinder.find_spec

def find_spec(name, path=None, target=None):
    return None if name.partition(".")[0] in {away} else found(name, path, target)

PathFinder.find_spec = staticmethod(find_spec)
"""


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment whose Python starts without the libraries."""
    folder = tmp_path_factory.mktemp("plain")
    (folder / "sitecustomize.py").write_text(NOT_FOUND.format(away=AWAY))
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving("tests.packaging.answering") as url:
        yield url


def python(env: dict[str, str], folder: Path, *args: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, *args], cwd=folder, env=env, capture_output=True, text=True, check=False)


def settings(folder: Path, server: str) -> dict[str, Any]:
    (folder / "q.jsonl").write_text("\n".join(json.dumps({"question": f"case {n} . which court ?"}) for n in range(6)))
    api = {"base_url": server, "key_env": "TIGER_KEY", "deadline_s": 20}
    models = {role: {"engine": "openai_api", "model": role, "api": api} for role in ("teacher", "student")}
    return {
        "name": "t", "questions": {"files": ["q.jsonl"]}, **models, "method": {"prompts": "proving"},
        "pipeline": {"workers": 1},
    }  # fmt: skip


@pytest.mark.stack
def test_curation_through_an_api_and_looking_at_it_need_no_torch_and_leave_no_key_behind(
    tmp_path: Path, plain: dict[str, str], server: str
) -> None:
    (tmp_path / "run.yaml").write_text(json.dumps(settings(tmp_path, server)))
    done = python(plain | {"TIGER_KEY": KEY}, tmp_path, "-m", "dgrc", "--debug", "curate", "run.yaml")
    assert done.returncode == 0, done.stderr
    spent = json.loads((tmp_path / "runs" / "t" / "spending" / "teacher.json").read_text())
    assert spent["requests"], "it was used"
    assert left_behind(tmp_path, KEY) == [] and KEY not in done.stdout + done.stderr
    chains = tmp_path / "runs" / "t" / "round-1" / "curriculum" / "cot" / "train.jsonl"
    assert chains.read_text().count("\n") >= 3, "the whole method was gone through"
    shown = python(plain, tmp_path, "-m", "dgrc", "show", "runs/t")
    assert shown.returncode == 0 and "divergent" in shown.stdout, shown.stderr


COMMANDS: dict[str, tuple[list[str], str]] = {
    "init": (["init", "my.yaml", "--questions", "q.jsonl"], ""),
    "dry run": (["run", "legal/casehold", "--dry-run"], "`teacher.engine: vllm` needs vllm"),
    "own dry run": (["run", "my.yaml", "--dry-run"], "Training needs torch"),
    "vllm": (["curate", "run.yaml", "--set", "student={engine: vllm, model: m, api: null}"],
             "`student.engine: vllm` needs vllm, transformers"),
    "train": (["train", "run.yaml"], "Training needs torch"),
    "run": (["run", "run.yaml"], "Training needs torch"),
    "evaluate": (["evaluate", "run.yaml", "--set", "evaluation.files=[q.jsonl]"], "Evaluating a student needs torch"),
    "demo": (["demo", "--size", "small"], "needs vllm"),
    "plan": (["plan", "run.yaml"], "`dgrc plan` needs torch"),
    "export": (["export", "runs/t", "--merge", "out"], "`dgrc export` needs torch"),
}  # fmt: skip
INVOKED = """
import json, sys
from click.testing import CliRunner
from dgrc.cli import main
results = {name: CliRunner().invoke(main, args) for name, args in json.loads(sys.argv[1]).items()}
told = {name: [result.exit_code, result.stdout, result.stderr] for name, result in results.items()}
import dgrc
try:
    dgrc.train("run.yaml")
except dgrc.DgrcError as e:
    told["library"] = [2, "", str(e)]
print(json.dumps(told))
"""


def test_what_needs_an_extra_says_so_before_anything_starts(tmp_path: Path, plain: dict[str, str]) -> None:
    (tmp_path / "run.yaml").write_text(json.dumps(settings(tmp_path, "http://127.0.0.1:9/v1")))
    args = json.dumps({name: args for name, (args, _) in COMMANDS.items()})
    done = python(plain, tmp_path, "-c", INVOKED, args)
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    wanted = {name: says for name, (_, says) in COMMANDS.items()} | {"library": "Training needs torch"}
    for name, says in wanted.items():
        code, stdout, stderr = results[name]
        said = " ".join(stderr.split())
        assert code == (2 if says else 0) and says in said, (name, stderr)
        assert not says or ("pip install 'dgrc[" in said and (not stdout or "dry run" in name)), name
    assert not (tmp_path / "runs").exists(), "nothing was begun"


def test_the_libraries_are_really_away(tmp_path: Path, plain: dict[str, str]) -> None:
    code = f"import importlib.util; print([importlib.util.find_spec(name) for name in {AWAY}], end='')"
    done = python(plain, tmp_path, "-c", f"import click; {code}")
    assert done.stdout == str([None] * len(AWAY)), done.stderr
