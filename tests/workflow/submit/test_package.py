"""What is sent of a working directory, held against the archive that Ray itself makes; and what is refused before."""

import logging
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from ray._private import ray_constants
from ray._private.runtime_env import packaging

from dgrc.config.file import make_config
from dgrc.errors import JobError
from dgrc.workflow.submit import Submission, check
from dgrc.workflow.submit.package import NOT_PACKAGED, PARTS, Package, check_package, package_of
from tests.paths import ROOT

FILES = {
    ".gitignore": "data/\n*.local.yaml\n!data/kept.jsonl\n", "data/questions.jsonl": "{}\n",
    "data/kept.jsonl": "{}\n", "configs/legal.yaml": "", "configs/runs/legal.yaml": "", "configs/mine.local.yaml": "",
    "build/out.txt": "x", "corpora/build/rules.jsonl": "{}\n", "corpora/.rayignore": "big/\n",
    "corpora/big/b.jsonl": "{}\n", "secret.key": "k", "packs/mine/pack.toml": "", "packs/mine/x.key": "k",
    "models/m/config.json": "{}", "models/m/.git/HEAD": "", "models/m/__pycache__/x.pyc": "", "g.py": "",
    "deep/er/.gitignore": "a.txt\n", "deep/er/a.txt": "", "deep/er/b-ü.txt": "bb", ".venv/lib/x.py": "",
    "node_modules/x.js": "", "runs/r/config.yaml": "", "deep/credentials-1.json": "{}",
}  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    (folder / "empty").mkdir()
    (folder / "linked.jsonl").symlink_to(folder / "data" / "questions.jsonl")
    (folder / "nowhere").symlink_to(folder / "gone")
    return folder


def by_ray(folder: Path, archive: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, int], int]:
    """Names and sizes of what Ray packs, and the bytes of its archive."""
    monkeypatch.setattr(logging.getLogger("ray._private.runtime_env.packaging"), "disabled", True)
    excluded = [*ray_constants.get_runtime_env_default_excludes(), *NOT_PACKAGED]
    heeded = os.environ.get("RAY_RUNTIME_ENV_IGNORE_GITIGNORE", "0") != "1"
    packaging.create_package(str(folder), archive, include_gitignore=heeded, excludes=excluded)
    with zipfile.ZipFile(archive) as packed:
        return {info.filename: info.file_size for info in packed.infolist()}, archive.stat().st_size


@pytest.mark.parametrize("ignoring", ["0", "1"])
def test_the_package_is_what_ray_packs_to_the_byte(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ignoring: str
) -> None:
    monkeypatch.setenv("RAY_RUNTIME_ENV_IGNORE_GITIGNORE", ignoring)
    package = package_of(project)
    assert (package.files, package.size) == by_ray(project, tmp_path / "package.zip", monkeypatch)
    assert {"configs/runs/legal.yaml", "corpora/build/rules.jsonl", "linked.jsonl", "empty/"} <= package.files.keys()
    assert not {"secret.key", "build/out.txt", "runs/r/config.yaml", "corpora/big/b.jsonl"} & package.files.keys()
    assert ("data/questions.jsonl" in package.files) == (ignoring == "1")


def refusal(project: Path, config_file: str = "configs/legal.yaml", part: str = "run", **settings: Any) -> str:
    """Why a job is refused, in words; empty if it is not."""
    config = make_config({"runs_dir": "/shared", **settings})
    try:
        check(config, Submission(config_file, (), part, project))
    except JobError as e:
        return str(e)
    return ""


