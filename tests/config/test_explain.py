"""A wrong setting is told by its key, what it got and what it takes, in words, and by whom it was said."""

import re
from pathlib import Path
from typing import Any

import pytest

from dgrc.config import Config
from dgrc.config.explain import type_name
from dgrc.config.file import load_config, make_config
from dgrc.config.yaml_core import Places
from dgrc.errors import ConfigError

END = " All settings are in docs/configuration.md."


def said(data: dict[str, Any], *overrides: str) -> str:
    with pytest.raises(ConfigError) as caught:
        make_config(data, overrides, where="mine.yaml")
    return str(caught.value).removesuffix(END)


def told(data: dict[str, Any], *overrides: str) -> list[str]:
    """What is wrong, one by one."""
    with pytest.raises(ConfigError) as caught:
        make_config(data, overrides, where="mine.yaml")
    return list(caught.value.items or (str(caught.value).removesuffix(END).removeprefix("In "),))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"seed": 1.5}, "`seed` got 1.5, wanted: whole number, at least 0"),
        ({"seed": "1:30"}, "`seed` got '1:30', wanted: whole number, at least 0"),
        ({"teacher": {"cpus": "many"}}, "`teacher.cpus` got 'many', wanted: number, at least 0"),
        ({"method": {"grader": "perhaps"}}, "`method.grader` got 'perhaps', wanted: true or false"),
        ({"method": {"pairs": 3}}, "`method.pairs` got 3, wanted: `per_answer` or `all` or `majority`"),
        ({"method": {"prompts": True}},
         "`method.prompts` got true, wanted: text (in quotes: YAML takes it for something else)"),
        ({"name": 2026}, "`name` got 2026, wanted: text of letters, digits, `.`, `_` and `-`, a letter or digit first "
         "(in quotes: YAML takes it for something else)"),
        ({"method": {"ifd": [0.3]}}, "`method.ifd` got [0.3], wanted: list of 2: number, number or null"),
        ({"training": {"betas": [1, "x"]}}, "`training.betas.1` got 'x', wanted: number"),
        ({"teacher": {"replicas": [1, "x"]}},
         "`teacher.replicas` got [1, 'x'], wanted: whole number or list of 2: whole number, whole number"),
        ({"training": {"betas": [0.5]}}, "`training.betas` got [0.5], wanted: list of 2: number, number"),
        ({"questions": {"files": {"a": 1}}}, "`questions.files` got a section (`a`), wanted: list of text"),
        ({"questions": {"files": ["a", ["b"]]}}, "`questions.files.1` got ['b'], wanted: text"),
        ({"questions": {"files": None}},
         "`questions.files` got null, wanted: list of text (leave it out to have the defaults)"),
        ({"training": None}, "`training` got null, wanted: section (leave it out to have the defaults)"),
        ({"training": {"report_to": "tensorbord"}},
         "`training.report_to.0` got 'tensorbord', wanted: `tensorboard` or `wandb` or `mlflow`"),
        ({"method": {"ask_unread": "teachers"}},
         "`method.ask_unread` got 'teachers', wanted: `checked` or `off` or `measure` or list of `teacher` or"),
        ({"evaluation": {"benchmarks": [{"form": "medqa", "file": "x"}]}},
         "`evaluation.benchmarks.0.file` is not a setting; did you mean `files`?"),
        ({"teacher": {"resources": {"a": "x"}}}, "`teacher.resources.a` got 'x', wanted: number"),
        ({"teacher": {"resources": {1: 2}}}, "`teacher.resources.1` got 1, wanted: text"),
        ({"training": {"chains": {"learning_rate": float("inf")}}},
         "`training.chains.learning_rate` got inf, wanted: number, more than 0"),
        ({"name": "a b"},
         "`name` got 'a b', wanted: text of letters, digits, `.`, `_` and `-`, a letter or digit first"),
        ({"teacher": {"api": {"base_url": "http://me:tiger@x"}}}, "`teacher.api.base_url` got (not shown): an address"),
        ({1: 2}, "`1` is not a setting"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_told_in_words(data: dict[str, Any], words: str) -> None:
    message = said(data)
    assert message.startswith(f"In mine.yaml: {words}")
    for jargon in ("Input should", "valid", "instance of", "dictionary", "tuple", "str", "parse"):
        assert jargon not in message or jargon in words, jargon


WRONG = "settings are wrong (all settings are in docs/configuration.md): "


def test_it_is_said_whether_the_file_or_set_said_it() -> None:
    file = {"seed": "x", "method": {"judge": 99}}
    assert said(file, "name=a b", "method.max_pair=1") == (
        f"4 {WRONG}(1) mine.yaml: `seed` got 'x', wanted: whole number, at least 0 (2) mine.yaml: `method.judge` got "
        "99, wanted: whole number or null, at least 1, at most 14 (3) --set: `name` got 'a b', wanted: text of "
        "letters, digits, `.`, `_` and `-`, a letter or digit first (4) --set: `method.max_pair` is not a setting; did "
        "you mean `max_pairs`?"
    )
    assert said({}, "method={judge: 99}").startswith("In --set: `method.judge` got 99")
    assert said({"method": {"judge": 99}}, "method.judge=0").startswith("In --set: `method.judge` got 0")
    assert said({"method": {"judge": 99}}, "method.pairs=all").startswith("In mine.yaml: `method.judge`")
    assert said({}, "seed=[1, 2]").startswith("In --set: `seed` got [1, 2]")
    assert said({}, "methd.x=1").startswith("In --set methd.x: `methd` is not a setting; did you mean `method`?")


def test_overrides_that_cannot_be_read_are_told_with_all_else() -> None:
    items = told({"sead": 1}, "foo", "method=[1", "seed=x")
    assert [item.split(" is ")[0] for item in items[:2]] == ["--set 'foo'", "the value of --set method"]
    assert [item[:20] for item in items[2:]] == ["mine.yaml: `sead` is", "--set: `seed` got 'x"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"teacher": {"replicas": [3, 1], "gpus": 3, "grammar_whitespace": False}},
         ["in `teacher`: `replicas` is [3, 1];", "in `teacher`: `gpus` is 3,", "in `teacher`: `grammar_whitespace: f"]),
        ({"method": {"audit_share": 0.5, "near_duplicate_cosine": 0.8}},
         ["`method.near_duplicate_cosine` compares", "`method.audit_share` asks"]),
        ({"method": {"audit_share": 0.5}, "training": {"offload": "all"}, "seed": "x"},
         ["`seed` got 'x',", "in `training`: `offload: all`", "`method.audit_share` asks"]),
        ({"method": {"judge": 99, "agreeing": "audit"}}, ["`method.judge` got 99", "in `method`: `agreeing: audit`"]),
        ({"teacher": {"engine_args": {"seed": 1, "model": "x"}}},
         ["in `teacher.engine_args`: the argument `seed` is", "in `teacher.engine_args`: the argument `model` is"]),
        ({"evaluation": {"sampling": {"stop": [""], "logit_bias": {7: 101}}}},
         ["in `evaluation.sampling`: `logit_bias`", "in `evaluation.sampling`: `stop`"]),
        # What would be an error only because a wrong setting was left out is none.
        ({"method": {"agreeing": "audit", "audit_share": 7}}, ["`method.audit_share` got 7"]),
        ({"method": {"agreeing": "audit", "audit_shar": 0.5}}, ["`method.audit_shar` is not a setting"]),
        ({"training": {"offload": "all", "zero_stage": "3x"}}, ["`training.zero_stage` got '3x'"]),
        ({"method": {"near_duplicate_cosine": 0.8}, "embedder": 3}, ["`embedder` got 3"]),
        ({"teacher": {"engine": "openai-api", "model": "m", "api": {"base_url": "http://x/v1"}}},
         ["`teacher.engine` got 'openai-api'"]),
        ({"teacher": {"replicas": [3, "x"], "gpus": 3}},
         ["`teacher.replicas` got [3, 'x']", "in `teacher`: `gpus` is"]),
        ({"evaluation": {"benchmarks": [{"form": "medqa", "file": "x"}, {"form": "medq"}]}},
         ["`evaluation.benchmarks.0.file` is not", "`evaluation.benchmarks.1.form` got"]),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_told_with_all_else_that_is_wrong(data: dict[str, Any], words: list[str]) -> None:
    items = told(data)
    assert len(items) == len(words)
    assert all(any(item.startswith(f"mine.yaml: {begin}") for item in items) for begin in words), items


