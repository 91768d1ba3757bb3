"""Nothing that a question, a model, a file or a job says is obeyed by the terminal that shows it."""

import ast
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from dgrc.cli import main
from dgrc.method.screen import atom_id
from dgrc.records import Atom, Case, Chain, Diagnosis, Question, Verdict, VerifiedCase
from dgrc.report.terminal import plain
from dgrc.storage.arrow import arrow_schema, to_row
from dgrc.storage.run_dir import RunDir
from tests.pipeline.conftest import scripted_config

CLI = Path(main.callback.__code__.co_filename).parent  # type: ignore[union-attr]
ATTACKS = {
    "ESC c, a reset": "\x1bc",
    "CSI, clear and go home": "\x1b[2J\x1b[H",
    "CSI in one byte of C1": "\x9b2J",
    "OSC 0, the title": "\x1b]0;owned\x07",
    "OSC 8, a link": "\x1b]8;;https://x.test\x1b\\here\x1b]8;;\x1b\\",
    "OSC 52, the clipboard": "\x1b]52;c;cm0gLXJmIH4K\x07",
    "DCS": "\x1bP+q544e\x1b\\",
    "C1 OSC and ST": "\x9d0;owned\x9c",
    "BEL and backspace": "\x07safe\b\b\b\bevil",
    "CR overwrites": "rm -rf /\rls      ",
    "bidi override": "\u202egpj.exe\u202c",
    "bidi isolates": "\u2066a\u2067b\u2069",
    "bidi marks": "\u200fa\u200eb\u061c",
    "NEL and line separators": "a\x85b\u2028c\u2029d",
    "form feed, vertical tab": "a\x0cb\x0bc",
    "DEL, NUL": "\x7f\x00",
    "half a character": "\ud800",
}
OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


@pytest.mark.parametrize("text", ATTACKS.values(), ids=ATTACKS)
def test_what_a_terminal_would_obey_is_spelled(text: str) -> None:
    shown = plain(f"before {text} after")
    assert not OBEYED.search(shown) and shown.startswith("before ") and shown.endswith(" after")
    assert "\\x" in shown or "\\u" in shown, "what was there can be seen"
    assert plain(shown) == shown


def test_ordinary_text_is_left_alone() -> None:
    for text in ("a\tb\nc", "caf\u00e9 \u0645\u0631 \U0001f469\u200d\u2695\ufe0f \u2500", "back\\slash [bold]x[/]"):
        assert plain(text) == text
    assert plain("one\r\ntwo") == "one\ntwo"
    assert plain("\x1b[36m(worker)\x1b[0m done \x1b[38;5;1mred\x1b[m") == "(worker) done red"


def hostile_run(folder: Path, text: str) -> RunDir:
    """A run in which all that questions and models say is `text`."""
    run = RunDir(folder / "runs" / "t")
    run.claim(scripted_config(folder / "runs", folder / "q.jsonl"))
    chains = (Chain(text, text, "stop", 1), Chain(text, text, text, 1))
    diagnosis = Diagnosis(0, 0, (text, "what ?"), text, text)
    verdicts = (Verdict(0, False, (atom_id(text),), (atom_id(text),), None), Verdict(1, None, (), (), text))
    question = Question(-5, text, text, (text, "x"), text, text, "{}")
    case = Case(-5, text, (text,), text, chains, chains, (diagnosis,), (), text)
    verified = VerifiedCase(-5, text, (text,), text, chains, verdicts, (), None)
    atom = Atom(atom_id(text), text, (text,), (-5,), text, text, 1.0, (text,), False, text, (), None)
    rows: dict[str, tuple[type[Any], Any]] = {
        "questions": (Question, question), "cases": (Case, case), "verdicts": (VerifiedCase, verified),
        "atoms": (Atom, atom),
    }  # fmt: skip
    for name, (record, row) in rows.items():
        run.dataset(name).mkdir(parents=True)
        pq.write_table(
            pa.Table.from_pylist([to_row(row)], schema=arrow_schema(record)), run.dataset(name) / "p.parquet"
        )
    return run


@pytest.mark.parametrize("text", [text for text in ATTACKS.values() if text != "\ud800"])
def test_show_obeys_nothing(tmp_path: Path, text: str) -> None:
    run = hostile_run(tmp_path, f"x {text} y")
    for arguments in (["show", str(run.root)], ["show", str(run.root), "-5"]):
        said = CliRunner().invoke(main, arguments, env={"COLUMNS": "200"})
        assert said.exit_code == 0, said.output
        assert not OBEYED.search(said.output), repr(OBEYED.search(said.output))
        assert "x " in said.output


def test_errors_obey_nothing_and_keep_to_their_paragraph(tmp_path: Path) -> None:
    for flags in ((), ("--debug",)):
        said = CliRunner().invoke(main, [*flags, "curate", str(tmp_path / "x\x1b[2J\u202e.yaml")])
        assert said.exit_code == 2 and "\\x1b[2J\\u202e" in said.stderr and not OBEYED.search(said.stderr)
    run = hostile_run(tmp_path, "x")
    said = CliRunner().invoke(main, ["show", str(run.root), "no\x1b]0;such\x07"])
    assert said.exit_code == 2 and not OBEYED.search(said.stderr)


def test_jobs_obey_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    evil = "".join(text for text in ATTACKS.values())
    client = SimpleNamespace(get_job_logs=lambda job: evil)
    job = {"job": f"j{evil}", "part": "run", "status": "FAILED", "seconds": 1.0, "says": evil}
    monkeypatch.setattr("dgrc.workflow.submit.connect", lambda address: client)
    monkeypatch.setattr("dgrc.workflow.submit.listed", lambda client: [job])
    monkeypatch.setattr("dgrc.workflow.submit.find", lambda client, job: None)
    for arguments in (["list"], ["list", "--json"], ["logs", "j"]):
        said = CliRunner().invoke(main, ["jobs", *arguments, "--address", "http://x"])
        assert said.exit_code == 0 and said.output.strip() and not OBEYED.search(said.output)


def test_every_command_speaks_through_the_functions_that_make_harmless() -> None:
    for path in CLI.glob("*.py"):
        if path.name == "common.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in ("click.echo", "click.secho", "print", "Text", "traceback.print_exc"), path
                assert not called.startswith(("sys.stdout.write", "sys.stderr.write")), path
