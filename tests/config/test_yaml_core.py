"""YAML as it is written: the scalars of YAML 1.2, keys that stand once, and what is written is read back."""

import itertools
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st

from dgrc.cli import main
from dgrc.config.file import dump_config, load_config, make_config
from dgrc.config.yaml_core import MOST_MERGED, line_of, parse, same, write
from dgrc.errors import ConfigError, RunDirError
from dgrc.storage.run_dir import RunDir


@pytest.mark.parametrize("text", [
    "no", "No", "NO", "yes", "on", "off", "Off", "y", "n", "1:30", "1:30.5", "190:20:30", "1_000", "0b11", "0x", "0o8",
    "2026-11-29", "2001-99-99", "2001-12-14t21:59:43.10-05:00", "=", "1e", "e5", ".", "-", "+.e1", "nan", "inf", "TrUe",
    "0x1G", "1.5.2", "v1",
])  # fmt: skip
def test_text_is_read_as_written(text: str) -> None:
    assert parse(text if text != "-" else "'-'") == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12), ("-7", -7), ("+7", 7), ("0", 0), ("012", 12), ("0o17", 15), ("0x1F", 31),
        ("5e-5", 5e-5), ("5E5", 5e5), ("1e5", 1e5), ("1.5e3", 1500.0), ("2.", 2.0), (".5", 0.5), ("-.5", -0.5),
        (".inf", float("inf")), ("-.INF", float("-inf")),
        ("true", True), ("False", False), ("TRUE", True), ("null", None), ("~", None), ("", None), ("Null", None),
    ],
)  # fmt: skip
def test_numbers_and_words_of_the_core_schema(text: str, value: Any) -> None:
    found = parse(text)
    assert found == value and (value is None or isinstance(found, type(value)))


def test_settings_get_what_was_written() -> None:
    """`thinking: off` was false, `012` ten, `name: 1e5` no text; a true or false setting takes `no` as before."""
    data = parse(
        "{name: 012, seed: 012, student: {model: 1e5, thinking: off, cpus: 2}, method: {prompts: no, grader: on}, "
        "questions: {files: [2026, 1.10], contamination: off, fields: {label: no}}, "
        "training: {chains: {learning_rate: 5e-5}}, teacher: {chat_template_kwargs: {budget: 012, deep: [1e2]}}}"
    )
    config = make_config(data)
    assert (config.name, config.seed, config.student.model, config.student.thinking) == ("012", 12, "1e5", "off")
    assert (config.method.prompts, config.method.grader, config.questions.fields.label) == ("no", True, "no")
    assert (config.questions.files, config.questions.contamination) == (("2026", "1.10"), "off")
    assert config.training.chains.learning_rate == 5e-5
    kwargs = config.teacher.chat_template_kwargs
    assert kwargs == {"budget": 12, "deep": [100.0]} and type(kwargs["budget"]) is int
    assert type(kwargs["deep"][0]) is float and type(config.seed) is int
    assert make_config(parse(dump_config(config))) == config


@pytest.mark.parametrize(("text", "line", "column", "key", "first"), [
    ("seed: 1\nname: x\nseed: 2\n", 3, 1, "seed", 1),
    ("method:\n  judge: 3\n  pairs: all\n  judge: 4\n", 4, 3, "judge", 2),
    ("method:\n  verify_sampling:\n    top_k: 1\n    top_k: 1\n", 4, 5, "top_k", 3),
    ("method: {judge: 3}\nseed: 1\nmethod: {pairs: all}\n", 3, 1, "method", 1),
    ("method: {judge: 3, 'judge': 4}\n", 1, 20, "judge", 1),
    ("evaluation:\n  benchmarks:\n  - form: medqa\n    form: mmlu\n", 4, 5, "form", 3),
    ("a: &a {x: 1}\nb:\n  <<: *a\n  <<: *a\n", 4, 3, "<<", 3),
])  # fmt: skip
def test_a_key_that_stands_twice_is_refused_with_its_line(
    tmp_path: Path, text: str, line: int, column: int, key: str, first: int
) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(text)
    said = f"line {line}, column {column}: `{key}` stands twice, first in line {first}"
    with pytest.raises(ConfigError, match=re.escape(said)):
        load_config(file)
    for command in (["run", str(file)], ["evaluate", str(file)], ["config", "diff", str(file), "proving/toy"]):
        shown = CliRunner().invoke(main, command)
        assert shown.exit_code == 2 and said in " ".join(shown.stderr.split()) and str(file) in shown.stderr


def test_a_key_that_stands_twice_is_refused_in_set_and_in_a_runs_own_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"of --set method is not valid YAML: line 1, column 12: `judge` stands"):
        make_config({}, ["method={judge: 1, judge: 2}"])
    config = make_config({"runs_dir": str(tmp_path)})
    run = RunDir.of(config)
    run.claim(config)
    run.config_file.write_text(run.config_file.read_text() + "seed: 1\n")
    with pytest.raises(RunDirError, match=r"config\.yaml is not valid YAML: line \d+, column 1: `seed` stands twice"):
        run.changed(config)


