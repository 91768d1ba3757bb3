"""What a user named is found or what there is is said; how far a run has come is seen in its folder."""

from pathlib import Path

import pytest

from dgrc.config.file import make_config
from dgrc.errors import RunDirError
from dgrc.storage.run_dir import RunDir
from dgrc.storage.standing import how_far, opened


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDir:
    monkeypatch.chdir(tmp_path)
    made = RunDir("runs/one")
    made.claim(make_config({"name": "one"}))
    return made


def test_a_run_is_opened_by_folder_or_by_name(run: RunDir) -> None:
    for given in ("runs/one", "one", run.root, f"{run.root}/"):
        assert opened(given).root == run.root


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("two", "two is not a run: there is no such folder, here or in runs/. These are: runs/one."),
        ("runs", "runs is not a run: it has no config.yaml. These are: runs/one."),
        ("runs/two", "These are: runs/one."), (".", "These are: runs/one."),
        ("/nowhere/two", "These are: runs/one."),
    ],
)  # fmt: skip
def test_what_is_no_run_is_refused_with_those_that_are(run: RunDir, given: str, words: str) -> None:
    with pytest.raises(RunDirError) as e:
        opened(given)
    assert words in str(e.value)


def test_where_there_is_no_run_at_all_an_example_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunDirError, match=r"for example runs/demo, or its name below runs/"):
        opened("two")


def test_a_round_that_is_not_there_is_refused_with_those_that_are(run: RunDir) -> None:
    with pytest.raises(RunDirError, match=r"no round 2\. Give a round that it has: 1; .*`rounds.count`"):
        opened("one", 2)
    for number in (1, 2, 10):
        run.in_round(number).round().mkdir()
    (run.root / "round-x").mkdir()
    assert opened("one", 2).number == 2
    with pytest.raises(RunDirError, match=r"no round 3\. Give a round that it has: 1, 2, 10;"):
        opened("one", 3)


def test_how_far_a_run_has_come_is_told_step_by_step(run: RunDir) -> None:
    assert how_far(run) == "nothing of it is finished"
    run.mark_done("ingest", "f", {})
    run.mark_done("gather", "f", {})
    assert how_far(run) == "its curation is done up to `gather`"
    run.mark_done("assemble", "f", {})
    assert how_far(run) == "it is curated, and no student is trained"
    run.student().mkdir(parents=True)
    (run.student() / "adapter_config.json").write_text("{}")
    assert how_far(run) == "its student is trained and not evaluated"
    run.evaluation().write_text("{}")
    assert how_far(run) == "its student is evaluated"
    run.in_round(2).mark_done("carry", "f", {})
    assert how_far(run) == "in round 2 its curation is done up to `carry`"
