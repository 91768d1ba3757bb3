"""Grammars let a text be any text: what vLLM is given of our schemas takes quotations, backslashes, line breaks."""

import json
from typing import Any

import pytest
import xgrammar

from dgrc.config import EngineConfig
from dgrc.engines.vllm.engine import engine_args
from dgrc.engines.vllm.thinking import for_grammar
from dgrc.method.prompts import load_pack
from tests.thinking import make_thinking_tokenizer

TEXT = 'He said "no", \\frac{3}{8}: one\n\ttwo / é 条 😀 \u2028 \x07'
WRITTEN = {
    "escaped where it must be": json.dumps(TEXT, ensure_ascii=False),
    "escaped throughout": json.dumps(TEXT),
    "with a slash escaped": json.dumps(TEXT).replace("/", "\\/"),
}
PACKS = ("general", "legal", "legal_zh", "medical", "medical_zh")


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return make_thinking_tokenizer()


@pytest.fixture(scope="module")
def compiler(tokenizer: Any) -> xgrammar.GrammarCompiler:
    return xgrammar.GrammarCompiler(xgrammar.TokenizerInfo.from_huggingface(tokenizer, vocab_size=len(tokenizer)))


def takes(compiler: xgrammar.GrammarCompiler, tokenizer: Any, schema: Any, document: str) -> bool:
    """Whether the grammar that vLLM makes of a schema takes a document, token by token, to its end."""
    matcher = xgrammar.GrammarMatcher(compiler.compile_json_schema(json.dumps(schema), any_whitespace=True))
    tokens = tokenizer.encode(document, add_special_tokens=False)
    return all(map(matcher.accept_token, [*tokens, tokenizer.eos_token_id]))


def example(schema: dict[str, Any], text: str) -> str:
    """A document of a schema, with this text, as written in JSON, wherever a text may stand."""
    if "enum" in schema:
        return json.dumps(schema["enum"][0])
    match schema["type"]:
        case "object":
            inside = (f'"{name}": {example(part, text)}' for name, part in schema["properties"].items())
            return "{" + ", ".join(inside) + "}"
        case "array":
            return "[" + example(schema["items"], text) + "]"
        case "string":
            return text
    return {"boolean": "true", "integer": "1", "number": "1.5"}[schema["type"]]


@pytest.mark.parametrize("form", WRITTEN)
@pytest.mark.parametrize("pack", PACKS)
def test_every_text_of_every_step_may_say_anything(pack: str, form: str, compiler: Any, tokenizer: Any) -> None:
    for step, written in load_pack(pack).schemas.items():
        schema = for_grammar(json.loads(written))
        assert takes(compiler, tokenizer, schema, example(schema, WRITTEN[form])), (step, form)


def test_a_bound_would_forbid_quotations(compiler: Any, tokenizer: Any) -> None:
    """Why bounds are left out; a release of xgrammar in which this fails needs `for_grammar` no more."""
    bounded = {"type": "object", "properties": {"a": {"type": "string", "maxLength": 99}}, "required": ["a"]}
    assert takes(compiler, tokenizer, bounded, '{"a": "plain"}')
    for said in ('\\"', "\\\\", "\\n", "\\u00e9"):
        assert not takes(compiler, tokenizer, bounded, f'{{"a": "{said}"}}')
        assert takes(compiler, tokenizer, for_grammar(bounded), f'{{"a": "{said}"}}')


def test_what_is_left_out_are_bounds_of_texts_and_nothing_else(compiler: Any, tokenizer: Any) -> None:
    schema = {
        "type": "object",
        "properties": {
            "maxLength": {"type": "string", "maxLength": 3, "minLength": 1},
            "list": {"type": "array", "maxItems": 2, "items": {"type": "string", "maxLength": 9}},
            "one": {"enum": ["maxLength", {"maxLength": 3}]},
        },
        "required": ["maxLength"],
        "$defs": {"minLength": {"anyOf": [{"type": "string", "minLength": 2}, {"type": "null"}]}},
    }
    assert for_grammar(schema) == {
        "type": "object",
        "properties": {
            "maxLength": {"type": "string"},
            "list": {"type": "array", "maxItems": 2, "items": {"type": "string"}},
            "one": {"enum": ["maxLength", {"maxLength": 3}]},
        },
        "required": ["maxLength"],
        "$defs": {"minLength": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
    }
    assert not takes(compiler, tokenizer, for_grammar(schema), '{"maxLength": "a", "list": ["1", "2", "3"]}')


def test_vllm_is_told_which_backend_holds_the_replies() -> None:
    compact = {"grammar_backend": "guidance", "grammar_whitespace": False}
    told = engine_args(EngineConfig.model_validate({"model": "m", **compact}), 0)["structured_outputs_config"]
    assert (told.backend, told.disable_any_whitespace) == ("guidance", True)
    told = engine_args(EngineConfig(model="m", grammar_backend="outlines"), 0)["structured_outputs_config"]
    assert (told.backend, told.disable_any_whitespace) == ("outlines", False)
    assert "structured_outputs_config" not in engine_args(EngineConfig(model="m"), 0)
