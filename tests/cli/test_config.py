"""`dgrc config diff`: what differs and nothing else, defaults filled in."""

import itertools
from pathlib import Path

import pytest

from dgrc.config import shipped
from dgrc.config.file import dump_config, load_config
from dgrc.config.yaml_core import flow, parse
from dgrc.storage.run_dir import RunDir
from tests.cli.test_main import dgrc, one_paragraph


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("name: a\nmethod: {judge: 9}\nquestions: {files: q.jsonl}\n")
    (tmp_path / "b.yaml").write_text(
        "name: b\nmethod: {judge: 9, verify_sampling: {max_tokens: 4096}, prompts: '012'}\n"
        "questions: {files: [q.jsonl, 'r s.csv']}\nseed: 0\n"
        "auditor: {engine: openai_api, model: m, api: {base_url: 'http://x/v1'}}\n"
        "evaluation: {benchmarks: [{form: medqa, files: t.jsonl}]}\nteacher: {resources: {a: 1}}\n"
    )
    return tmp_path


def test_each_setting_that_differs_is_one_line(here: Path) -> None:
    shown = dgrc("config", "diff", "a.yaml", "b.yaml")
    assert shown.exit_code == 0 and shown.stdout.splitlines() == [
        "name: a -> b",
        "questions.files: [q.jsonl] -> [q.jsonl, r s.csv]",
        "teacher.resources: {} -> {a: 1.0}",
        "auditor: null -> {engine: openai_api, model: m, api: {base_url: 'http://x/v1'}}",
        "method.prompts: general -> '012'",
        "method.verify_sampling.max_tokens: 2048 -> 4096",
        "evaluation.benchmarks: [] -> [{form: medqa, files: [t.jsonl]}]",
    ]
    assert shown.stderr == "settings that differ: 7\n"


def test_equal_ones_say_nothing_though_they_are_written_otherwise(here: Path) -> None:
    (here / "c.yaml").write_text(dump_config(load_config("a.yaml")))
    shown = dgrc("config", "diff", "a", "c.yaml")
    assert (shown.exit_code, shown.stdout, shown.stderr) == (0, "", "settings that differ: 0\n")


def test_runs_and_shipped_names_are_compared(here: Path) -> None:
    run = RunDir(here / "runs" / "demo")
    run.claim(load_config("proving/small", ["seed=3"]))
    for given in ("runs/demo", "demo"):
        shown = dgrc("config", "diff", "proving/small", given)
        assert shown.exit_code == 0
        lines = ["name: demo-small -> demo", f"runs_dir: runs -> {here}/runs", "seed: 0 -> 3"]
        assert shown.stdout.splitlines() == lines


def test_what_is_neither_is_refused() -> None:
    for pair in (("a.yaml", "typo"), ("typo", "a.yaml")):
        said = dgrc("config", "diff", *pair)
        assert (said.exit_code, said.stdout) == (2, "") and "'typo' is neither" in one_paragraph(said.stderr)


def test_what_is_shown_can_be_set(here: Path) -> None:
    """Each line's right side, given to `--set`, makes of the one what the other has there."""
    names = shipped.names()
    for one, other in itertools.pairwise(names):
        lines = [line.partition(": ") for line in dgrc("config", "diff", one, other).stdout.splitlines()]
        sets = [f"{key}={values.partition(' -> ')[2]}" for key, _, values in lines]
        assert sets and load_config(one, sets) == load_config(other), one


@pytest.mark.parametrize("value", ["no", "a: b", "1e5", "a\nb", "", [], {}, {"a: b": ["c, d", None]}, 1.5, 1e-07, None])
def test_a_value_on_one_line_is_read_back(value: object) -> None:
    assert parse(f"[{flow(value)}]") == [value] and "\n" not in flow(value)


def test_the_help_says_what_the_status_is() -> None:
    assert "exit status is 0 in either case" in " ".join(dgrc("config", "diff", "--help").stdout.split())
