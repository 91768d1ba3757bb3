"""Reading what a model wrote: text between tags, and JSON objects. Text in, plain values out.

A model may write anything, so nothing here raises on any text: what cannot be read is None, and the step
that asked turns that into a typed error beside the raw reply.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from dgrc.method.text.thoughts import set_apart

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|[A-Za-z]+|.)", re.DOTALL)
_HEX = re.compile(r"u[0-9a-fA-F]{4}")
_COMMANDS = frozenset(
    "bar begin beta bf big binom boxed bullet flat forall frac nabla ne neg neq nexists not nu rangle rceil rfloor rho "
    "right rightarrow rm tan tau text textbf textit tfrac theta tilde times to top triangle".split()
)
"""Commands of LaTeX that begin like an escape of JSON (`\\b`, `\\f`, `\\n`, `\\r`, `\\t`)."""
_LOOSE = re.compile(r"\"(?:[^\"\\]|\\.)*+\"|,(?=\s*+[}\]])|//[^\n{}]*+(?=\n|\Z)|\b(?:True|False|None)\b", re.DOTALL)
"""Strings, so that nothing inside them is looked at, and what JSON does not have. A remark with braces is none: it
would hide an object."""
_LITERALS = {"True": "true", "False": "false", "None": "null"}
_MOST_TRIES = 64
"""Opening braces that are tried: text full of them holds no object worth the time."""


def between(text: str, tag: str) -> str | None:
    """The text inside the last complete `<tag>...</tag>`, unstripped, or None if there is no such pair."""
    # The inner part may not open the tag again, which also keeps the search linear on hostile text.
    found = re.findall(rf"<{tag}>((?:(?!<{tag}>).)*?)</{tag}>", text, flags=re.DOTALL | re.IGNORECASE)
    return str(found[-1]) if found else None


def json_object(reply: str) -> dict[str, Any] | None:
    """The reply as one JSON object, also in a fence, after thoughts or with words around it; None for anything else,
    and where there are several objects."""
    whole = _loaded(reply)
    if whole is not None:
        return whole
    # A fence says nothing: an object quoted in one must not win over the one that is the reply.
    reply = _mended(reply)
    text = set_apart(reply)[1]
    # What is none by JSON's grammar may be one but for its commas or remarks, and its parts are not the reply.
    outer = text[text.find("{") : text.rfind("}") + 1]
    found = [(value, outer)] if (value := _loaded(_strict(outer))) is not None else list(_objects(text))
    if len(found) != 1:
        return None
    # A text that is quoted may hold marks as well, of thoughts or of a turn's end: they hide no object behind it.
    value, written = found[0]
    _, there, behind = reply.rpartition(written)
    return None if not there or any(_objects(behind)) else value


def is_wrapped(reply: str) -> bool:
    """Whether a reply holds its JSON object among other text: a server did not hold it to the schema."""
    return _loaded(reply) is None and json_object(reply) is not None


def _loaded(text: str) -> dict[str, Any] | None:
    text = _mended(text)
    try:
        # Not strict: models write line breaks into strings, and grammars that bound a text's length let them.
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):  # RecursionError: thousands of open brackets
        return None
    return value if isinstance(value, dict) else None


def _mended(text: str) -> str:
    """The text with backslashes doubled that begin no escape: models write `\\frac` into JSON as they write it
    elsewhere, and of `\\times` JSON would make a tab."""
    return _ESCAPE.sub(_escape, text) if "\\" in text else text


def _escape(match: re.Match[str]) -> str:
    said = match.group(1)
    stays = said[0] in '\\"/' or (said[0] in "bfnrt" and said not in _COMMANDS) or _HEX.match(said)
    return match.group() if stays else "\\" + match.group()


def _strict(text: str) -> str:
    """The text by JSON's grammar, where it is written as Python or JavaScript are: `{"a": True, }`, `//` remarks."""
    return _LOOSE.sub(_by_grammar, text)


def _by_grammar(match: re.Match[str]) -> str:
    said = match.group()
    return said if said[0] == '"' else _LITERALS.get(said, "")


def _objects(text: str) -> Iterator[tuple[dict[str, Any], str]]:
    """The outermost JSON objects in a text and how they are written, at most two: more than one is as good as none."""
    decoder = json.JSONDecoder(strict=False)
    at, tries, found = text.find("{"), 0, 0
    while at >= 0 and tries < _MOST_TRIES and found < 2:
        tries += 1
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            found += 1
            yield value, text[at:end]
        at = text.find("{", end)


def encodable(text: str) -> str:
    """The text with lone surrogates (JSON escapes can smuggle them in) made `?`: hashing and Arrow need UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def one_line(text: str) -> str:
    """The text on one line, with single spaces, fit to be hashed and stored."""
    return " ".join(encodable(text).split())
