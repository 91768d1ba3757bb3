"""`dgrc show`: nothing is cut, either id, filters, search, JSON, raw replies, and what there is not."""

import json
import os
from dataclasses import asdict
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dgrc.cli import main
from dgrc.cli.show import print_cases
from dgrc.storage.run_dir import RunDir
from tests.cli.test_main import one_paragraph
from tests.view.made import CASES, UNREAD, Told, chain, write_run

HAN, LINK = "龘" * 700, f"https://example.test/{'Q' * 900}"
ODD_NAME = "name\x7f\x85\u202e" + "Z" * 300
LONG = Told(
    ODD_NAME, f"Is this whole? {HAN}", (LINK, "no"), "divergent",
    teacher=(chain(f"{LINK} {HAN} E\u0301nd.", "A"),), student=(chain("No.", "B"),), asks=("notice",),
)  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    return write_run(tmp_path_factory.mktemp("runs") / "r", [*(one for one in CASES if len(one.source_id) < 90), LONG])


def shown(run: RunDir, *arguments: object, width: int = 100) -> Result:
    said = ["show", str(run.root), *map(str, arguments)]
    return CliRunner().invoke(main, said, env={"COLUMNS": str(width)})


def listed(run: RunDir, *arguments: object) -> list[str]:
    """The names of the cases of a list, as JSON, after checking that standard output holds nothing else."""
    result = shown(run, "--json", *arguments)
    assert result.exit_code == 0, result.output
    return [json.loads(line)["name"] for line in result.stdout.splitlines()]


@pytest.mark.parametrize("width", [40, 100, 200])
def test_nothing_is_cut_whether_it_has_spaces_or_not(run: RunDir, width: int) -> None:
    story = shown(run, LONG.id, width=width).stdout
    counts = {sign: story.count(sign) for sign in "龘QZ…"}
    assert counts == {"龘": 2 * 700, "Q": 2 * 900, "Z": 300, "…": 0}
    assert "E\u0301nd." in story, "what follows a long word is there"
    at_a_glance = shown(run, "--search", "whole", width=width).stdout
    assert at_a_glance.count("龘") == 700 and at_a_glance.count("Z") == 300 and "…" not in at_a_glance


def test_a_story_is_told_by_either_id_in_the_words_of_the_pages(run: RunDir) -> None:
    story = shown(run, "lease-17").stdout
    assert shown(run, CASES[0].id).stdout == story
    flat = " ".join(story.replace("│", " ").split())
    for words in (
        "question lease-17", f"mine/part.jsonl:1 · id {CASES[0].id}", "divergent, some chains passed",
        "answer: B 5 tokens, read by phrase", "teacher 0 against student 0",
        "x Which of the following is right? refused: leans on options",
        "-> three months 75% of 4 answers agree, asked by 2 questions, judge 12 contradicts teacher 1 "
        "supports teacher 2 does not contradict teacher 0 the verifier on teacher 1: It gives notice of one month. "
        "teacher 2 says: three months",
    ):
        assert words in flat, words
    narrow = " ".join(shown(run, "lease-17", width=60).stdout.replace("│", " ").split())
    for words in (
        "[they part here] It must also be given three months before", "In the curriculum: held against 2 facts, none",
        "[they part here] It must also be given one month before", "Dropped: held against 2 facts, contradicted by 1",
        "contradicted by: How long before the end of a yearly lease must a landlord give notice? -> three months",
        "answer: (none) 4 tokens, ended by length",
    ):
        assert words in narrow, words


def test_filters_and_words_choose_as_the_pages_do(run: RunDir) -> None:
    everything = listed(run)
    assert everything[0] == "lease-17" and len(everything) == 7
    assert set(listed(run, "--status", "agreeing", "--status", "failed")) == {"same-1", "broken-1"}
    assert listed(run, "--verdict", "mixed") == ["lease-17"]
    assert set(listed(run, "--unread")) == {"lease-17", "mute-1"}
    assert listed(run, "--search", "时效") == ["合同-3"] and listed(run, "--search", "الإخطار") == ["إيجار-5"]
    assert listed(run, "--search", "lease-17") == ["lease-17"]
    assert listed(run, "--status", "divergent", "--limit", "1") == ["lease-17"]
    words = shown(run, "--status", "divergent", "--limit", 2).stdout
    assert "2 of 4 cases, those that tell most first" in words and "lease-17  divergent, some chains passed" in words
    assert "Must the tenant leave at the end of the year?" in " ".join(words.split())


