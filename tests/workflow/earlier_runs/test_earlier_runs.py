"""Runs of earlier commits, which lie here: shown and verified; refused by name where they would be paid for again."""

import json
import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from dgrc.cli import main
from dgrc.pipeline.method_version import METHOD_VERSION, claim_method, method_of
from dgrc.storage.run_dir import RunDir
from dgrc.training.data.inputs import read_examples
from dgrc.workflow.results import Run

EARLIER = Path(__file__).parent
COMMITS = sorted(path.parent.name for path in EARLIER.glob("*/config.yaml"))
READ_BY = {commit: None if commit == "f3e1b6a" else "tag" for commit in COMMITS}
"""How a chain's answer was read: a column that came with the second of them."""

WITH_SOURCES = tuple(commit for commit in COMMITS if commit not in ("f3e1b6a", "d7c6703"))
"""Whose examples say from which lines of the user's files they come."""


@pytest.fixture(params=COMMITS)
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of a small run of an earlier commit."""
    return Path(shutil.copytree(EARLIER / request.param, tmp_path / "runs" / "earlier"))


def test_it_is_shown(run: Path) -> None:
    shown = CliRunner().invoke(main, ["show", str(run)])
    assert shown.exit_code == 0 and "divergent 4" in shown.stdout, shown.output
    case = CliRunner().invoke(main, ["show", str(run), "sum-1"])
    assert case.exit_code == 0 and "teacher 0" in case.stdout and "answer:" in case.stdout, case.output


def test_it_is_verified(run: Path) -> None:
    verified = CliRunner().invoke(main, ["verify-run", str(run)])
    assert verified.exit_code == 0, verified.output


def test_its_chains_are_read_as_records(run: Path) -> None:
    cases = Run(run).cases.to_table().to_pylist()
    assert len(cases) == 6
    assert {chain["read_by"] for case in cases for chain in case["teacher"]} == {READ_BY[run_commit(run)]}
    assert not any(question["several"] for question in Run(run).questions.to_table().to_pylist())


def test_its_curricula_can_be_trained_on(run: Path) -> None:
    for kind in ("atomic", "cot"):
        examples = read_examples(str(run / "round-1" / "curriculum" / kind))
        assert examples and all(e.messages[-1]["role"] == "assistant" for e in examples)
        assert all(bool(e.sources) == (run_commit(run) in WITH_SOURCES) for e in examples)


def test_to_curate_it_again_is_refused_before_anything_starts(run: Path, tmp_path: Path) -> None:
    config = yaml.safe_load((run / "config.yaml").read_text())
    config["runs_dir"] = str(run.parent)
    (tmp_path / "again.yaml").write_text(yaml.safe_dump(config))
    (tmp_path / "q.jsonl").write_text("{}")
    before = sorted(path.stat().st_mtime_ns for path in run.rglob("*.parquet"))
    again = CliRunner().invoke(main, ["curate", str(tmp_path / "again.yaml")])
    assert again.exit_code == 2, again.output
    said = " ".join(again.stderr.split())
    assert f"finish it with commit {run_commit(run)}" in said and "another `name`" in said, said
    assert sorted(path.stat().st_mtime_ns for path in run.rglob("*.parquet")) == before


def run_commit(run: Path) -> str:
    made = json.loads((run / "manifest.json").read_text())["provenance"]["commit"]
    return next(commit for commit in COMMITS if made.startswith(commit))


def test_a_run_of_this_version_goes_on(tmp_path: Path) -> None:
    run = RunDir(tmp_path / "run")
    assert method_of(run)[1] is None
    claim_method(run)
    (run.state("gather")).mkdir(parents=True)
    claim_method(run)
    assert method_of(run)[1] == METHOD_VERSION
