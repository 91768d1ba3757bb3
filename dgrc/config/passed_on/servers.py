"""Fields of a request's body, and headers, that a server is sent besides dgrc's own."""

import re
from collections.abc import Mapping
from typing import Any

from dgrc.config.passed_on import checked

BODY_SETTINGS = {
    "model": "`model`", "messages": "the prompt pack", "n": "the numbers of chains and answers",
    "temperature": "the sampling settings", "top_p": "the sampling settings", "top_k": "the sampling settings",
    "min_p": "the sampling settings", "repetition_penalty": "the sampling settings",
    "presence_penalty": "the sampling settings", "stop": "the sampling settings",
    "logit_bias": "the sampling settings", "max_tokens": "the sampling settings",
    "max_completion_tokens": "the sampling settings and `api.max_tokens_name`", "seed": "the sampling settings",
    "reasoning_effort": "`api.reasoning_effort`", "chat_template_kwargs": "`thinking` and `chat_template_kwargs`",
    "response_format": "`api.structured_output`",
}  # fmt: skip
"""Fields of a chat completion that dgrc sends itself, and what says them."""
BODY_REFUSED = {
    "stream": "replies are read whole", "stream_options": "replies are read whole",
    "priority": "it would not be ours alone: set it at the server", "tools": "replies are text",
    "tool_choice": "replies are text", "functions": "replies are text", "function_call": "replies are text",
    **dict.fromkeys(("api_key", "apikey", "key", "token", "password", "authorization"),
                    "it would be written beside the run; `api.key_env` and `api.extra_headers` take secrets from the "
                    "environment"),
}  # fmt: skip
BODY_SPEED = frozenset((
    "metadata", "prompt_cache_key", "prompt_cache_retention", "safety_identifier", "service_tier", "store", "user",
))  # fmt: skip
"""Fields that do not decide what a server says."""
HEADERS_REFUSED = ("authorization", "content-type", "content-length", "host", "connection", "transfer-encoding", "te",
                   "expect", "upgrade")  # fmt: skip
FROM_ENVIRONMENT = re.compile(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def checked_fields(body: dict[str, Any]) -> dict[str, Any]:
    """The fields of a request's body, if dgrc adds all of them."""
    return checked(body, lambda name, _: why_not_field(name), "the field `{}` is not added to requests")


def checked_headers(headers: dict[str, str]) -> dict[str, str]:
    """The headers, if dgrc sends all of them."""
    return checked(headers, why_not_header, "the header `{}` is not sent")


def why_not_field(name: str) -> str | None:
    """Why dgrc does not add this field to the body of a request, None if it does."""
    if name in BODY_SETTINGS:
        return f"{BODY_SETTINGS[name]} say{'' if BODY_SETTINGS[name].endswith('s') else 's'} it"
    return BODY_REFUSED.get(name.lower())


def why_not_header(name: str, value: str) -> str | None:
    """Why dgrc does not send this header, None if it does."""
    if not _HEADER.fullmatch(name):
        return "that is no name of a header"
    if name.lower() in HEADERS_REFUSED:
        return "`api.key_env` says it" if name.lower() == "authorization" else "it is the connection's own"
    if not FROM_ENVIRONMENT.fullmatch(value):
        return "its value would be written beside the run; name an environment variable that holds it: $ORG_ID, say"
    return None


def variable_of(value: str) -> str:
    """The environment variable that a header's value names."""
    match = FROM_ENVIRONMENT.fullmatch(value)
    assert match is not None, value
    return match[1] or match[2]


def deciding_fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a request's body that decide what a server says."""
    return {name: value for name, value in body.items() if name not in BODY_SPEED}