SCRIPTED = {"engine": "scripted", "script": "g:reply"}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"questions": {"files": ["data/*.jsonl"]}},
         "questions.files: data/questions.jsonl is left out by `data/` in .gitignore"),
        ({"questions": {"files": ["data/no*.jsonl"]}}, "questions.files: there is no data/no*.jsonl"),
        ({"questions": {"files": ["../q.jsonl"]}}, "questions.files: there is no ../q.jsonl"),
        ({"questions": {"files": ["../project/g.py"]}}, "questions.files: ../project/g.py lies outside"),
        ({"questions": {"files": ["linked.jsonl"], "teacher_chains": ["deep/er/a.txt"]}},
         "questions.teacher_chains: deep/er/a.txt is left out by `a.txt` in deep/er/.gitignore"),
        ({"corpus": {"files": ["corpora/big/b.jsonl"]}},
         "corpus.files: corpora/big/b.jsonl is left out by `big/` in corpora/.rayignore"),
        ({"evaluation": {"files": ["deep/credentials-1.json"]}},
         "evaluation.files: deep/credentials-1.json is left out by dgrc's own rule `*credentials*.json`"),
        ({"student": {"model": ".venv/lib"}}, "student.model: .venv/lib is left out by dgrc's own rule `.venv/`"),
        ({"student": {"model": "m", "engine_args": {"speculative_config": {"model": ".venv/lib"}}}},
         "student.engine_args.speculative_config.model: .venv/lib is left out by dgrc's own rule `.venv/`"),
        ({"method": {"prompts": "packs/mine"}}, "method.prompts: packs/mine is left out by dgrc's own rule `*.key`"),
        ({"training": {"deepspeed": "build/out.txt"}},
         "training.deepspeed: build/out.txt is left out by dgrc's own rule `/build/`"),
        ({"teacher": {"engine": "scripted", "script": "data.kept:f"}, "student": SCRIPTED}, ""),
        ({"teacher": {"engine": "scripted", "script": "data:f"}, "student": SCRIPTED},
         "teacher.script: data is left out by `data/` in .gitignore"),
        ({"questions": {"files": ["data/kept.jsonl", "/mnt/q.jsonl", "s3://b/q", "proving:unlabeled", "~/q.jsonl"]},
          "teacher": {"model": "models/m"}, "student": {"model": "Qwen/Qwen2.5-1.5B-Instruct"}}, ""),
    ],
)  # fmt: skip
def test_files_that_settings_name_are_sent_or_the_job_is_refused(
    project: Path, settings: dict[str, Any], words: str
) -> None:
    said = refusal(project, **settings)
    assert words in said and bool(said) == bool(words)
    assert not said or "`!name` in .gitignore" in said


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("configs/legal.yaml", ""), ("configs/legal", ""), ("configs/runs/legal.yaml", ""), ("legal/casehold", ""),
        ("/mnt/shared/legal.yaml", "there is no configuration /mnt/shared/legal.yaml"),
        ("absent.yaml", "there is no configuration absent.yaml"),
        ("configs/mine.local.yaml",
         "the configuration: configs/mine.local.yaml is left out by `*.local.yaml` in .gitignore"),
        ("../beside.yaml", "the configuration: ../beside.yaml lies outside"),
    ],
)  # fmt: skip
def test_the_configuration_is_sent_or_the_job_is_refused(project: Path, name: str, words: str) -> None:
    (project.parent / "beside.yaml").write_text("")
    said = refusal(project, name)
    assert words in said and bool(said) == bool(words)


def test_a_part_needs_its_own_files_alone(project: Path) -> None:
    settings: dict[str, Any] = {"questions": {"files": ["data/questions.jsonl"]}, "evaluation": {"files": ["no.jsonl"]}}
    assert "questions.files" in refusal(project, part="pilot", **settings)
    said = refusal(project, part="evaluate", **settings)
    assert "evaluation.files" in said and "questions.files" not in said
    assert refusal(project, part="train", **settings) == ""
    assert PARTS.keys() == {path.stem for path in (ROOT / "ray_jobs").glob("*.py")} - {"__init__", "entry"}


def test_a_package_larger_than_a_dashboard_takes_is_refused_by_its_largest_files(tmp_path: Path) -> None:
    config, most = make_config({}), 100 * 2**20
    overhead = Package(tmp_path, {"a": 0, "c.yaml": 0}).size
    (tmp_path / "c.yaml").write_text("")
    check_package(Package(tmp_path, {"a": most - overhead - 1, "c.yaml": 0}), config, "c.yaml", "run")
    refused = (
        r"of 100\.0 MiB.*takes less than 100\.0 MiB.*2 files the largest are "
        r"a \(100\.0 MiB\)\. List.*\.rayignore"
    )
    with pytest.raises(JobError, match=refused):
        check_package(Package(tmp_path, {"a": most - overhead, "c.yaml": 0}), config, "c.yaml", "run")


def test_what_ray_would_choke_on_is_refused_unless_it_is_left_out(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(project / "waits")
    with pytest.raises(JobError, match=r"waits is a pipe.*\.rayignore"):
        package_of(project)
    (project / ".rayignore").write_text("waits\n")
    package_of(project)
    odd = os.fsdecode(b"caf\xe9.txt")
    (project / odd).write_text("")
    with pytest.raises(JobError, match=r"'.*caf\\udce9\.txt' is not UTF-8"):
        package_of(project)
    (project / odd).unlink()
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "g.py")
    with pytest.raises(JobError, match=r"g\.py would be packaged, but cannot be read"):
        package_of(project)


def test_a_refusal_comes_before_any_cluster_is_asked(project: Path) -> None:
    command = [
        sys.executable, "-m", "dgrc", "submit", "configs/legal.yaml", "--address", "http://127.0.0.1:1",
        "--set", "runs_dir=/mnt/runs", "--set", "questions.files=[data/questions.jsonl]",
    ]  # fmt: skip
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 2 and "left out by `data/` in .gitignore" in " ".join(done.stderr.split())
    command[-1] = "questions.files=[linked.jsonl]"
    sent = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, env=env)
    assert sent.returncode == 2 and "package: " in sent.stderr and "cannot be reached" in sent.stderr
