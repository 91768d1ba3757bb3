"""A command that begins where nothing is says so at once, by way of the command line, and leaves no folder behind."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dgrc.cli import main
from dgrc.config.file import dump_config, make_config
from dgrc.storage.run_dir import RunDir
from dgrc.training.export import add_to_card
from tests.cli.test_main import one_paragraph

SCRIPTED = {"engine": "scripted", "script": "tests.scripts:teacher"}


def dgrc(*args: Any) -> Result:
    return CliRunner().invoke(main, [str(a) for a in args], env={"COLUMNS": "160"})


@pytest.fixture(autouse=True)
def _no_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of these gets as far as a cluster."""
    monkeypatch.setattr("dgrc.runtime.session.ray_session", None)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    settings = make_config({
        "name": "t", "runs_dir": str(tmp_path / "runs"), "teacher": SCRIPTED, "student": SCRIPTED,
        "evaluation": {"files": [str(tmp_path / "q.jsonl")]},
    })  # fmt: skip
    path = tmp_path / "c.yaml"
    path.write_text(dump_config(settings))
    return path


@pytest.fixture
def curated(config: Path, tmp_path: Path) -> RunDir:
    run = RunDir(tmp_path / "runs" / "t")
    run.claim(make_config({"name": "t"}))
    run.mark_done("assemble", "f", {})
    (run.curriculum() / "cot").mkdir(parents=True)
    return run


def refusal(*args: Any) -> str:
    result = dgrc(*args)
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    return one_paragraph(result.stderr)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("train", "Run `dgrc curate` with this configuration first."),
        ("evaluate", "Run `dgrc train` with this configuration first, or `dgrc run`, which curates, trains and"),
    ],
)
def test_a_run_that_was_never_begun_is_named_and_not_made(
    config: Path, tmp_path: Path, command: str, words: str
) -> None:
    said = refusal(command, config)
    assert words in said and f"There is no run t in {tmp_path}/runs; there are none yet." in said
    assert not (tmp_path / "runs").exists()
    RunDir(tmp_path / "runs" / "other").claim(make_config({"name": "other"}))
    assert f"there are {tmp_path}/runs/other. `name` and `runs_dir` say" in refusal(command, config)
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["other"]


def test_a_curated_run_is_not_evaluated_nor_exported_nor_verified(
    config: Path, curated: RunDir, tmp_path: Path
) -> None:
    said = refusal("evaluate", config)
    assert f"{curated.student()} does not exist yet. Run `dgrc train` with this" in said
    assert said.endswith(f"The run {curated.root} stands so: it is curated, and no student is trained.")
    said = refusal("export", curated.root, "--merge", tmp_path / "full")
    assert "has no student to export: it is curated, and no student is trained. Run `dgrc train`" in said
    for command in ("verify-run", "repair"):
        said = refusal(command, curated.root)
        assert "is not complete: it is curated, and no student is trained" in said and "`dgrc run`" in said
    assert "has no round 2" in refusal("show", curated.root, "--round", 2)


@pytest.mark.parametrize("command", [("export", "--merge", "x"), ("verify-run",), ("repair",), ("show",), ("status",)])
def test_an_unknown_run_is_refused_with_those_that_are(curated: RunDir, command: tuple[str, ...]) -> None:
    name, *rest = command
    said = refusal(name, curated.root.parent / "typo", *rest)
    assert f"typo is not a run: there is no such folder, here or in runs/. These are: {curated.root}." in said
    assert [path.name for path in curated.root.parent.iterdir()] == ["t"]


def test_a_baseline_that_is_not_trained_is_named(config: Path, curated: RunDir) -> None:
    curated.student().mkdir(parents=True)
    (curated.student() / "config.json").write_text("{}")
    said = refusal("evaluate", config, "--set", "evaluation.baselines=[distill]")
    assert f"{curated.student('distill')} does not exist yet. Run `dgrc train`" in said
    assert said.endswith(f"The run {curated.root} stands so: its student is trained and not evaluated.")


def test_nothing_to_evaluate_on_is_said_before_a_student_is_missed(config: Path) -> None:
    assert "There is nothing to evaluate on." in refusal("evaluate", config, "--set", "evaluation.files=[]")


def test_a_student_without_a_card_has_none_to_add_figures_to(tmp_path: Path) -> None:
    add_to_card(tmp_path, {"held-out": "0.5"})
    assert not list(tmp_path.iterdir())


def test_a_manifest_that_cannot_be_read_is_said_with_its_place(curated: RunDir) -> None:
    for text in ("{", "[]"):
        curated.manifest_file.write_text(text)
        assert f"{curated.manifest_file} cannot be read: " in refusal("verify-run", curated.root)


def test_settings_of_a_run_that_cannot_be_read_are_said_with_their_place(config: Path, curated: RunDir) -> None:
    for text in ("a: [1", "", "- a"):
        curated.config_file.write_text(text)
        assert f"{curated.config_file}, cannot be read" in refusal("train", config, "--allow-empty")
