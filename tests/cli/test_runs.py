"""Commands that are given a run read its own settings; what is neither run nor configuration leaves nothing behind."""

import json
import re
import shlex
from pathlib import Path

import pytest

from dgrc.cli.common import LONGEST_NAME, load
from dgrc.config import Config
from dgrc.config.file import dump_config, load_config, make_config
from dgrc.storage.run_dir import RunDir
from dgrc.storage.standing import mark_sample, own_settings
from dgrc.workflow.pilot import pilot_config
from tests.cli.test_main import dgrc, one_paragraph
from tests.pipeline.conftest import scripted_config, write_questions

TAKE_A_RUN = ["curate", "train", "evaluate", "run", "resume", "plan", "questions", "pilot", "premise", "benchmark"]

ODD = ("runs/nothing", "runs", "../up", "", "..", "a\x1b", "~nobody/x", "loop", "n" * 5000)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def begun(folder: Path, name: str = "mine") -> RunDir:
    """A run of which there is nothing but its settings, which are no defaults and name another place."""
    run = RunDir(folder / name)
    run.root.mkdir(parents=True)
    method = {"judge": 9, "verify_sampling": {"top_k": 5}}
    settings = make_config({"name": "was", "runs_dir": "elsewhere", "seed": 7, "method": method})
    run.config_file.write_text(dump_config(settings))
    return run


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize("command", ["train", "evaluate", "resume", "curate", "run"])
@pytest.mark.parametrize("named_by", ["folder", "absolute", "name"])
def test_a_run_brings_its_own_settings(here: Path, command: str, named_by: str) -> None:
    run = begun(here / "runs")
    before = files(here)
    given = {"folder": "runs/mine", "absolute": run.root, "name": "mine"}[named_by]
    plan = dgrc(command, given, "--dry-run", "--set", "method.verify_sampling.max_tokens=99")
    assert plan.exit_code == 2, "nothing is there that it names"
    shown = plan.stdout
    assert f"# run folder: {run.root}" in shown and "seed: 7" in shown and "judge: 9" in shown
    assert "  verify_sampling:\n    top_k: 5\n    max_tokens: 99\n" in shown, "what is by default is not shown"
    assert f"settings of the run {run.root}" in plan.stderr
    assert files(here) == before


def test_names_are_looked_for_in_the_folder_of_runs_that_is_set(here: Path) -> None:
    run = begun(here / "other")
    assert dgrc("evaluate", "mine", "--dry-run").exit_code == 2
    plan = dgrc("evaluate", "mine", "--dry-run", "--set", "runs_dir=first", "--set", f"runs_dir={here}/other")
    assert f"# run folder: {run.root}" in plan.stdout


def test_a_configuration_still_works_and_wins_over_the_name_of_a_run_but_not_over_a_folder(here: Path) -> None:
    begun(here / "runs")
    (here / "mine.yaml").write_text("name: configured\n")
    for given in ("mine.yaml", "mine", here / "mine.yaml"):
        assert f"# run folder: {here}/runs/configured" in dgrc("train", given, "--dry-run").stdout
    assert "demo-small" in dgrc("train", "proving/small", "--dry-run").stdout
    begun(here)
    assert f"# run folder: {here}/mine" in dgrc("train", "mine", "--dry-run").stdout


@pytest.mark.parametrize(
    ("command", "given"),
    [*((command, "nothing") for command in TAKE_A_RUN), *(("evaluate", name) for name in ODD)],
)
def test_what_is_neither_is_one_sentence_and_leaves_nothing(here: Path, command: str, given: str) -> None:
    begun(here / "runs")
    (here / "loop").symlink_to("loop")
    before = files(here)
    said = dgrc(command, given)
    assert (said.exit_code, said.stdout) == (2, "")
    words = one_paragraph(said.stderr)
    shown = given if len(given) <= LONGEST_NAME else f"{given[:LONGEST_NAME]}..."
    assert f"{shown!r} is neither a configuration nor a run: there is no YAML file and no folder of a run at" in words
    assert "proving/small" in words and words.count(". ") == 0
    assert files(here) == before


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_a_run_that_nobody_began_is_refused_before_there_is_a_folder(here: Path, command: str) -> None:
    (here / "c.yaml").write_text(dump_config(scripted_config(here / "runs", write_questions(here / "q.jsonl", 2))))
    before = files(here)
    said = dgrc(command, "c.yaml", "--set", "name=typo", "--set", "evaluation.files=q.jsonl")
    assert (said.exit_code, said.stdout) == (2, "")
    assert f"There is no run typo in {here}/runs; there are none yet." in one_paragraph(said.stderr)
    assert files(here) == before


