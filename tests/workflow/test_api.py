"""dgrc as a library: the same results as the command line's, typed, resumable, and errors in one paragraph."""

import ast
import asyncio
import contextlib
import inspect
import io
import json
import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.dataset as pads
import pytest
from click.testing import CliRunner

import dgrc
from dgrc.cli import main
from dgrc.config import EvaluationConfig, FieldMap
from dgrc.errors import ConfigError, NotReadyError, QuestionFileError, RunDirError, TrainingError
from dgrc.workflow.job import Job
from tests.paths import ROOT

SCRIPTED = {"engine": "scripted", "script": "dgrc.proving.toy:teacher"}
ROWS = [{"id": f"sum-{i}", "question": f"What is {i} + {2 * i} + 7?"} for i in range(1, 25)]
"""Those of the example and of the documentation."""


def settings(folder: Path, **sections: Any) -> dict[str, Any]:
    return {"name": "t", "runs_dir": folder, "teacher": SCRIPTED, "student": SCRIPTED, **sections}


def one_paragraph(error: BaseException) -> str:
    assert isinstance(error, dgrc.DgrcError) and "\n" not in str(error)
    return str(error)


def by_id(rows: dgrc.Rows) -> list[dict[str, Any]]:
    return list(rows.to_table().sort_by("id").to_pylist())


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory, ray_here: None) -> tuple[dgrc.Run, str]:
    """The run that the example makes, started in an empty folder, and what it prints."""
    folder = tmp_path_factory.mktemp("example")
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as out:
        patch.chdir(folder)
        patch.delenv("DGRC_EXAMPLE", raising=False)
        runpy.run_path(str(ROOT / "docs" / "examples" / "curate_in_python.py"), run_name="__main__")
    assert os.listdir(folder) == ["runs"]
    return dgrc.open_run(folder / "runs" / "toy"), out.getvalue()


@pytest.fixture
def run(example: tuple[dgrc.Run, str]) -> dgrc.Run:
    return example[0]


def test_the_package_is_imported_in_no_time_and_names_all_that_it_offers() -> None:
    """No time is measured, for machines differ: what would take it is not loaded."""
    code = "import sys, dgrc; print(len(dir(dgrc)), *(name for name in sys.modules if name.startswith('dgrc')))\n"
    code += "print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    names, *own = done.stdout.splitlines()[0].split()
    assert {*own} == {"dgrc", "dgrc.version"} and int(names) >= len(dgrc.__all__)
    loaded = {name.partition(".")[0] for name in done.stdout.splitlines()[1].split()}
    assert not loaded & {"pydantic", "pyarrow", "ray", "torch", "pandas", "numpy", "yaml"}
    tree = ast.parse((ROOT / "dgrc" / "__init__.py").read_text())
    seen = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert seen - {"TYPE_CHECKING", "Any"} == set(dgrc.__all__), "what type checkers see is there"
    assert all(getattr(dgrc, name) is not None and name in dir(dgrc) for name in dgrc.__all__)
    with pytest.raises(AttributeError, match="'dgrc' has no attribute 'curated'"):
        _ = dgrc.curated  # type: ignore[attr-defined]


def test_the_example_shows_what_comes_of_it(example: tuple[dgrc.Run, str]) -> None:
    for said in ("40 of 48 chains verified\n8 contradicted", "[assistant] ", "{'divergent': 16, 'agreeing': 8}"):
        assert said in example[1]


def test_the_library_and_the_command_make_the_same(run: dgrc.Run, tmp_path: Path) -> None:
    file = tmp_path / "q.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    command = ["curate", "proving/toy", "--set", f"questions.files=[{file}]", "--set", f"runs_dir={tmp_path}"]
    assert CliRunner().invoke(main, command).exit_code == 0
    by_command = dgrc.open_run(tmp_path / "toy")
    for name in ("cases", "atoms", "verdicts"):
        rows = by_id(getattr(run, name))
        assert rows and by_id(getattr(by_command, name)) == rows, name
    for kind in ("atomic", "cot"):
        made = [(r.run / "round-1" / "curriculum" / kind / "train.jsonl").read_text() for r in (run, by_command)]
        given, own = (json.loads(text.partition("\n")[0])["source_file"] for text in made)
        assert own == str(file) and given != own  # what is given in Python is written to a file of the run
        assert made[0].replace(given, own) == made[1]