def test_settings_that_do_not_go_together_name_those_of_set_among_them() -> None:
    assert said({"method": {"agreeing": "corpus"}}, "method.corpus_facts=0", "teacher.gpus=1").startswith(
        "In mine.yaml with --set method.corpus_facts: in `method`: `agreeing: corpus` checks"
    )
    assert said({"method": {"audit_share": 0.5}}, "seed=3").startswith("In mine.yaml with --set seed: `method.audit_")
    assert said({"method": {"audit_share": 0.5}}).startswith("In mine.yaml: `method.audit_share` asks a third")


def test_an_override_through_a_value_is_refused_by_its_key() -> None:
    assert said({"seed": 1}, "seed.deep=secret") == (
        "--set seed.deep goes through `seed`, which holds a value, not a section."
    )


def test_a_secret_given_by_set_is_not_shown() -> None:
    api = {"engine": "openai_api", "model": "m", "api": {"base_url": "http://x/v1"}}
    message = said({"teacher": api}, "teacher.api.key_env=sk-tiger")
    assert message == (
        "In --set: `teacher.api.key_env` got (not shown), wanted: text of letters, digits and `_`, no digit first."
    )


def test_every_setting_has_words_for_what_it_takes() -> None:
    from tests.config.test_sections import USER, leaves

    for path, field, _ in leaves(Config, make_config(USER)):
        assert type_name(field) and "typing" not in type_name(field), path