def test_what_was_not_begun_is_not_resumed(here: Path) -> None:
    (here / "c.yaml").write_text("name: later\n")
    said = dgrc("resume", "c.yaml")
    assert said.exit_code == 2
    words = one_paragraph(said.stderr)
    assert f"There is no run {here}/runs/later to resume. Begin it with `dgrc run c.yaml`." in words
    assert files(here) == ["c.yaml"]
    begun(here / "runs", "later")
    plan = dgrc("resume", "c.yaml", "--dry-run")
    assert "seed" not in plan.stdout, "by the settings in the file"


def test_of_a_complete_run_nothing_is_left_unless_settings_change(here: Path) -> None:
    run = begun(here / "runs")
    run.manifest_file.write_text("{}")
    (here / "c.yaml").write_text(dump_config(load_config(run.config_file, ["name=mine", "runs_dir=runs"])))
    for given in ("mine", "runs/mine", "c.yaml"):
        said = dgrc("resume", given)
        assert (said.exit_code, said.stdout) == (0, ""), said.output
        assert f"The run {run.root} is complete, so nothing is left to do." in said.stderr
    plan = dgrc("resume", "c.yaml", "--dry-run", "--set", "training.weight_decay=0.5")
    assert "weight_decay: 0.5" in plan.stdout
    assert dgrc("resume", "mine", "--dry-run", "--set", "rounds.count=3").stdout.count("count: 3") == 1


@pytest.mark.parametrize("complete", [False, True])
@pytest.mark.parametrize("known_by", ["mark", "figures", "settings"])
def test_a_pilot_is_not_resumed_as_if_it_were_the_run(here: Path, known_by: str, complete: bool) -> None:
    """By its mark; of those that were made before there were marks by what they left, or by their settings."""
    asks = {"grader": True} if known_by == "settings" else {"ask_unread": "off"}
    pilot = pilot_config(make_config({"name": "law", "method": asks}), 12)
    run = RunDir.of(pilot)
    run.root.mkdir(parents=True)
    run.config_file.write_text(dump_config(pilot))
    if known_by == "mark":
        mark_sample(run, "pilot")
    if known_by == "figures" or complete:
        (run.root / "pilot.json").write_text("{}")
    before = files(here)
    for given in ("law-pilot", run.root):
        said = dgrc("resume", given)
        assert (said.exit_code, said.stdout) == (2, "")
        words = one_paragraph(said.stderr.partition("\n")[2])
        assert "is what `dgrc pilot` made of a sample, to be read and not to be trained on." in words
        assert "for all questions `dgrc run CONFIG`" in words
        (again,) = re.findall(r"type `dgrc (.*?)`;", words)
        assert f"`dgrc run {run.root}`" in words
    assert files(here) == before
    command, folder, *more = shlex.split(again)
    assert (command, folder) == ("pilot", str(run.root))
    settings, count = load(folder, (more[more.index("--set") + 1],)), int(more[more.index("--questions") + 1])
    assert pilot_config(settings, count) == own_settings(run), "it goes on"


def test_samples_of_other_commands_are_not_resumed_either_and_runs_that_look_so_are(here: Path) -> None:
    for command in ("benchmark", "premise"):
        run = begun(here / "runs", f"law-{command}")
        mark_sample(run, command)
        said = dgrc("resume", run.root)
        assert said.exit_code == 2 and f"type `dgrc {command} " in one_paragraph(said.stderr.partition("\n")[2])
    own = begun(here / "runs", "law-pilot")
    own.config_file.write_text(dump_config(make_config({"name": "law-pilot", "questions": {"sample": 9}})))
    said = dgrc("resume", "law-pilot", "--dry-run")
    assert "made of a sample" not in said.stderr and "no file is named" in said.stderr, "a user may call a run so"


