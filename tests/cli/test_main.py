"""The command as its users meet it: errors in one paragraph, plans without work, a run told as a story.

Commands that need no Ray run in this process through click's runner; one runs as a process, for its streams
and its exit code.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from dgrc.cli import Main, main
from dgrc.cli.common import LONGEST_NAME
from dgrc.config.explain import short
from dgrc.config.file import dump_config
from dgrc.errors import (
    ConfigError,
    DgrcError,
    EmptyCurriculumError,
    EngineAwayError,
    EngineError,
    PassError,
    PassStoppedError,
    StoreAwayError,
    TrainingStoppedError,
)
from dgrc.method.screen import atom_id
from dgrc.records import Atom, Case, Chain, Diagnosis, Question, Verdict, VerifiedCase
from dgrc.storage.arrow import arrow_schema, to_row
from dgrc.storage.run_dir import RunDir
from tests.paths import ROOT
from tests.pipeline.conftest import scripted_config, write_questions

ATOM = "what is the grace in garth ?"
ELSEWHERE = "what is the limit in garth ?"


def dgrc(*args: Any) -> Result:
    return CliRunner().invoke(main, [str(a) for a in args], env={"COLUMNS": "160"})


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ConfigError, 2), (EngineError, 2), (PassError, 2), (EmptyCurriculumError, 3),
        *((kind, os.EX_TEMPFAIL) for kind in (EngineAwayError, PassStoppedError, TrainingStoppedError, StoreAwayError)),
    ],
)  # fmt: skip
def test_the_status_says_whether_the_same_may_end_well_another_time(error: type[DgrcError], status: int) -> None:
    @click.group(cls=Main)
    def group() -> None:
        pass

    @group.command()
    def stop() -> None:
        raise error("It stopped.")

    said = CliRunner().invoke(group, ["stop"])
    assert (said.exit_code, said.stderr) == (status, "dgrc: It stopped.\n")


STOPPED = """
import os, signal, sys
from dgrc.cli import main

@main.command()
def wait():
    os.kill(os.getpid(), int(sys.argv[1]))
    signal.pause()

