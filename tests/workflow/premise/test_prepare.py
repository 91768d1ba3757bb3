"""What is done before a premise's run begins: the sample is drawn and written, and what is wrong is said."""

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from dgrc.storage.run_dir import RunDir
from dgrc.workflow.curated import asked_with
from dgrc.workflow.pilot import pilot_config
from dgrc.workflow.premise import prepare
from tests.pipeline.conftest import scripted_config, write_questions

QUESTIONS = 60


def test_another_sample_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    config = scripted_config(tmp_path, write_questions(tmp_path / "q.jsonl", QUESTIONS), "real")
    settings = prepare(config, 5, None, lambda line: None)
    run = RunDir.of(settings)
    with run.lock():
        run.claim(settings)
        (run.root / "round-1").mkdir()
    assert prepare(config, 5, None, lambda line: None) == settings and (run.root / "round-1").is_dir()
    other = prepare(config, 6, None, lambda line: None)
    assert not (run.root / "round-1").exists() and len(list(run.given_questions.iterdir())) == 1
    assert len(Path(other.questions.files[0]).read_text().splitlines()) == 6
    assert not settings.evaluation.wanted and settings.questions.fields.label is None


def test_chains_are_read_as_the_run_itself_would_read_them(tmp_path: Path) -> None:
    """What the run's own pilot found decides whether a reader is asked."""
    config = scripted_config(tmp_path, write_questions(tmp_path / "q.jsonl", 4), "real")
    assert prepare(config, 4, None, lambda line: None).method.ask_unread == ()
    pilot = RunDir.of(pilot_config(config, 2)).root
    pilot.mkdir(parents=True)
    found = {"ask_unread": {"teacher": {"used": True}, "student": {"used": False}}, "asked_with": asked_with(config)}
    (pilot / "pilot.json").write_text(json.dumps(found))
    assert prepare(config, 4, None, lambda line: None).method.ask_unread == ("teacher",)


def test_what_is_wrong_is_said_before_anything_runs(tmp_path: Path, called: Callable[..., Result]) -> None:
    bare = called(4, lambda i: None)
    assert bare.exit_code == 2 and "no row that was looked at has a column" in bare.stderr
    absent = called(4, lambda i: "1", "--truth", str(tmp_path / "no.jsonl"))
    assert absent.exit_code == 2 and "There is no truth file" in absent.stderr
    (tmp_path / "odd.jsonl").write_text('{"id": 1}\n')
    broken = called(4, lambda i: "1", "--truth", str(tmp_path / "odd.jsonl"))
    assert broken.exit_code == 2 and "Line 1 of" in broken.stderr
    assert not (tmp_path / "real-premise").exists()
