"""A thinking model's replies under vLLM, told apart as its server tells them: thoughts and text, by vLLM's own parsers.

Which parser a model needs is said by `reasoning_parser`, or found here by its architecture and chat template. The same
parser tells vLLM where thoughts end, so that a grammar holds the text after them and nothing before.
"""

import functools
import importlib
import json
import logging
from dataclasses import dataclass, field
from typing import Any

from dgrc.chat.template import ChatTemplate
from dgrc.config import EngineConfig
from dgrc.errors import EngineError

LOG = logging.getLogger(__name__)
PARSERS = (
    ("gpt_oss", "<|channel|>", "openai_gptoss"),
    ("qwen3", "<think>", "qwen3"),
    ("glm4", "<think>", "glm45"),
    ("seed_oss", "<seed:think>", "seed_oss"),
    ("granite", "<think>", "granite_thinking_parser"),
    ("granite", "my thought process", "granite"),
    ("hunyuan", "<think>", "hunyuan_a13b"),
    ("ernie4", "<think>", "ernie45"),
    ("minimax", "<think>", "minimax_m2"),
    ("nemotron", "<think>", "nemotron_v3"),
    ("olmo3", "<think>", "olmo3"),
    ("", "[THINK]", "mistral"),
    ("", "<think>", "deepseek_r1"),
    ("", "</think>", "deepseek_r1"),
)
"""Which of vLLM's parsers reads a model: how its architecture's name begins, what its chat template holds, the parser.
The first line that fits counts, and whose parser can be loaded: some need a package (mistral_common) that installations
of vLLM for CPUs leave out. DeepSeek's form, which the last lines give, is what most others took over."""
HINTS = ("think", "thought", "reasoning")
"""Words of a template that may have a form of thoughts which the table does not know."""


@dataclass(frozen=True)
class Asked:
    """What vLLM is told of one request beside its sampling: the grammar and when it begins, and what the parser needs.

    `split` turns a finished reply into (thoughts, text).
    """

    structured: Any = None
    keeps_special_tokens: bool = False
    arguments: dict[str, Any] = field(default_factory=dict)
    reader: "Reader | None" = None

    def split(self, text: str, tokens: tuple[int, ...]) -> tuple[str, str]:
        """A reply's thoughts and its text, as the parser gives them."""
        return ("", text) if self.reader is None else self.reader.split(text, tokens)


@dataclass(frozen=True)
class Reader:
    """vLLM's parser for the replies to one prompt, a new one each time because parsers have a state."""

    parsers: "Parsers"
    variables: dict[str, Any]
    prompt: str
    request: Any

    def split(self, text: str, tokens: tuple[int, ...]) -> tuple[str, str]:
        """A reply's thoughts and its text. All is text where the prompt closed the thoughts, or where the reply has no
        mark of any; all are thoughts where their end was not reached."""
        parser = self.parsers.make(self.variables)
        start, end = marks_of(parser)
        if start and end and not self.prompt.rstrip().endswith(start) and start not in text and end not in text:
            return "", text
        thoughts, said, _ = parser.parse(text, self.request, model_output_token_ids=tokens)
        return thoughts or "", said or ""


class Parsers:
    """What tells the thoughts of one model apart.

    Args:
        config: The engine's section, its model a directory or name here.
        template: The model's chat template.

    Raises:
        EngineError: `reasoning_parser` names none of vLLM's, or one that the model's tokenizer lacks the marks for.
    """

    def __init__(self, config: EngineConfig, template: ChatTemplate):
        from vllm.parser.parser_manager import ParserManager

        self._template = template
        self._special = {t.content for t in template.tokenizer.added_tokens_decoder.values() if t.special}
        architecture = architecture_of(config.model)
        self.name = parser_name(config, architecture, template)
        try:
            self._class = ParserManager.get_parser(
                reasoning_parser_name=self.name or None,
                is_harmony=architecture == "gpt_oss",
                tokenizer=template.tokenizer,
            )
        except TypeError as e:  # of a tokenizer that cannot say how thoughts begin
            if config.reasoning_parser != "auto":
                raise EngineError(
                    f"`reasoning_parser: {self.name}` does not fit the model {config.model!r}: {e}. Name the parser of "
                    "its family, or leave the setting out."
                ) from e
            LOG.warning(_unread(config.model, f"vLLM's parser {self.name} does not fit its tokenizer"))
            self.name, self._class = "", None

    def make(self, variables: dict[str, Any]) -> Any:
        """A parser for one reply."""
        assert self._class is not None
        return self._class(self._template.tokenizer, None, chat_template_kwargs=variables)

    def asked(self, prompt: str, tokens: list[int], think: bool, structured: Any) -> Asked:
        """How a request is asked whose prompt is this text and these tokens."""
        if self._class is None:
            return Asked(structured)
        from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest

        variables = self._template.variables(think)
        parser = self.make(variables)
        chat: Any = [{"role": "user", "content": "."}]
        request = ChatCompletionRequest(messages=chat, structured_outputs=structured)
        request = parser.adjust_request(request)
        ended = request.resolve_reasoning_ended(parser, tokens)
        _, end = marks_of(parser)
        closed = bool(end) and prompt.rstrip().endswith(end)
        return Asked(
            request.structured_outputs,
            # A mark that is a special token would be left out of the text with the others: the thoughts' end.
            not request.skip_special_tokens or end in self._special,
            {"reasoning_ended": closed or ended, "reasoning_parser_kwargs": {"chat_template_kwargs": variables}},
            None if closed else Reader(self, variables, prompt, request),
        )