signal.signal(signal.SIGINT, signal.default_int_handler)
main(["wait"])
"""


@pytest.mark.parametrize(("told", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_status_says_by_which_signal_a_command_was_stopped(told: signal.Signals, status: int) -> None:
    """In a process of its own. What a stopped pass leaves behind is in tests/pipeline/test_resume.py."""
    done = subprocess.run([sys.executable, "-c", STOPPED, str(int(told))], capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert done.stderr.strip().startswith("dgrc: stopped. What was finished is safe") and "Traceback" not in done.stderr


def one_paragraph(text: str) -> str:
    """The words of an error, after checking that it is one paragraph and no trace."""
    assert text.startswith("dgrc: ") and "Traceback" not in text
    assert all(line and line == line.strip() for line in text.splitlines())
    return " ".join(text.split())


def write_config(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    """A run of two questions: one divergent with a rejected chain, one that failed."""
    folder = tmp_path_factory.mktemp("runs")
    made = RunDir(folder / "t")
    made.claim(scripted_config(folder, folder / "q.jsonl"))
    chains = (
        Chain("the [bold]grace[/bold] is 2 .", "A", "stop", 5),
        Chain("the grace is 3 .", "B", "stop", 5),
        Chain("the grace is", None, "length", 5),
    )
    student = (Chain("i guess b .", "B", "stop", 4),)
    diagnoses = (Diagnosis(0, 0, (ATOM, "what else ?"), None, "raw"), Diagnosis(1, 0, (), "not a list", "raw"))
    verdicts = (
        Verdict(0, True, (atom_id(ATOM),), (), None),
        Verdict(1, False, (atom_id(ATOM), atom_id(ELSEWHERE)), (atom_id(ATOM),), None),
        Verdict(2, None, (), (), "the chain has no [/answer]"),
    )
    rows: dict[str, tuple[type[Any], list[Any]]] = {
        "questions": (Question, [
            Question(-11, "mine[/7]", "which court ?", ("crown", "mill"), "A", "q.jsonl:1", "{}"),
            Question(22, "", "which body ?", (), None, "q.jsonl:2", "{}"),
            Question(33, "late", "which party ?", (), None, "q.jsonl:3", "{}"),
        ]),
        "cases": (Case, [
            Case(-11, "which court ?", ("crown", "mill"), "divergent", chains, student, diagnoses, (), None),
            Case(22, "which body ?", (), "failed", (), (), (), (), "student sample: refused: no"),
        ]),
        "atoms": (Atom, [
            Atom(atom_id(ATOM), ATOM, (ATOM,), (-11, 22), "2", "", 0.4, ("2", "2", "3", "4", "5"), False,
                 "disagreement", (), None),
            Atom(atom_id(ELSEWHERE), ELSEWHERE, (ELSEWHERE,), (22,), "5", "", 1.0, ("5",) * 5, True, None, (), None),
        ]),
        "verdicts": (VerifiedCase, [
            VerifiedCase(-11, "which court ?", ("crown", "mill"), "divergent", chains, verdicts, (), None),
        ]),
    }
    for name, (kind, records) in rows.items():
        made.dataset(name).mkdir(parents=True)
        table = pa.Table.from_pylist([to_row(r) for r in records], schema=arrow_schema(kind))
        pq.write_table(table, made.dataset(name) / "part-0.parquet")
    made.mark_done("gather", "f", {"rows": 2, "status": {"divergent": 1, "failed": 1}, "usage": {}, "seconds": 3.0})
    return made


def test_a_wrong_key_exits_2_with_one_paragraph_that_names_the_right_one(tmp_path: Path) -> None:
    config = write_config(tmp_path, "method: {max_pair: 2}\n")
    process = subprocess.run(
        [sys.executable, "-m", "dgrc", "curate", str(config)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (process.returncode, process.stdout) == (2, "")
    words = one_paragraph(process.stderr)
    assert "`method.max_pair` is not a setting; did you mean `max_pairs`?" in words and str(config) in words


def test_debug_shows_the_trace(tmp_path: Path) -> None:
    result = dgrc("--debug", "curate", write_config(tmp_path, "metod: {}\n"))
    assert result.exit_code == 2
    assert "Traceback (most recent call last)" in result.stderr and "ConfigError" in result.stderr


@pytest.mark.parametrize("command", ["curate", "train", "evaluate", "run"])
def test_every_command_refuses_what_it_cannot_read(tmp_path: Path, command: str) -> None:
    result = dgrc(command, tmp_path / "absent.yaml")
    assert result.exit_code == 2
    shown = short(str(tmp_path / "absent.yaml"), LONGEST_NAME)
    assert f"{shown!r} is neither a configuration nor a run: there is no YAML file" in one_paragraph(result.stderr)
    result = dgrc(command, write_config(tmp_path, "a: [1\n"))
    assert result.exit_code == 2 and "is not valid YAML" in one_paragraph(result.stderr)
    result = dgrc(command, write_config(tmp_path, "name: x\n"), "--set", "seed")
    assert result.exit_code == 2 and "'seed' is not of the form a.b=c" in one_paragraph(result.stderr)


@pytest.mark.usefixtures("ray_here")
def test_a_missing_model_directory_is_one_paragraph(tmp_path: Path) -> None:
    config = scripted_config(tmp_path, write_questions(tmp_path / "q.jsonl", 2))
    overrides = ("--set", "student.engine=vllm", "--set", f"student.model={tmp_path}/absent")
    result = dgrc("curate", write_config(tmp_path, dump_config(config)), *overrides)
    assert result.exit_code == 2 and not result.stdout
    last = result.stderr[result.stderr.index("dgrc: ") :]
    assert f"The model directory {tmp_path}/absent does not exist." in one_paragraph(last)


def test_a_dry_run_lists_settings_and_passes_with_their_columns_and_does_nothing(tmp_path: Path) -> None:
    config = ROOT / "configs" / "proving" / "small.yaml"
    result = dgrc("run", config, "--dry-run", "--set", f"runs_dir={tmp_path}", "--set", "method.max_pairs=9")
    assert "; prompts proving, version 1, language not declared\n" in result.stdout
    assert result.exit_code == 0, result.stderr
    assert "max_pairs: 9" in result.stdout
    lines = [line for line in result.stdout.splitlines() if line.startswith("# ")]
    assert f"# run folder: {tmp_path}/demo-small" in lines
    gather = next(line for line in lines if line.startswith("# gather"))
    assert "questions(id, text, choices, several) -> cases(id, text, choices, status, teacher, student" in gather
    assert "label" not in gather
    assert [line.split()[1] for line in lines] == [
        "all", "run", "ingest", "gather", "engines", "answer", "engines", "verify", "engines", "assemble", "start",
        "start", "train", "evaluate", "relative", "nothing",
    ]
    assert next(line for line in lines if "start teacher" in line).endswith("proving:teacher (1 CPU, 0 GPU each)")
    assert not list(tmp_path.iterdir())


def test_each_command_plans_its_own_part_alone(tmp_path: Path) -> None:
    config = write_config(tmp_path, "name: x\n")
    for command, first in (("curate", "ingest"), ("train", "train"), ("evaluate", "evaluate")):
        plan = dgrc(command, config, "--dry-run").stdout.split("# run folder", 1)[1].splitlines()[1:]
        assert plan[0].split()[1] == first
        assert any("# train" in line for line in plan) == (command == "train")
    assert "# evaluate" not in dgrc("run", config, "--dry-run").stdout  # no files to evaluate on


def test_show_tells_a_case_by_either_id(run: RunDir) -> None:
    story = dgrc("show", run.root, "-11").stdout
    assert dgrc("show", run.root, "mine[/7]").stdout == story
    flat = " ".join(story.split())
    for said in (
        "question mine[/7]", "which court ?", "A. crown", "B. mill", "divergent, some chains passed",
        "[bold]grace[/bold]", "i guess b .", "answer: (none)", "Passed: held against 1 fact",
        "Dropped: held against 2", "(the chain has no [/answer])",
        "teacher 0 against student 0", f"? {ATOM}", "-> 2", "40% of 5 answers agree, asked by 2 questions",
        "dropped: disagreement", "contradicts teacher 1", "Facts that other questions brought up",
        f"? {ELSEWHERE}", "? what else ? (not answered yet)",
        "no usable reply: not a list",
    ):
        assert said in flat, said


def test_show_tells_of_a_failed_case_why(run: RunDir) -> None:
    story = " ".join(dgrc("show", run.root, "22").stdout.split())
    assert "This question failed: student sample: refused: no" in story
    assert "the teacher was asked nothing" in story


def test_show_gives_a_run_at_a_glance(run: RunDir) -> None:
    result = dgrc("show", run.root)
    assert result.exit_code == 0
    flat = " ".join(result.stdout.split())
    assert "gather rows 2, divergent 1, failed 1" in flat and "answer not finished" in flat
    assert flat.index("mine[/7] divergent") < flat.index("22 failed"), "the case with mixed verdicts comes first"


def test_show_has_each_rounds_figures_side_by_side(run: RunDir) -> None:
    figures = {"divergent": 0.5, "new_atoms": 7, "teacher_tokens": 1234, "agreement": 0.25}
    last = {**figures, "round": 2, "new_atoms": 3, "accuracy": 0.875, "stopped_by": "count"}
    file = run.root / "rounds.json"
    file.write_text(json.dumps([{**figures, "round": 1, "accuracy": 0.75}, last]))
    try:
        flat = " ".join(dgrc("show", run.root).stdout.split())
        assert "1 50.0% 7 1,234 25.0% 75.0%" in flat and "2 stopped by count 50.0% 3 1,234 25.0% 87.5%" in flat
    finally:
        file.unlink()


@pytest.mark.parametrize(
    ("question_id", "says"), [("absent", "has no question 'absent'"), ("late", "late is not gathered yet")]
)
def test_show_of_a_question_that_is_not_there_is_one_paragraph(run: RunDir, question_id: str, says: str) -> None:
    result = dgrc("show", run.root, question_id)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in one_paragraph(result.stderr)


def test_show_of_what_is_no_run_is_one_paragraph(tmp_path: Path) -> None:
    result = dgrc("show", tmp_path)
    assert result.exit_code == 2
    assert "is not a run: it has no config.yaml" in one_paragraph(result.stderr)
