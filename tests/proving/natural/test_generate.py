"""Splits of the natural domain, and the command that writes them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dgrc.errors import ConfigError
from dgrc.proving.natural.__main__ import main
from dgrc.proving.natural.files import read_truth
from dgrc.proving.natural.generate import problems
from dgrc.proving.natural.templates import TEMPLATES


def write(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


@pytest.mark.parametrize("domain", ["medicine", "law"])
def test_levels_one_and_two_give_enough_of_every_split(domain: str) -> None:
    for split, count in (("train", 1000), ("numbers", 600), ("templates", 600)):
        found = problems(split, count, 0, [domain], levels=(1, 2))
        assert len({problem.text for problem in found}) == count
        assert {problem.level for problem in found} == {1, 2}
        assert {problem.split for problem in found} == {split}
        assert {problem.domain for problem in found} == {domain}


def test_no_text_is_trained_on_and_held_out_whatever_the_seeds() -> None:
    seeds = range(4)
    train = {problem.text for seed in seeds for problem in problems("train", 500, seed)}
    held_out = {problem.text for seed in seeds for problem in problems("numbers", 300, seed + 1)}
    unseen = {problem.text for seed in seeds for problem in problems("templates", 200, seed)}
    assert not train & held_out and not train & unseen and not held_out & unseen
    assert len(train) > 1000


def test_templates_take_turns_and_those_held_out_are_never_trained_on() -> None:
    train = problems("train", 400, 3)
    held_out = {template.name for template in TEMPLATES if template.held_out}
    counts = [sum(problem.template == name for problem in train) for name in {problem.template for problem in train}]
    assert not {problem.template for problem in train} & held_out
    assert max(counts) < 3 * min(counts)
    assert {problem.template for problem in problems("templates", 100, 3)} <= held_out
    assert problems("train", 50, 3) == train[:50] != problems("train", 50, 4)


def test_too_many_are_refused_with_what_there_is() -> None:
    few = [template for template in TEMPLATES if template.name == "medicine/en/single_dose"]
    with pytest.raises(ConfigError, match=r"has [1-9]\d\d distinct problems of split 'train'.*but 900 were wanted"):
        problems("train", 900, 0, templates=few)
    with pytest.raises(ConfigError, match="has 0 distinct problems"):
        problems("train", 1, 0, domains=["astronomy"])


def test_the_command_writes_a_domain(tmp_path: Path) -> None:
    out = tmp_path / "made" / "domain"
    result = write(out, "--train", 30, "--held-out", 12, "--levels", "1,2", "--domains", "law", "--seed", 3)
    assert result.exit_code == 0, result.output
    for name in ("questions.jsonl: 30", "held_out_numbers.jsonl: 12", "held_out_templates.jsonl: 12", "truth.jsonl"):
        assert f"{out}/{name}" in result.output
    truth = {problem.id: problem for problem in read_truth(out / "truth.jsonl")}
    assert len(truth) == 54 and {problem.domain for problem in truth.values()} == {"law"}
    assert {problem.level for problem in truth.values()} == {1, 2}
    for split, name in (("train", "questions"), ("numbers", "held_out_numbers"), ("templates", "held_out_templates")):
        for line in (out / f"{name}.jsonl").read_text().splitlines():
            row = json.loads(line)
            problem = truth[row["id"]]
            assert (problem.split, problem.text) == (split, row["question"])
            assert row.get("label") == (None if split == "train" else problem.answer)
    again = tmp_path / "again"
    write(again, "--train", 30, "--held-out", 12, "--levels", "2,1,2", "--domains", "law", "--seed", 3)
    assert (again / "truth.jsonl").read_bytes() == (out / "truth.jsonl").read_bytes()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--levels", "1,5"), "--levels names '5', which is unknown. Wanted are some of 1,2,3,4."),
        (("--levels", "one"), "--levels names 'one'"),
        (("--levels", ""), "--levels names ''"),
        (("--domains", "medicine,physics"), "--domains names 'physics'"),
        (("--languages", "fr"), "--languages names 'fr'"),
        (("--train", "9", "--held-out", "400", "--levels", "1", "--domains", "medicine"), "[1], but 400 were wanted"),
        (("--train", "0"), "0 is not in the range x>=1"),
        (("--held-out", "-1"), "-1 is not in the range x>=1"),
    ],
)
def test_the_command_refuses_wrong_input_and_writes_nothing(args: tuple[str, ...], words: str, tmp_path: Path) -> None:
    result = write(tmp_path / "out", *args)
    assert result.exit_code == 2 and words in result.output
    assert not (tmp_path / "out").exists()


def test_the_command_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    for place in (tmp_path, tmp_path / "mine.txt"):
        result = write(place, "--train", 3, "--held-out", 3)
        assert result.exit_code == 2 and "is not an empty folder" in result.output
    assert (tmp_path / "mine.txt").read_text() == "mine" and len(list(tmp_path.iterdir())) == 1