def test_merge_keys_share_sections_and_are_no_second_keys() -> None:
    text = "a: &a {x: 1, y: 2}\nb: &b\n  <<: *a\n  y: 3\nc:\n  <<: [*b]\n  x: 4\nd: {e: {<<: *b, y: 5}}\n"
    assert parse(text) == {
        "a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 3}, "c": {"x": 4, "y": 3}, "d": {"e": {"x": 1, "y": 5}},
    }  # fmt: skip


def test_mappings_that_merge_mappings_are_bounded() -> None:
    pairs = itertools.pairwise("abcdefghi")
    lines = [f"{name}: &{name} {{<<: [{', '.join([f'*{before}'] * 9)}]}}" for before, name in pairs]
    with pytest.raises(yaml.MarkedYAMLError) as caught:
        parse("\n".join(["a: &a {x: 1, y: 2}", *lines]))
    assert f"more than {MOST_MERGED:,} keys" in str(caught.value.problem)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"name: x\nmethod: [1\n", "line 3, column 1: expected ',' or ']'"),
        (b"name: x\n\tseed: 1\n", "line 2, column 1: found character '\\t' that cannot start any token"),
        (b"name: x\nseed: 1: 2\n", "line 2, column 8: mapping values are not allowed here"),
        (b"name: *x\n", "line 1, column 7: found undefined alias 'x'"),
        (b"name: x\n seed: 'x\n", "line 2, column 6: mapping values are not allowed"),
        (b"name: x\nseed: \x01\n", "line 2, column 7: a sign that YAML does not allow, U+0001"),
        (b"name: x\nseed: \xff\n", "line 2, column 7: not UTF-8. Save it as UTF-8."),
        (b"name: x\nseed: !!int x\n", "line 2, column 7: what is tagged here is not a whole number"),
        (b"seed: !!bool no\n", "line 1, column 7: what is tagged here is not true or false"),
        (b"seed: !!binary aGk=\n", "line 1, column 7: could not determine a constructor for the tag"),
        (b"seed: !!set {a}\n", "line 1, column 7: could not determine a constructor for the tag"),
        (b"name: x\nseed: " + b"1" * 500, "line 2, column 7: a number of 500 signs"),
        (b"name: x\n---\nname: y\n", "line 2, column 1: but found another document"),
        (b"? [a]\n: 1\n", "line 1, column 3: found unhashable key"),
    ],
)
def test_what_is_no_yaml_is_told_with_line_and_column(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "c.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    assert f"{file} is not valid YAML: {says}" in str(caught.value)


def test_a_value_of_set_that_is_no_yaml_is_told_how_to_quote_and_not_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        make_config({}, ["teacher.api.key_env=[sk-tiger"])
    assert "value of --set teacher.api.key_env is not valid YAML: line 1, column 10" in str(caught.value)
    assert """--set 'questions.files="*.jsonl"'""" in str(caught.value) and "tiger" not in str(caught.value)


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_bytes(b"\xef\xbb\xbfname: x\n")
    assert load_config(file).name == "x"


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
    | st.from_regex(r"\A[-+.0-9eExo_:~<=ynotfalsu]{1,6}\Z"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@example(["1e5", "0o17", "5E-5", "0x1F", "012", "1:30", "no", "<<", "2026-11-30", "~"])
@given(PLAIN)
def test_what_is_written_is_read_back_by_either_version(value: Any) -> None:
    text = write(value)
    assert same(parse(text), value) and repr(parse(text)) == repr(value)
    assert yaml.safe_load(text) == value


@given(st.text(), st.text())
def test_a_line_is_counted_from_one(before: str, after: str) -> None:
    line, column = map(int, re.findall(r"\d+", line_of(before + after, len(before))))
    assert before.split("\n")[line - 1][: column - 1] == before.split("\n")[-1] and line == before.count("\n") + 1


def test_a_run_whose_text_looks_like_a_number_is_the_same_run(tmp_path: Path) -> None:
    """Earlier commits wrote `model: 1e5` without quotes: in YAML 1.1 it is text."""
    config = make_config({"runs_dir": str(tmp_path), "student": {"model": "1e5"}, "questions": {"files": ["7e1"]}})
    run = RunDir.of(config)
    run.claim(config)
    text = yaml.safe_dump(config.model_dump(mode="json"))
    assert "model: 1e5" in text
    run.config_file.write_text(text)
    assert run.changed(config) == []
    assert load_config(run.config_file) == config
    other = config.model_copy(update={"student": config.student.model_copy(update={"model": "100000.0"})})
    assert "`student.model` was 100000.0, is '100000.0'" in run.changed(other)