def test_what_finds_nothing_says_so_and_writes_nothing_else(run: RunDir) -> None:
    for more in ((), ("--json",)):
        nothing = shown(run, "--search", "zebra", *more)
        assert (nothing.exit_code, nothing.stdout) == (0, "")
        assert nothing.stderr == "No case has all of this. Take a filter or a word away.\n"


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (("--status", "wrong"), "'divergent', 'agreeing', 'unparsed', 'failed'"),
        (("--verdict", "wrong"), "'passed', 'mixed', 'contradicted', 'unchecked', 'not held against facts'"),
        (("--limit", "0"), "x>=1"),
        (("lease-17", "--status", "failed"), "nothing to filter"),
        (("--raw",), "Give an ID, or --json"),
    ],
)
def test_wrong_values_are_told_with_those_that_are_wanted(run: RunDir, arguments: tuple[str, ...], wanted: str) -> None:
    said = shown(run, *arguments)
    assert (said.exit_code, said.stdout) == (2, "") and wanted in " ".join(said.stderr.split())


def test_json_is_the_whole_case_and_text_survives_it(run: RunDir) -> None:
    (line,) = shown(run, LONG.id, "--json").stdout.splitlines()
    case = json.loads(line)
    assert line.isascii() and case["name"] == case["question"]["source_id"] == ODD_NAME
    assert case["id"] == str(LONG.id) and case["chains"]["teacher"][0]["text"] == LONG.teacher[0].text
    assert "raw" not in case["diagnoses"][0] and "prompt" not in case
    lease = json.loads(shown(run, "lease-17", "--json", "--raw").stdout)
    assert lease["verdict"] == "mixed" and lease["diagnoses"][0]["raw"] == CASES[0].raw
    assert [atom["unread"] for atom in lease["atoms"]] == [[], [asdict(UNREAD)]]
    assert not any("unread" in atom for atom in case["atoms"])
    assert CASES[0].text in lease["prompt"][-1]["content"]


def test_raw_replies_are_shown_where_they_are_asked_for(run: RunDir) -> None:
    plain, raw = (" ".join(shown(run, "lease-17", *more).stdout.split()) for more in ((), ("--raw",)))
    told = ("as it came", "made again from the run's settings", "-> one month", "The statute says so.", UNREAD.text)
    for words in told:
        assert words in raw and words not in plain, words


def test_where_a_run_cannot_be_written_its_index_is_in_the_cache(
    run: RunDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("dgrc.view.index.tables.os.access", lambda _, mode: mode != os.W_OK)
    assert listed(run, "--search", "时效") == ["合同-3"]
    assert list(tmp_path.rglob("index.sqlite"))


def test_files_that_cannot_be_read_are_told_and_the_rest_is_shown(tmp_path: Path) -> None:
    run = write_run(tmp_path / "r")
    (run.dataset("cases") / "part-00001.parquet").write_bytes(b"PAR1 no")
    run.evaluation().write_text("{")
    result = shown(run)
    assert result.exit_code == 0 and "lease-17" in result.stdout and "! evaluation.json cannot be read" in result.stdout
    assert "part-00001.parquet cannot be read" in result.stderr


def test_a_run_with_nothing_in_it_says_so_and_is_left_as_it_is(run: RunDir, tmp_path: Path) -> None:
    empty = RunDir(tmp_path / "empty")
    empty.root.mkdir()
    empty.config_file.write_bytes(run.config_file.read_bytes())
    at_a_glance = shown(empty)
    assert at_a_glance.exit_code == 0 and "gather    not finished" in at_a_glance.stdout
    for more in (("--json",), ("x",), ("--status", "failed")):
        said = shown(empty, *more)
        assert (said.exit_code, said.stdout) == (2, "") and "has nothing in it yet" in one_paragraph(said.stderr)
    assert [path.name for path in empty.root.iterdir()] == ["config.yaml"]


def test_a_pilot_tells_its_cases_on_standard_error(run: RunDir, capsys: pytest.CaptureFixture[str]) -> None:
    print_cases(run, ["lease-17", "合同-3"], err=True)
    said = capsys.readouterr()
    assert said.out == "" and "question lease-17" in said.err and "question 合同-3" in said.err