def test_datasets_are_pyarrows_and_give_frames(run: dgrc.Run) -> None:
    assert all(isinstance(rows, pads.Dataset) for rows in (run.cases, run.atoms, run.verdicts, run.curriculum))
    frame = run.cases.to_pandas(columns=["text", "status"], filter=pads.field("status") == "divergent")
    assert list(frame.columns) == ["text", "status"] and len(frame) == 16
    parts = (run.curriculum.atomic, run.curriculum.cot)
    assert [set(part.to_pandas()["kind"]) for part in parts] == [{"atom"}, {"chain"}]
    assert run.curriculum.count_rows() == sum(part.count_rows() for part in parts)
    assert run.reports["gather"]["status"] == {"divergent": 16, "agreeing": 8}
    assert run.quarantine.count_rows() == 0 and run.config.method.answers == "number"


def test_the_same_call_goes_on_and_other_questions_are_refused(run: dgrc.Run, tmp_path: Path) -> None:
    said: list[str] = []
    before = {path: path.stat().st_mtime_ns for path in run.run.glob("given-questions/*/*")}
    again = dgrc.curate(run, questions=list(ROWS), say=said.append)
    assert again.run == run.run and sum("already done" in line for line in said) == 8
    assert {path: path.stat().st_mtime_ns for path in run.run.glob("given-questions/*/*")} == before
    for others in (ROWS[::-1], ROWS[:-1]):
        with pytest.raises(RunDirError, match=r"`questions\.files` was .*given-questions.*Choose another `name`") as e:
            dgrc.curate(run.config, questions=others, say=None)
        one_paragraph(e.value)
    assert len(list((run.run / "given-questions").iterdir())) == 1


def test_a_run_is_opened_where_it_is_and_says_what_it_lacks(run: dgrc.Run, tmp_path: Path) -> None:
    with pytest.raises(RunDirError, match=r"nowhere is not a run: there is no such folder") as e:
        dgrc.open_run(tmp_path / "nowhere")
    one_paragraph(e.value)
    with pytest.raises(RunDirError, match="has no round 2"):
        dgrc.open_run(run.run, round=2)
    with pytest.raises(RunDirError, match="got 3"):
        dgrc.open_run(3)  # type: ignore[arg-type]
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    (moved / "config.yaml").write_text((run.run / "config.yaml").read_text())
    opened = dgrc.open_run(moved)
    assert (opened.config.runs_dir, opened.config.name) == (str(tmp_path), "elsewhere")
    assert opened.config.questions == run.config.questions and opened.reports == {}
    for name in ("cases", "atoms", "verdicts", "curriculum", "evaluation"):
        with pytest.raises(RunDirError, match=r"has no .* yet|not been evaluated") as e:
            getattr(opened, name)
        one_paragraph(e.value)


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (lambda: "legal/nowhere", "legal/nowhere cannot be read: No such file.*legal/casehold"),
        (lambda: {"metod": {}}, r"In the settings: `metod` is not a setting; did you mean `method`\?"),
        (lambda: dgrc.Config(seed="x"), r"In Config\(\.\.\.\): `seed` got 'x', wanted: whole number, at least 0"),
        (lambda: dgrc.Config().model_copy(update={"seed": "x"}), "In the Config: `seed` got 'x'"),
        (lambda: dgrc.Config(teacher={"engine": "scripted"}), "needs `script: module:function`"),
        (lambda: 3, "`config` is a int; wanted is the path of a YAML file"),
    ],
)
def test_wrong_settings_are_one_paragraph(config: Callable[[], Any], says: str) -> None:
    for function in (dgrc.curate, dgrc.train, dgrc.evaluate):
        with pytest.raises(ConfigError, match=says) as e:
            function(config())
        one_paragraph(e.value)


def test_checked_settings_are_taken_as_they_are(tmp_path: Path) -> None:
    from dgrc.workflow.api import settings_of

    config, number = settings_of(settings(tmp_path))
    assert (config.runs_dir, number) == (str(tmp_path), 1)
    assert settings_of(config) == (config, 1)
    assert settings_of("proving/toy") == (dgrc.load_config(ROOT / "configs" / "proving" / "toy.yaml"), 1)


@pytest.mark.usefixtures("ray_here")
def test_a_callers_session_without_room_is_refused(tmp_path: Path) -> None:
    import ray.data

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = True
    try:
        many = settings(tmp_path, teacher={**SCRIPTED, "replicas": 200})
        with pytest.raises(NotReadyError, match=r"200 times 1 CPU is .* room for \d+\. .*`ray\.init\(num_cpus="):
            dgrc.curate(many, questions=ROWS, say=None)
        with pytest.raises(QuestionFileError):
            dgrc.curate(settings(tmp_path / "other"), questions="nowhere.jsonl", say=None)
        assert context.enable_progress_bars, "a caller's session is left as it was found"
    finally:
        context.enable_progress_bars = False