def test_a_runs_own_file_that_is_spoiled_is_named_with_its_line(here: Path) -> None:
    run = begun(here / "runs")
    run.config_file.write_text(run.config_file.read_text() + "seed: 8\n")
    said = dgrc("evaluate", "mine")
    assert said.exit_code == 2 and f"{run.config_file} is not valid YAML: line " in " ".join(said.stderr.split())


@pytest.mark.parametrize(("folder", "name"), [("runs", "2026"), ("runs", "1e5"), ("a #b: [c", "mine")])
def test_names_that_yaml_would_take_for_more_are_names(here: Path, folder: str, name: str) -> None:
    run = begun(here / folder, name)
    for given in (name, run.root):
        plan = dgrc("evaluate", given, "--dry-run", *(["--set", f"runs_dir='{folder}'"] if given == name else []))
        assert f"# run folder: {run.root}" in plan.stdout, plan.stderr


@pytest.mark.usefixtures("ray_here")
def test_a_run_goes_on_by_its_own_settings(here: Path) -> None:
    """Begun by a configuration that is gone, from another folder."""
    config: Config = scripted_config(here / "runs", write_questions(here / "q.jsonl", 4))
    (here / "c.yaml").write_text(dump_config(config))
    assert dgrc("curate", "c.yaml").exit_code == 0
    (here / "c.yaml").unlink()
    mark = RunDir.of(config).state("gather") / "done.json"
    before = json.loads(mark.read_text())
    again = dgrc("curate", config.name)
    assert again.exit_code == 0, again.output
    assert json.loads(mark.read_text()) == before and "done: " in again.stderr


TAKE_A_RUN_ALONE = ["show", "report", "status", "verify-run", "repair", "view", "export"]


def refusal(command: str, given: str) -> str:
    """What a command that takes a run says of what is none, in one paragraph."""
    said = dgrc(command, given, *(["--merge", "merged"] if command == "export" else []))
    assert (said.exit_code, said.stdout) == (2, "")
    return one_paragraph(said.stderr)


@pytest.mark.parametrize("command", TAKE_A_RUN_ALONE)
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("q.jsonl", "q.jsonl is not a run: it is a file, and a run is a folder. These are: runs/mine."),
        ("runs/mine/round-1/cases.parquet", "it is a file, and a run is a folder. It lies in a run: give {run}."),
        ("c.yaml", "it is a file, and a run is a folder. If it is a configuration, `dgrc run` and the like take it;"),
        ("loop", "loop is not a run: Too many levels of symbolic links. Give the folder of a run,"),
        ("n" * 5000, "n... is not a run: File name too long. Give the folder of a run,"),
    ],
)
def test_a_file_in_the_place_of_a_run_is_called_one(here: Path, command: str, given: str, words: str) -> None:
    run = begun(here / "runs")
    run.round().mkdir()
    (here / "loop").symlink_to("loop")
    for name in ("q.jsonl", "runs/mine/round-1/cases.parquet", "c.yaml"):
        (here / name).write_text("{}\n")
    before = files(here)
    assert words.format(run=run.root) in refusal(command, given)
    assert files(here) == before


@pytest.mark.parametrize("command", TAKE_A_RUN)
def test_data_in_the_place_of_a_configuration_are_called_that(here: Path, command: str) -> None:
    run = begun(here / "runs")
    run.round().mkdir()
    for name in ("q.jsonl", "runs/mine/round-1/cases.parquet"):
        (here / name).write_text('{"question": "?"}\n{"question": "!"}\n')
        said = refusal(command, name)
        assert f"{name} is no configuration: by its name it holds data. Wanted is a YAML file" in said
        assert "`dgrc init mine.yaml --questions FILE`" in said
    within = refusal(command, "runs/mine/round-1")
    assert f"'runs/mine/round-1' is neither a configuration nor a run, but lies in a run: give {run.root}." in within
