"""Which of vLLM's parsers a model gets, and how replies fall into thoughts and text by it. No engine is started."""

import importlib.util
import logging
from pathlib import Path
from typing import Any

import pytest

from dgrc.chat.template import ChatTemplate
from dgrc.config import EngineConfig
from dgrc.engines.vllm.thinking import PARSERS, Parsers, grammar_of, parser_name
from dgrc.errors import EngineError
from dgrc.records import Message
from tests.chat.families import LLAMA3, make_tokenizer
from tests.thinking import QWEN, R1, SCHEMA, make_thinking_tokenizer

WHOLE = importlib.util.find_spec("mistral_common") is not None
"""Whether vLLM has the package without which it cannot load its parser for Qwen3."""
ASKED: list[Message] = [{"role": "user", "content": "2 and 2?"}]


def parsers(tmp_path: Path, template: str, architecture: str, **settings: Any) -> tuple[Parsers, ChatTemplate]:
    (tmp_path / "config.json").write_text(f'{{"model_type": "{architecture}"}}')
    config = EngineConfig.model_validate({"model": str(tmp_path), **settings})
    made = ChatTemplate(make_thinking_tokenizer(template), EngineError, config.thinking, config.chat_template_kwargs)
    return Parsers(config, made), made


def split(found: tuple[Parsers, ChatTemplate], reply: str, think: bool = True) -> tuple[str, str]:
    parser, template = found
    prompt = template.render(ASKED, prompt=True, think=think)
    tokens = template.tokenizer.encode(prompt, add_special_tokens=False)
    return parser.asked(prompt, tokens, think, None).split(reply, tuple(template.tokenizer.encode(reply)))


@pytest.mark.parametrize("architecture", ["qwen3", "llama"])
def test_replies_that_open_and_close_their_thoughts(architecture: str, tmp_path: Path) -> None:
    found = parsers(tmp_path, QWEN, architecture)
    assert found[0].name == ("qwen3" if architecture == "qwen3" and WHOLE else "deepseek_r1")
    assert split(found, "<think>\nTwo more.\n</think>\n\nFour.") == ("\nTwo more.\n", "\n\nFour.")
    assert split(found, "<think>\nTwo mo") == ("\nTwo mo", "")
    assert split(found, "<think>\nTwo more.\n</think>") == ("\nTwo more.\n", "")
    assert split(found, "Four.") == ("", "Four."), "a reply without a mark of thoughts has none"
    assert split(found, "Four.", think=False) == ("", "Four.")


def test_replies_to_a_prompt_that_opened_the_thoughts(tmp_path: Path) -> None:
    found = parsers(tmp_path, R1, "qwen2")
    assert found[0].name == "deepseek_r1"
    for think in (True, False):  # which it cannot be told
        assert split(found, "Two more.\n</think>\n\nFour.", think) == ("Two more.\n", "\n\nFour.")
        assert split(found, "Two mo", think) == ("Two mo", "")


def test_a_grammar_begins_after_the_thoughts(tmp_path: Path) -> None:
    for template, think, ended in ((QWEN, True, False), (QWEN, False, True), (R1, True, False)):
        parser, made = parsers(tmp_path, template, "llama")
        prompt = made.render(ASKED, prompt=True, think=think)
        asked = parser.asked(prompt, made.tokenizer.encode(prompt), think, grammar_of(SCHEMA))
        assert asked.arguments["reasoning_ended"] is ended
        assert asked.structured is not None and asked.structured.json is not None


def test_marks_that_are_special_tokens_stay_in_what_the_parser_reads(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    template = LLAMA3[0] + "{# #}{% if false %}<think></think>{% endif %}"
    for special, kept in (((*LLAMA3[1], "<think>", "</think>"), True), (LLAMA3[1], False)):
        plain = () if kept else ("<think>", "</think>")
        made = ChatTemplate(make_tokenizer(template, special, (), plain), EngineError)
        parser = Parsers(EngineConfig(model=str(tmp_path)), made)
        assert parser.name == "deepseek_r1"
        assert parser.asked("x", [1], True, None).keeps_special_tokens is kept


def test_a_model_without_thoughts_has_no_parser_and_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    made = ChatTemplate(make_tokenizer(*LLAMA3), EngineError)
    parser = Parsers(EngineConfig(model=str(tmp_path)), made)
    asked = parser.asked("x", [1], True, None)
    assert (parser.name, asked.arguments, asked.keeps_special_tokens) == ("", {}, False)
    assert asked.split("<think>a</think>b", ()) == ("", "<think>a</think>b")


def test_thoughts_in_a_form_that_nobody_knows_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    unknown = LLAMA3[0] + "{% if false %}<|my_thinking|>{% endif %}"
    unmarked = LLAMA3[0] + "{% if false %}<think>{% endif %}"
    with caplog.at_level(logging.WARNING, "dgrc"):
        for template, why in ((unknown, "in a form that dgrc does not know"), (unmarked, "does not fit its tokenizer")):
            made = ChatTemplate(make_tokenizer(template, LLAMA3[1]), EngineError)
            assert Parsers(EngineConfig(model=str(tmp_path)), made).name == ""
            assert why in caplog.records[-1].getMessage()
    assert len(caplog.records) == 2


def test_a_parser_that_is_named_is_taken_or_refused(tmp_path: Path) -> None:
    assert parsers(tmp_path, QWEN, "qwen3", reasoning_parser="deepseek_r1")[0].name == "deepseek_r1"
    if not WHOLE:
        with pytest.raises(EngineError, match=r"cannot be loaded.*mistral_common"):
            parsers(tmp_path, QWEN, "llama", reasoning_parser="qwen3")
    assert parsers(tmp_path, QWEN, "qwen3", reasoning_parser="")[0].name == ""
    with pytest.raises(EngineError, match=r"`reasoning_parser` is 'qwen33'.*qwen3"):
        parsers(tmp_path, QWEN, "llama", reasoning_parser="qwen33")
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    plain = ChatTemplate(make_tokenizer(*LLAMA3), EngineError)
    with pytest.raises(EngineError, match=r"`reasoning_parser: deepseek_r1` does not fit"):
        Parsers(EngineConfig(model=str(tmp_path), reasoning_parser="deepseek_r1"), plain)


def test_the_table_names_parsers_that_vllm_has() -> None:
    from vllm.reasoning import ReasoningParserManager

    assert {name for _, _, name in PARSERS} <= set(ReasoningParserManager.list_registered())
    for begins, mark, name in PARSERS:
        template = ChatTemplate(make_tokenizer(LLAMA3[0] + mark, LLAMA3[1]), EngineError)
        found = parser_name(EngineConfig(model="m"), begins or "llama", template)
        assert found == name or (not WHOLE and found in ("", "deepseek_r1"))
