"""Reading what a model wrote: text between tags, and JSON objects. Text in, plain values out.

A model may write anything, so nothing here raises on any text: what cannot be read is None, and the step
that asked turns that into a typed error beside the raw reply.
"""

import json
import re
from typing import Any


def between(text: str, tag: str) -> str | None:
    """The text inside the last complete `<tag>...</tag>`, unstripped, or None if there is no such pair."""
    # The inner part may not open the tag again, which also keeps the search linear on hostile text.
    found = re.findall(rf"<{tag}>((?:(?!<{tag}>).)*?)</{tag}>", text, flags=re.DOTALL | re.IGNORECASE)
    return str(found[-1]) if found else None


def json_object(reply: str) -> dict[str, Any] | None:
    """The reply as one JSON object; None for anything else, also for JSON with text around it."""
    try:
        # Not strict: models write line breaks into strings, and grammars that bound a text's length let them.
        value = json.loads(reply, strict=False)
    except (ValueError, RecursionError):  # RecursionError: thousands of open brackets
        return None
    return value if isinstance(value, dict) else None


def encodable(text: str) -> str:
    """The text with lone surrogates (JSON escapes can smuggle them in) made `?`: hashing and Arrow need UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def one_line(text: str) -> str:
    """The text on one line, with single spaces, fit to be hashed and stored."""
    return " ".join(encodable(text).split())
