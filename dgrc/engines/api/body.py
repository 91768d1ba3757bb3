"""What a request is in the form of chat completions, and which setting helps where a server refuses a part of it."""

import json
import re
from typing import Any

from dgrc.config import ApiConfig, EngineConfig
from dgrc.engines.base import Request, request_seed
from dgrc.records import hash64

Body = dict[str, Any]
HELPS = {
    "max_tokens": "`api.max_tokens_name: max_completion_tokens`, or a smaller `max_tokens` where the sampling is set",
    "max_completion_tokens": "`api.max_tokens_name: max_tokens`, or a smaller `max_tokens` where the sampling is set",
    "response_format": "`api.structured_output: json_object`, or `none`",
    "reasoning_effort": "`api.reasoning_effort: null`, or another word",
    "chat_template_kwargs": "`thinking: auto` and no `chat_template_kwargs`",
    "model": "`model`",
    **{name: f"`api.omit: [{name}]`" for name in (
        "n", "seed", "temperature", "top_k", "top_p", "min_p", "repetition_penalty", "presence_penalty", "stop",
        "logit_bias",
    )},
}  # fmt: skip
"""What to set where a server refuses a parameter."""
OTHER_WORDS = {"response_format": ("json_schema", "json_object", "structured output", "guided decoding")}
"""How else servers name a parameter."""
COMMON_WORDS = {"n", "seed", "model", "temperature", "stop"}
"""Names that say something only in quotation marks, or as what is said to be wrong."""
TYPES = {"object", "array", "string", "integer", "number", "boolean", "null", "json_schema", "json_object"}
HARMLESS = {"system": "Be brief.", "assistant": "Hello.", "user": "Say hello, in one line of JSON."}


def body_of(config: EngineConfig, request: Request, n: int, part: int = 0) -> Body:
    """The body of a request for `n` samples; of several for the samples of one request each `part` has its own seed."""
    api = config.api
    assert api is not None
    body: Body = {
        "model": config.model,
        "messages": list(request.messages),
        "n": n,
        "temperature": request.temperature,
        "top_p": request.top_p,
        api.max_tokens_name: request.max_tokens,
    }
    if request.top_k:
        body["top_k"] = request.top_k  # not OpenAI's, but vLLM's and many others'
    body |= _bent(request)
    if config.request_seeds or request.seed is not None:
        body["seed"] = request_seed(part, request)
    if api.reasoning_effort is not None:
        body["reasoning_effort"] = api.reasoning_effort
    if variables := _template_variables(config, request):
        body["chat_template_kwargs"] = variables
    if request.schema is not None and (form := _response_format(api, request.schema)):
        body["response_format"] = form
    return {name: value for name, value in body.items() if name not in api.omit} | api.extra_body


def _bent(request: Request) -> Body:
    """What bends the model's own distribution, where it does: servers that do not know it need not be told."""
    found: Body = {}
    if request.min_p:
        found["min_p"] = request.min_p  # this and the next are vLLM's and many others', not OpenAI's
    if request.repetition_penalty != 1:
        found["repetition_penalty"] = request.repetition_penalty
    if request.presence_penalty:
        found["presence_penalty"] = request.presence_penalty
    if request.stop:
        found["stop"] = list(request.stop)
    if request.logit_bias:
        found["logit_bias"] = {str(token): bias for token, bias in request.logit_bias}
    return found


def _template_variables(config: EngineConfig, request: Request) -> dict[str, Any]:
    found = dict(config.chat_template_kwargs)
    if config.thinking != "auto":
        found["enable_thinking"] = config.thinking == "on"
    if found and not request.think:  # of a server that is told nothing it is not known whether it takes such
        found["enable_thinking"] = False
    return found


def _response_format(api: ApiConfig, schema: str) -> dict[str, Any] | None:
    if api.structured_output == "json_schema":
        named = {"name": "reply", "strict": True, "schema": json.loads(schema)}
        return {"type": "json_schema", "json_schema": named}
    return {"type": "json_object"} if api.structured_output == "json_object" else None


def form_of(body: Body) -> int:
    """Identity of all of a request but what it says: its parameters, and who speaks in it. Schemas of one step that
    differ by the row, in a number or a list of words, are one."""
    form = {name: value for name, value in body.items() if name not in ("messages", "seed", "response_format")}
    roles = [message["role"] for message in body["messages"]]
    held = _skeleton(body.get("response_format"))
    form |= {"n": body.get("n", 1) > 1, "seed": "seed" in body}
    return hash64(json.dumps([roles, held, form], sort_keys=True))


def _skeleton(schema: Any) -> Any:
    """What a schema is made of: keywords and types, without numbers, names, and how often something comes."""
    if isinstance(schema, dict):
        nameless = {name: value for name, value in schema.items() if name not in ("name", "required")}
        if isinstance(properties := schema.get("properties"), dict):
            nameless["properties"] = list(properties.values())
        return {name: _skeleton(value) for name, value in nameless.items()}
    if isinstance(schema, list):
        return sorted({json.dumps(_skeleton(each), sort_keys=True) for each in schema})
    return schema if isinstance(schema, str) and schema in TYPES else type(schema).__name__


def harmless(body: Body) -> Body:
    """A request of the same form that says nothing a server could mind, for a reply of some words."""
    said = [{"role": each["role"], "content": HARMLESS.get(each["role"], "Hello.")} for each in body["messages"]]
    return body | {"messages": said} | ({"n": 2} if body.get("n", 1) > 1 else {})


def parameters_named(body: Body, said: str, about: str) -> list[str]:
    """The parameters of a request that a server's refusal is about: the one in its own field, or those in its words."""
    field = re.split(r"[.\[]", about.removeprefix("body."))[0]
    sent = [name for name in body if name != "messages"]
    return [field] if field in sent else [name for name in sent if _is_named(name, said)]


def _is_named(name: str, said: str) -> bool:
    if any(words in said.lower() for words in OTHER_WORDS.get(name, ())):
        return True
    word = rf"(?<![\w-]){re.escape(name)}(?![\w-])"
    if name in HELPS and name not in COMMON_WORDS:
        return re.search(word, said) is not None
    quoted, told = rf"['\"`]{re.escape(name)}['\"`]", rf"(?:parameter|argument|field|property)s?:? {word}"
    begins = rf"(?:^|: ){word} (?:must|is not|should|may not|does not|cannot)"
    return re.search(f"{quoted}|{told}|{begins}", said) is not None


def help_for(body: Body, said: str, about: str) -> str:
    """A sentence on what to set where a server refuses all requests of a form."""
    named = parameters_named(body, said, about)
    if named:
        return f"What helps: {'; '.join(HELPS.get(name, f'no `{name}` in `api.extra_body`') for name in named)}."
    if "system" in said.lower() and any(message["role"] == "system" for message in body["messages"]):
        return "Its template seems to take no system role: serve the model with another chat template."
    sent = [name for name in body if name != "messages"]
    return (
        f"Sent were {', '.join(sent)}: `api.omit` leaves parameters out, `api.structured_output: none` the schema; or "
        "look at `model`, `api.base_url` and the key."
    )
