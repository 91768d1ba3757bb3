from typing import Any

import pytest

from dgrc.config import ApiConfig, EngineConfig
from dgrc.config.file import make_config
from dgrc.config.training import TrainingConfig
from dgrc.errors import ConfigError


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"engine": "openai_api", "model": "x"}, "belong together"),
        ({"api": {"base_url": "http://x"}}, "belong together"),
        ({"engine": "openai_api", "model": "x", "api": {"base_url": "x.com"}}, "`api.base_url` is 'x.com'"),
        ({"engine": "openai_api", "api": {"base_url": "http://x"}}, "needs `model`"),
        ({"engine": "openai_api", "model": "x", "api": {"base_url": "http://x", "budget": 3}}, "`price_per_million`"),
        ({"engine": "openai_api", "model": "x", "api": {"base_ur": "http://x"}}, "did you mean `base_url`"),
        ({"model": "x", "grammar_whitespace": False}, "needs `grammar_backend: xgrammar` or `guidance`, not `auto`"),
    ],
)
def test_sections_that_cannot_be_are_refused(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        make_config({"teacher": settings})
    assert says in str(caught.value)


def engine(api: dict[str, Any] | None = None, **settings: Any) -> EngineConfig:
    section = ApiConfig(base_url="http://x/v1", **(api or {}))
    return EngineConfig(engine="openai_api", model="m", api=section, **settings)


def test_an_identity_is_what_it_was_before_there_were_settings_for_thinking() -> None:
    assert engine().identity() == {
        "engine": "openai_api", "model": "m", "adapter": "", "script": "", "dtype": "auto", "max_model_len": 4096,
        "base_url": "http://x/v1",
    }  # fmt: skip


@pytest.mark.parametrize(
    "api",
    [{"reasoning_effort": "low"}, {"structured_output": "none"}, {"omit": ["temperature"]}],
)
def test_what_decides_a_servers_replies_is_in_its_identity(api: dict[str, Any]) -> None:
    (name,) = api
    assert engine(api).identity() == engine().identity() | {name: list(api[name]) if name == "omit" else api[name]}


@pytest.mark.parametrize(
    "settings",
    [
        {"thinking": "off"},
        {"reasoning_parser": "qwen3"},
        {"chat_template_kwargs": {"budget": 5}},
        {"grammar_backend": "guidance"},
        {"grammar_backend": "xgrammar", "grammar_whitespace": False},
    ],
)
def test_what_decides_what_is_said_is_in_an_identity(settings: dict[str, Any]) -> None:
    assert engine(**settings).identity() == engine().identity() | settings


@pytest.mark.parametrize(
    "api", [{"max_tokens_name": "max_completion_tokens"}, {"omit": ["n", "seed"]}, {"deadline_s": 5}]
)
def test_what_decides_nothing_is_not(api: dict[str, Any]) -> None:
    assert engine(api).identity() == engine().identity()


def test_later_settings_change_an_engine_only_where_they_are_set() -> None:
    """Runs that were begun before there were such settings go on."""
    plain = {"engine": "vllm", "model": "m", "adapter": "", "script": "", "dtype": "auto", "max_model_len": 4096}
    assert EngineConfig(model="m").identity() == plain
    told: dict[str, Any] = {"thinking": "off", "chat_template_kwargs": {"a": 1}, "reasoning_parser": "qwen3"}
    assert EngineConfig.model_validate({"model": "m", **told}).identity() == plain | told


def test_dropped_thoughts_leave_what_decides_a_student_as_it_was() -> None:
    assert "thoughts" not in TrainingConfig().decisive()
    assert TrainingConfig(thoughts="keep").decisive() == TrainingConfig().decisive() | {"thoughts": "keep"}
