"""To set one key changes one key, in every section at every depth, by file and by `--set`, over any configuration."""

import datetime
import functools
import itertools
import json
import typing
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from dgrc.config import Config, Sampling, Section, StageConfig, shipped
from dgrc.config.explain import forms, section_in
from dgrc.config.file import dump_changed, dump_config, load_config, make_config, read_yaml
from dgrc.config.method import MethodConfig
from dgrc.config.yaml_core import write
from dgrc.errors import ConfigError
from tests.paths import ROOT

CONFIGS = ROOT / "configs"
SERVED = {"engine": "openai_api", "model": "m", "api": {"base_url": "http://x/v1"}, "price_per_million": {"prompt": 2}}
USER: dict[str, Any] = {
    "name": "mine",
    "teacher": SERVED,
    "student": {"model": "s", "gpus": 0.5},
    "auditor": SERVED,
    "verifier": {"model": "v", "replicas": [1, 3]},
    "embedder": {"engine": "embedding", "model": "e"},
    "corpus": {"files": ["a.txt"], "sampling": {"top_k": 7}, "limits": {"json_depth": 9}},
    "method": {"verify_sampling": {"top_p": 0.5}, "student_sampling": {"top_k": 3}, "pairs": "all"},
    "evaluation": {"sampling": {"max_tokens": 77}, "majority_of": 3},
    "training": {"adapter": {"rank": 4}, "chains": {"epochs": 3}, "validation": {"share": 0.1}, "workers": [1, 4]},
}
"""A configuration with every section that may be left out, and something in many that may not."""
NEED_OTHERS = {
    "engine", "tensor_parallel", "pipeline_parallel", "grammar_whitespace", "quantize", "audit_share",
    "near_duplicate_cosine", "deepspeed", "engine_args", "seed",
}  # fmt: skip
"""Settings that are refused as long as some others are as they are."""


@functools.cache
def fields_of(section: type[Section]) -> list[tuple[str, Any, bool]]:
    """Fields by name, and whether they may hold a section: asked for in every one of thousands of configurations."""
    return [(name, field, section_in(field) is not None) for name, field in section.model_fields.items()]


