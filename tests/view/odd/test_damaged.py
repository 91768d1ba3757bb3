"""Runs that are half finished, damaged or odd: what can be shown is shown, and what cannot is said."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from dgrc.cli import main
from dgrc.storage.atomic import write_json
from dgrc.storage.run_dir import RunDir
from dgrc.view import lists
from dgrc.view.index.build import build
from dgrc.view.index.tables import place_of
from dgrc.view.overview import tell_run
from dgrc.view.store import Store
from tests.view.made import write_run

NOT_KNOWN = "is in no form that is known"
Harm = Callable[[RunDir], Any]


def cut(run: RunDir) -> None:
    part = next(iter(sorted(run.dataset("cases").glob("*.parquet"))))
    part.write_bytes(part.read_bytes()[:-9])


def odd_score(run: RunDir) -> None:
    write_json(run.evaluation(), {"models": {"x": {"accuracy": "high"}}, "questions": 3, "confidence": 0.9})


def odd_test(run: RunDir) -> None:
    write_json(run.evaluation(), {"models": {}, "against": {"base": {"p_value": None}}})


def odd_spending(run: RunDir) -> None:
    write_json(run.root / "spending" / "teacher.json", [1])


def odd_report(run: RunDir) -> None:
    said = {"usage": {"teacher/sample": {"money": "much"}}, "rows": "many", "seconds": []}
    write_json(run.state("gather") / "done.json", {"fingerprint": "f", "report": said})


HARMS: list[tuple[Harm, str, int]] = [
    (lambda run: write_json(run.evaluation(), [1]), f"evaluation.json {NOT_KNOWN}", 7),
    (odd_score, f"evaluation.json {NOT_KNOWN}", 7),
    (odd_test, f"evaluation.json {NOT_KNOWN}", 7),
    (lambda run: write_json(run.warnings(), {"a": 1}), f"warnings.json {NOT_KNOWN}", 7),
    (lambda run: run.warnings().write_text("[" * 100_000), "warnings.json cannot be read (RecursionError", 7),
    (lambda run: write_json(run.root / "rounds.json", [1, 2]), f"rounds.json {NOT_KNOWN}", 7),
    (lambda run: write_json(run.root / "rounds.json", [{"a": []}, {}]), f"rounds.json {NOT_KNOWN}", 7),
    (odd_spending, f"teacher.json {NOT_KNOWN}", 7),
    (odd_report, "", 7),
    (lambda run: run.manifest_file.write_text('{"files": [3]}'), "The manifest", 7),
    (lambda run: run.manifest_file.write_text('{"files": {"a": 3}}'), "The manifest", 7),
    (lambda run: run.config_file.unlink(), "config.yaml is no configuration any more", 7),
    (lambda run: shutil.rmtree(run.dataset("atoms")), "Of the 4 rows that screen wrote 0 can be read in atoms/", 7),
    (cut, "Of the 7 rows that gather wrote 5 can be read in cases/", 5),
]


@pytest.mark.parametrize(("harm", "words", "cases"), HARMS)
def test_what_cannot_be_read_is_said_and_the_rest_is_shown(
    tmp_path: Path, harm: Harm, words: str, cases: int
) -> None:
    run = write_run(tmp_path / "r")
    harm(run)
    build(run)
    store = Store(place_of(run))
    told = tell_run(run, store, lists.cases(store), lists.atoms(store), {"active": False, "waiting": 0, "failed": ""})
    store.close()
    assert told["counts"]["cases"] == cases
    said = [*told["troubles"], *told["status"]["damaged"]]
    assert any(words in one for one in said) if words else not said
    for command in (["show"], ["status"], ["report", "--out", str(tmp_path / "r.html")]):
        ended = CliRunner().invoke(main, [command[0], str(run.root), *command[1:]])
        assert ended.exception is None or isinstance(ended.exception, SystemExit), (command, ended.exception)
        assert ended.exit_code == 0 or command[0] == "status"


def test_while_the_index_is_built_rows_that_are_not_read_yet_are_no_loss(tmp_path: Path) -> None:
    run = write_run(tmp_path / "r")
    store = Store(place_of(run))
    told = tell_run(run, store, lists.cases(store), lists.atoms(store), {"active": True, "waiting": 9, "failed": ""})
    store.close()
    assert told["troubles"] == []


@pytest.mark.parametrize("given", ["nowhere", "", "../x"])
def test_what_is_no_run_is_refused(tmp_path: Path, given: str) -> None:
    (tmp_path / "empty").mkdir()
    for folder in (str(tmp_path / "empty"), str(tmp_path / given)):
        ended = CliRunner().invoke(main, ["show", folder])
        assert ended.exit_code == 2 and "is not a run" in " ".join(ended.output.split())