FILE = """\
name: fine
defaults: &defaults
  cpus: many
seed: x

teacher:
  <<: *defaults
  modl: y
  replicas:
    - 1
    - two
student: {model: m,
  gpus: -1, engine_args: {
    max_num_seqs: 5}}
method:
  # a comment
  judge: 99
  verify_sampling: {temperature: 1.0, topp: 3}
  student_sampling:
    logit_bias:
      7: 0
      8: far
evaluation:
  benchmarks:
    - form: medqa
    - form: medqa
      file: x
training:
  report_to: tensorbord
"""
LINES = {
    "defaults": "2:1", "teacher.cpus": "3:3", "seed": "4:1", "teacher.modl": "8:3", "teacher.replicas": "9:3",
    "student.gpus": "13:3", "student.engine_args.max_num_seqs": "14:5",
    "method.judge": "17:3", "method.verify_sampling.topp": "18:39", "method.student_sampling.logit_bias.8": "22:7",
    "evaluation.benchmarks.1.file": "27:7", "training.report_to.0": "29:3",
}  # fmt: skip


def of_file(tmp_path: Path, text: str, *overrides: str) -> ConfigError:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(file, overrides)
    return caught.value


def test_a_wrong_setting_of_a_file_is_told_with_its_place_and_one_by_set_without(tmp_path: Path) -> None:
    error = of_file(tmp_path, FILE, "teacher.dtype=x", "teacher.nam=3")
    found = {}
    for item in error.items[:-2]:
        place, problem = item.removeprefix(f"{tmp_path}/mine.yaml:").split(": ", 1)
        name = re.match(r"`([\w.]+)` (?:got|is not)|in `([\w.]+)`: the argument `(\w+)`", problem)
        assert name is not None, item
        found[".".join(part for part in name.groups() if part)] = place
    assert found == LINES
    assert list(found) == list(LINES)
    assert [item[:26] for item in error.items[-2:]] == ["--set: `teacher.dtype` got", "--set: `teacher.nam` is no"]


@pytest.mark.parametrize(
    ("text", "overrides", "begins"),
    [
        ("\n\nmethod:\n  audit_share: 0.5\n", (), "In mine.yaml:4:3: `method.audit_share` asks a third"),
        ("\n\nmethod:\n  agreeing: audit\n", (), "In mine.yaml:4:3: in `method`: `agreeing: audit` keeps"),
        ("\n\nteacher: {model: m}\nmethod: {pairs: all}", ("method.agreeing=corpus", "method.corpus_facts=0"),
         "In mine.yaml:4:1 with --set method.agreeing, method.corpus_facts: in `method`: `agreeing: corpus`"),
        ("seed: 1\n", ("method.audit_share=0.5",), "In mine.yaml with --set method.audit_share: `meth"),
        ("\n\nmethod:\n  agreeing: corpus\n", ("method.corpus_facts=0",),
         "In mine.yaml:4:3 with --set method.corpus_facts: in `method`: `agreeing: corpus` checks"),
        ("seed: 1\n", ("method={agreeing: corpus, corpus_facts: 0}",), "In mine.yaml with --set method.agreeing, "),
        ("method: {judge: 99}\n", ("method.judge=0",), "In --set: `method.judge` got 0"),
        ("method:\n  judge:\n    99\n", (), "In mine.yaml:2:3: `method.judge` got 99"),
        ("# x\r\n\r\nseed: x\r\n", (), "In mine.yaml:3:1: `seed` got 'x'"),
        ("---\n{1: 2}\n", (), "In mine.yaml:2:2: `1` is not a setting"),
        ("teacher:\n", (), "In mine.yaml:1:1: `teacher` got null"),
        ("a: &a {b: 1}\nteacher: {<<: [*a, *a], c: 2}\n", (), "In mine.yaml:1:8: `teacher.b` is not a setting"),
    ],
)  # fmt: skip
def test_places_are_those_of_the_text(tmp_path: Path, text: str, overrides: tuple[str, ...], begins: str) -> None:
    error = of_file(tmp_path, text, *overrides)
    found = [f"In {item}" for item in error.items] or [str(error)]
    assert any(item.replace(f"{tmp_path}/", "").startswith(begins) for item in found)


def test_a_line_is_found_in_a_moment_however_often_things_are_merged() -> None:
    """Searched one by one, these would be two to the power of 28."""
    levels = "\n".join(f"m{n}: &m{n} {{<<: [*m{n - 1}, *m{n - 1}]}}" for n in range(1, 29))
    assert Places(f"m0: &m0 {{}}\n{levels}\nteacher: {{<<: *m28}}\n").of(("teacher", "absent")) == (30, 1)


def test_a_shipped_file_is_named_by_its_path() -> None:
    wanted = r"^In \S+legal/casehold\.yaml:\d+:\d+ with --set teacher\.gpus: in `teacher`: `gpus`"
    with pytest.raises(ConfigError, match=wanted):
        load_config("legal/casehold", ["teacher.gpus=3"])