def leaves(section: type[Section], config: Section, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Every setting of the sections that a configuration has: dotted name, field, value."""
    for name, field, holds_section in fields_of(section):
        value = getattr(config, name)
        if isinstance(value, Section):
            yield from leaves(type(value), value, f"{path}{name}.")
        elif not holds_section:
            yield f"{path}{name}", field, value


def others(field: Any, value: Any) -> Iterator[Any]:
    """Values that a field may take besides the one that it has."""
    for form in forms(field):
        if form is bool:
            yield not value
        elif form in (int, float):
            now = value if isinstance(value, int | float) else 1
            yield from (now + 1, now / 2 + 0.11, now * 2 + 32, 0, 9999)
        elif form is datetime.date:
            yield "2026-11-30"
        elif form is str:
            yield from ("other", "OTHER", "http://other/v1", "a:b", "eager")
        elif form is datetime.date:
            yield "2026-01-31"
        elif form is type(None):
            yield None
        else:
            words = [word for kind in (form, *typing.get_args(form)) for word in typing.get_args(kind)]
            words = [word for word in words if isinstance(word, str | int)]
            yield from [*words, *([word] for word in words), {"other": 1}, [{"form": "medqa"}]]
            yield from (["other"], {"other": 1}, [0.1, 0.2], [1, 2], [1, 9], {"5": 1.0})
            yield from ({"max_num_batched_tokens": 4096}, {"X-Org": "$ORG"}, {"X-Org": "ORG"})


def nested(path: str, value: Any) -> dict[str, Any]:
    for name in reversed(path.split(".")):
        value = {name: value}
    return dict(value)


def laid_over(data: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """What a user has who adds lines to a file."""
    both = {name: laid_over(data[name], inner) for name, inner in more.items()
            if isinstance(inner, dict) and isinstance(data.get(name), dict)}  # fmt: skip
    return {**data, **more, **both}


def flat(config: Section) -> dict[str, Any]:
    return {path: value for path, _, value in leaves(type(config), config)}


def by_file(data: dict[str, Any], path: str, value: Any) -> Config:
    return make_config(read_yaml(write(laid_over(data, nested(path, value))), "the file"))


def by_set(data: dict[str, Any], path: str, value: Any) -> Config:
    return make_config(data, [f"{path}={json.dumps(value)}"])


def by_sets_section(data: dict[str, Any], path: str, value: Any) -> Config:
    section, _, name = path.rpartition(".")
    return make_config(data, [f"{section}={json.dumps({name: value})}" if section else f"{name}={json.dumps(value)}"])


BASES = {"nothing": {}, "user": USER} | {
    name: yaml.safe_load(shipped.shipped_file(name).read_text()) for name in shipped.names()
}


@pytest.mark.parametrize(
    ("base", "way"),
    [*itertools.product(("nothing", "user"), (by_file, by_set, by_sets_section)),
     *itertools.product(shipped.names(), (by_set,))],
)  # fmt: skip
def test_one_key_changes_one_key(base: str, way: Any) -> None:
    data = BASES[base]
    before, wrong, set_ = make_config(data), dict[str, Any](), set[str]()
    was = flat(before)
    for path, field, value in leaves(Config, before):
        for other in others(field, value):
            try:
                after = flat(way(data, path, other))
            except ConfigError:
                continue
            changed = {name: now for name, now in after.items() if now != was.get(name)}
            if changed:
                set_.add(path)
                wrong |= {path: changed} if [*changed] != [path] else {}
                break
    assert wrong == {}
    left = {path for path, _, _ in leaves(Config, before)} - set_
    assert {path.rpartition(".")[2] for path in left} <= NEED_OTHERS, left


@pytest.mark.parametrize("name", sorted(str(p.relative_to(CONFIGS)) for p in CONFIGS.rglob("*.yaml")))
def test_what_is_not_by_default_is_the_same_configuration_read_again(name: str) -> None:
    config = load_config(CONFIGS / name)
    text = dump_changed(config)
    assert make_config(read_yaml(text, name)) == config
    assert len(text.splitlines()) < len(dump_config(config).splitlines()) / 2, "defaults are left out"


def test_nothing_is_shown_of_defaults_and_of_a_section_what_differs_alone() -> None:
    assert dump_changed(make_config({})) == ""
    for path, field, value in leaves(Config, make_config(USER)):
        for other in others(field, value):
            try:
                config = make_config(USER, [f"{path}={json.dumps(other)}"])
            except ConfigError:
                continue
            assert make_config(read_yaml(dump_changed(config), path)) == config, path
            break
    config = make_config({"method": {"verify_sampling": {"max_tokens": 9}}})
    assert dump_changed(config) == "method:\n  verify_sampling:\n    max_tokens: 9\n"


def test_what_an_alias_repeats_is_set_in_one_place_alone() -> None:
    data = read_yaml("teacher: &model {model: m}\nstudent: *model\n", "the file")
    config = make_config(data, ["student.model=other"])
    assert (config.teacher.model, config.student.model) == ("m", "other")


@pytest.mark.parametrize("section", ["method", "evaluation", "corpus"])
def test_a_default_of_a_field_is_not_its_classs(section: str) -> None:
    """What was lost before: fields whose own defaults differ from those of `Sampling`."""
    config = make_config({"corpus": {"files": []}})
    own = {name: part for name, part in getattr(config, section) if isinstance(part, Sampling) and part != Sampling()}
    assert own
    for name, part in own.items():
        key = f"{section}.{name}.max_tokens"
        after = getattr(getattr(make_config({"corpus": {"files": []}}, [f"{key}=4096"]), section), name)
        assert after == part.model_copy(update={"max_tokens": 4096})


def test_a_given_section_keeps_defaults_two_levels_up() -> None:
    class Inner(Section):
        stage: StageConfig = StageConfig(epochs=5, warmup=0.5)

    class Outer(Section):
        inner: Inner = Inner(stage=StageConfig(epochs=7, visits=3))

    class Outermost(Section):
        outer: Outer = Outer(inner=Inner(stage=StageConfig(warmup=0.25)))

    stage = Outermost.model_validate({"outer": {"inner": {"stage": {"visits": 9}}}}).outer.inner.stage
    assert stage == StageConfig(visits=9, warmup=0.25)
    stage = Outer.model_validate({"inner": {"stage": {"epochs": 1}}}).inner.stage
    assert stage == StageConfig(epochs=1, visits=3)


def test_a_section_made_in_python_is_taken_whole_and_a_dict_is_laid_over() -> None:
    assert MethodConfig(verify_sampling=Sampling(max_tokens=9)).verify_sampling.temperature == 0.6
    said: Any = {"max_tokens": 9}
    assert MethodConfig(verify_sampling=said).verify_sampling == Sampling(temperature=0, max_tokens=9)
    assert said == {"max_tokens": 9}


def test_a_section_that_is_null_may_be_begun_by_set() -> None:
    """As in the resolved configuration of every run."""
    resolved = read_yaml(dump_config(make_config({})), "resolved")
    config = make_config(resolved, ["training.adapter.rank=8", "verifier.model=v"])
    assert config.training.adapter is not None and config.training.adapter.rank == 8
    assert config.verifier is not None and config.verifier.model == "v"


def test_tables_that_are_no_sections_are_replaced_whole() -> None:
    data = {"teacher": {"resources": {"a": 1}}}
    assert make_config(data, ["teacher.resources={b: 2}"]).teacher.resources == {"b": 2}
    assert make_config(data, ["teacher.resources.b=2"]).teacher.resources == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("key", "given", "taken"),
    [
        ("questions.files", "a.jsonl", ("a.jsonl",)),
        ("questions.teacher_chains", "a.jsonl", ("a.jsonl",)),
        ("evaluation.files", "data/*.jsonl", ("data/*.jsonl",)),
        ("evaluation.baselines", "distill", ("distill",)),
        ("training.report_to", "wandb", ("wandb",)),
        ("method.ask_unread", "teacher", ("teacher",)),
        ("method.ask_unread", "measure", "measure"),
        ("training.adapter.targets", "all-linear", "all-linear"),
        ("questions.fields.choices", "options", "options"),
    ],
)
def test_one_text_is_a_list_of_one_where_a_list_is_wanted(key: str, given: str, taken: Any) -> None:
    for config in (make_config(nested(key, given)), make_config({}, [f"{key}={given}"])):
        assert flat(config)[key] == taken


def test_one_text_is_a_list_of_one_inside_a_list_of_sections() -> None:
    config = make_config({"evaluation": {"benchmarks": [{"form": "medqa", "files": "test.jsonl"}]}})
    assert config.evaluation.benchmarks[0].files == ("test.jsonl",)