def as_if_trained(run: dgrc.Run, config: dgrc.Config) -> Path:
    """The student that a training would have left, for engines that have no weights."""
    job = Job(config, lambda line: None)
    student = job.run.student()
    student.mkdir(exist_ok=True)
    for name, text in (("config.json", "{}"), ("README.md", "# student\n")):
        (student / name).write_text(text)
    job.run.mark_done("train-dgrc", job._training_fingerprint("dgrc"), {"visits": 12, "steps": 3})
    return student


def test_train_and_evaluate_give_students_and_figures_also_in_a_notebooks_cell(run: dgrc.Run) -> None:
    held_out = run.run.parent / "held_out.jsonl"
    held_out.write_text("".join(json.dumps({**row, "answer": 3 * i + 7}) + "\n" for i, row in enumerate(ROWS[:10], 1)))
    evaluation = EvaluationConfig(files=(str(held_out),), fields=FieldMap(label="answer"), baselines=())
    config = run.config.model_copy(update={"evaluation": evaluation})
    student = as_if_trained(run, run.config)
    training = dgrc.train(run, say=None)
    assert (training.student, training.run) == (student, run.run)
    assert training.reports == {"dgrc": {"visits": 12, "steps": 3}}

    async def cell() -> dgrc.Evaluation:
        return dgrc.evaluate(config, say=None)

    figures = asyncio.run(cell())
    assert set(figures.models) == {"base", "dgrc", "teacher"} and figures.questions == 10
    assert figures.models["base"].accuracy == 0.5 and figures.models["teacher"].n == 10
    assert 0 <= figures.models["base"].low < 0.5 < figures.models["base"].high <= 1
    assert figures.against["base"] == dgrc.PairedTest(0, 0, 1.0)
    assert figures.report == json.loads((run.run / "round-1" / "evaluation.json").read_text())
    assert dgrc.open_run(run.run).evaluation == figures


def test_what_is_missing_for_training_is_said(tmp_path: Path, ray_here: None) -> None:
    with pytest.raises(TrainingError, match="no curriculum in"):
        dgrc.train(settings(tmp_path), say=None)
    with pytest.raises(RunDirError, match="is not a run"):
        dgrc.evaluate(tmp_path, say=None)


def test_words_go_where_they_are_wanted(run: dgrc.Run, capsys: pytest.CaptureFixture[str]) -> None:
    dgrc.curate(run, say=None)
    assert capsys.readouterr() == ("", "")
    dgrc.curate(run)
    captured = capsys.readouterr()
    assert captured.out == "" and "gather   already done" in captured.err
    with pytest.raises(ConfigError, match="`say` is a str; wanted is a function"):
        dgrc.curate(run, say="loud")  # type: ignore[arg-type]


def blocks() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / "python.md").read_text(), re.DOTALL | re.MULTILINE)


def check_against_results(block: str) -> None:
    """What a block does that needs weights, held against the functions and the attributes of their results."""
    tree = ast.parse(block)
    called = {node.func.attr: node for node in ast.walk(tree)
              if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)}
    for name in ("train", "evaluate"):
        call = called[name]
        inspect.signature(getattr(dgrc, name)).bind(*call.args, **{keyword.arg: None for keyword in call.keywords})
    code = ast.unparse(tree)  # without comments
    used = re.findall(r"\b(training|evaluation|after|before)\.(\w+)", code)
    used += [("test", name) for name in re.findall(r"against\['base'\]\.(\w+)", code)]
    kinds = {"training": dgrc.Training, "evaluation": dgrc.Evaluation, "test": dgrc.PairedTest}
    assert len(used) >= 8
    for name, attribute in used:
        kind = kinds.get(name, dgrc.Accuracy)
        assert attribute in kind.__dataclass_fields__ or hasattr(kind, attribute), (kind, attribute)


def test_the_documentation_runs(
    run: dgrc.Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Block after block, as a reader would type them, who has run the example first."""
    monkeypatch.chdir(run.run.parent.parent)
    space: dict[str, Any] = {}
    for block in blocks():
        if "dgrc.train(" in block:
            check_against_results(block)
        else:
            exec(compile(block, "docs/python.md", "exec"), space)
    assert sum("already done" in line for line in space["lines"]) == 8, "told instead of written"
    assert len(space["status"]) == 24 and len(space["kept"]) > 4 and space["config"].method.teacher_chains == 4
    told = [line.split()[:4] for line in capsys.readouterr().out.splitlines() if "Error" in line]
    assert [line[0] for line in told] == ["ConfigError", "ConfigError", "RunDirError", "ConfigError"]
