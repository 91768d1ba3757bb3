"""What a curation came to: warnings that stay with the run, and an end where there is nothing to learn."""

import json
import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from dgrc.cli import main
from dgrc.config import Config
from dgrc.errors import EmptyCurriculumError
from dgrc.storage.run_dir import RunDir
from dgrc.workflow.curated import refuse_empty, warn_again, with_trusted_readers
from tests.tiny import write_model

EARLIER = Path(__file__).parent / "earlier_runs" / "f3e1b6a"


def curriculum(run: RunDir, atomic: str, cot: str) -> RunDir:
    for kind, text in (("atomic", atomic), ("cot", cot)):
        folder = run.curriculum() / kind
        folder.mkdir(parents=True)
        (folder / "train.jsonl").write_text(text)
    return run


@pytest.mark.parametrize(
    ("atomic", "cot", "kinds", "refused"),
    [
        ("", "", ("atomic", "cot"), "is empty"), ("{}\n", "", ("atomic", "cot"), None),
        ("", "{}\n", ("atomic", "cot"), None), ("{}\n", "", ("cot",), "has no chains"), ("", "{}\n", ("cot",), None),
    ],
)  # fmt: skip
def test_a_curriculum_without_what_is_needed_is_refused(
    tmp_path: Path, atomic: str, cot: str, kinds: tuple[str, ...], refused: str | None
) -> None:
    run = curriculum(RunDir(tmp_path), atomic, cot)
    refuse_empty(run, kinds, allowed=True)
    if refused is None:
        refuse_empty(run, kinds, allowed=False)
        return
    with pytest.raises(EmptyCurriculumError, match=refused) as caught:
        refuse_empty(run, kinds, allowed=False)
    assert "--allow-empty" in str(caught.value)


def test_a_curriculum_that_was_never_written_is_empty(tmp_path: Path) -> None:
    with pytest.raises(EmptyCurriculumError):
        refuse_empty(RunDir(tmp_path), ("atomic", "cot"), allowed=False)


def test_what_a_curation_warned_of_is_said_again(tmp_path: Path) -> None:
    run, said = RunDir(tmp_path), list[str]()
    warn_again(run, said.append)
    assert said == []
    run.warnings().parent.mkdir(parents=True)
    run.warnings().write_text(json.dumps(["only 3 of 10 questions could be compared"]))
    warn_again(run, said.append)
    assert said == ["! only 3 of 10 questions could be compared"]


def test_a_list_of_roles_needs_no_pilot(tmp_path: Path) -> None:
    script = {"engine": "scripted", "script": "a:b"}
    config = Config.model_validate({"teacher": script, "student": script, "method": {"ask_unread": ["student"]}})
    run = RunDir(tmp_path)
    assert with_trusted_readers(config, run, print).method.ask_unread == ("student",)
    checked = config.model_copy(update={"method": config.method.model_copy(update={"ask_unread": "checked"})})
    assert with_trusted_readers(checked, run, print).method.ask_unread == (), "nobody has checked"


@pytest.mark.stack
def test_training_without_chains_exits_with_3_and_says_why(tmp_path: Path) -> None:
    run = Path(shutil.copytree(EARLIER, tmp_path / "runs" / "earlier"))
    (run / "round-1" / "curriculum" / "cot" / "train.jsonl").write_text("")
    (run / "round-1" / "warnings.json").write_text(json.dumps(["no chain was kept"]))
    config = yaml.safe_load((run / "config.yaml").read_text())
    config["runs_dir"] = str(run.parent)
    model = write_model(tmp_path / "model", 64)
    config["student"] = {"engine": "vllm", "model": str(model)}  # what could be trained, were there chains
    whole = Config.model_validate(config).model_dump(mode="json")
    (run / "config.yaml").write_text(yaml.safe_dump(whole))
    (tmp_path / "again.yaml").write_text(yaml.safe_dump(whole))
    done = CliRunner().invoke(main, ["train", str(tmp_path / "again.yaml")])
    said = " ".join(done.stderr.split())
    assert done.exit_code == 3, said
    assert "! no chain was kept" in said and "has no chains" in said and "--allow-empty" in said
