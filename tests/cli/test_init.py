"""`dgrc init`: a configuration that loads at once, and refusals in one paragraph."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dgrc.cli import main
from dgrc.config import FieldMap
from dgrc.config.file import load_config
from tests.cli.test_main import one_paragraph

ROW = {"id": "q#", "question": "Which court hears case # ?", "options": ["crown", "mill"], "source": "a book"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    for name in ("a", "b"):
        lines = (json.dumps(ROW).replace("#", f"{name}{number}") for number in range(3))
        (tmp_path / "data" / f"{name}.jsonl").write_text("\n".join(lines))
    return tmp_path


def dgrc(*args: Any) -> Result:
    return CliRunner().invoke(main, [str(a) for a in args])


def test_the_written_file_loads_at_once_and_names_what_is_missing(folder: Path) -> None:
    done = dgrc("init", "my.yaml", "--questions", "data/*.jsonl")
    assert (done.exit_code, done.stdout) == (0, "")
    for said in ("the question is in 'question'", "the options are in 'options'", "not used: 'source'", "one more"):
        assert said in done.stderr and said in (folder / "my.yaml").read_text()
    config = load_config("my.yaml")
    assert config.name == "my" and config.questions.files == ("data/*.jsonl",)
    assert config.questions.fields == FieldMap(choices="options", label=None)
    plan = dgrc("run", "my.yaml", "--dry-run")
    assert plan.exit_code == 2 and "questions.files: 6 rows of 2 files: 6 with options" in plan.stdout
    found = [line for line in plan.stderr.splitlines() if line.startswith("- ")]
    assert ["put-your-teacher-here" in line for line in found].count(True) == 1
    assert any(line.startswith("- student.model: The model directory put-your-student-here") for line in found)


@pytest.mark.parametrize("turns", [False, True])
def test_questions_in_another_script_are_told_which_packs_ask_in_it(folder: Path, turns: bool) -> None:
    text = "租赁合同的租赁期限最长为多少年？"
    row: dict[str, Any] = {"id": "题", "question": text}
    if turns:
        row = {"id": "题", "conversations": [{"from": "human", "value": text}, {"from": "gpt", "value": "二十年"}]}
    (folder / "data" / "zh.jsonl").write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    done = dgrc("init", "zh.yaml", "--questions", "data/zh.jsonl")
    assert done.exit_code == 0, done.stderr
    said = "! 100% of the questions are written in Han, the pack `general` asks in English"
    assert said in done.stderr and said in (folder / "zh.yaml").read_text(encoding="utf-8")
    assert "`legal_zh` or `medical_zh`" in done.stderr
    assert load_config("zh.yaml").method.prompts == "general"
    assert "written in" not in dgrc("init", "en.yaml", "--questions", "data/a.jsonl").stderr


def test_models_may_be_named() -> None:
    done = dgrc("init", "my.yaml", "--questions", "data/a.jsonl", "--teacher", "org/big", "--student", "/m/small")
    assert done.exit_code == 0
    config = load_config("my.yaml")
    assert (config.teacher.model, config.student.model) == ("org/big", "/m/small")


def test_nothing_is_overwritten(folder: Path) -> None:
    (folder / "my.yaml").write_text("mine")
    done = dgrc("init", "my.yaml", "--questions", "data/a.jsonl")
    assert done.exit_code == 2 and "overwrites nothing" in one_paragraph(done.stderr)
    assert (folder / "my.yaml").read_text() == "mine"


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("my.yaml", "--questions", "data/none.jsonl"), "No question file matches 'data/none.jsonl'."),
        (("my.yaml", "--questions", "data/odd.jsonl"), "It has the columns 'nr', 'code'. Name one with --text COLUMN."),
        (("my.yaml", "--questions", "data/odd.txt"), "unknown suffix"),
        (("my.yaml", "--questions", "data/a.jsonl", "--text", "stem"), "has no column 'stem'; it has 'id', 'question'"),
        (("no/my.yaml", "--questions", "data/a.jsonl"), "no/my.yaml cannot be written: no is no folder."),
        (("my.jsonl", "--questions", "data/a.jsonl"), "'my.jsonl' is no name for a configuration: wanted is"),
        (("", "--questions", "data/a.jsonl"), "'' is no name for a configuration: wanted is one that ends with .yaml."),
    ],
)
def test_what_cannot_be_done_is_said_and_writes_nothing(folder: Path, args: tuple[str, ...], says: str) -> None:
    (folder / "data" / "odd.jsonl").write_text('{"nr": 1, "code": "x"}\n')
    (folder / "data" / "odd.txt").write_text("a question?")
    done = dgrc("init", *args)
    assert (done.exit_code, done.stdout) == (2, "")
    assert says in one_paragraph(done.stderr)
    assert not list(folder.rglob("*.yaml"))


def test_a_published_form_is_named_in_the_place_of_columns(folder: Path) -> None:
    row = {"id": "q", "question": "Which drug helps ?", "opa": "w", "opb": "x", "opc": "y", "opd": "z"}
    (folder / "data" / "dev.json").write_text("\n".join(json.dumps({**row, "cop": cop}) for cop in (1, 4)))
    done = dgrc("init", "my.yaml", "--questions", "data/dev.json")
    assert done.exit_code == 0 and "these are rows of medmcqa as published" in done.stderr
    questions = load_config("my.yaml").questions
    assert (questions.form, questions.fields) == ("medmcqa", FieldMap())