def marks_of(parser: Any) -> tuple[str, str]:
    """The marks around the thoughts that one of vLLM's parsers reads; empty where it goes by something else."""
    inner = parser.reasoning_parser
    return str(getattr(inner, "reasoning_start_str", "") or ""), str(getattr(inner, "reasoning_end_str", "") or "")


def parser_name(config: EngineConfig, architecture: str, template: ChatTemplate) -> str:
    """The name of vLLM's parser for a model; empty where it has none.

    Raises EngineError if `reasoning_parser` names none.
    """
    from vllm.reasoning import ReasoningParserManager

    known = ReasoningParserManager.list_registered()
    if config.reasoning_parser != "auto":
        if config.reasoning_parser and config.reasoning_parser not in known:
            raise EngineError(
                f"`reasoning_parser` is {config.reasoning_parser!r}; the installed vLLM has {', '.join(known)}. Name "
                "one of these, or leave it at `auto`."
            )
        if config.reasoning_parser and (problem := _load_problem(config.reasoning_parser)):
            raise EngineError(
                f"`reasoning_parser: {config.reasoning_parser}` cannot be loaded from the installed vLLM: {problem}. "
                "Install what is missing, or name another parser."
            )
        return config.reasoning_parser
    for begins, mark, name in PARSERS:
        if architecture.startswith(begins) and mark in template.source:
            if not (problem := _load_problem(name)):
                return name
            LOG.info("vLLM's parser %s for %s cannot be loaded here: %s", name, config.model, problem)
    if any(hint in template.source.lower() for hint in HINTS):
        LOG.warning(_unread(config.model, "its chat template speaks of thoughts in a form that dgrc does not know"))
    return ""


@functools.cache
def _load_problem(name: str) -> str:
    """Why one of vLLM's parsers cannot be loaded here; empty if it can."""
    from vllm.reasoning import ReasoningParserManager

    module, _ = ReasoningParserManager.lazy_parsers.get(name, ("vllm.reasoning", ""))
    try:
        importlib.import_module(module)
    except Exception as e:  # noqa: BLE001 - packages refuse to be imported in many ways
        return f"{type(e).__name__}: {e}".rstrip(".")
    return ""


def architecture_of(model: str) -> str:
    """The name that transformers has for a model's architecture: `qwen3`, `llama`."""
    from transformers import PretrainedConfig

    settings, _ = PretrainedConfig.get_config_dict(model)
    return str(settings.get("model_type", ""))


def for_grammar(schema: Any) -> Any:
    """A JSON schema without bounds on the length of texts, which end where the model ends them (or at `max_tokens`).

    xgrammar (0.2.8) takes a bounded string for one without escapes: no quotation mark, backslash or line break could be
    written in it, and what the model would say came out as something else.
    """
    if isinstance(schema, list):
        return [for_grammar(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: value
        if key in ("enum", "const", "default", "examples")
        else {name: for_grammar(part) for name, part in value.items()}
        if key in ("properties", "patternProperties", "$defs", "definitions") and isinstance(value, dict)
        else for_grammar(value)
        for key, value in schema.items()
        if key not in ("maxLength", "minLength")
    }


def grammar_of(schema: str | None) -> Any:
    """What vLLM is given for the text of a JSON schema, nothing for none."""
    from vllm.sampling_params import StructuredOutputsParams

    return None if schema is None else StructuredOutputsParams(json=for_grammar(json.loads(schema)))


def _unread(model: str, why: str) -> str:
    return (
        f"The thoughts of the model {model!r} are not told from its text: {why}. If it thinks, name vLLM's parser in "
        "`reasoning_parser`."
    )
