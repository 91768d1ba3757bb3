"""Cards (README.md) of datasets and models: facts in, Markdown that says them and nothing else out.

Facts come from configurations, prompt packs and folders, which may be somebody else's. On a hub a card is a web page,
so what stands in one is made harmless: no HTML, links, images, table cells or front matter can be smuggled in.
"""

import html
import re
from collections.abc import Mapping
from typing import Any

import yaml

_MARKUP = re.compile(r"[\\`*_\[\]!|#~$]")


def harmless(text: str) -> str:
    """A text on one line, as Markdown and HTML show it letter by letter."""
    printable = "".join(c for c in " ".join(text.split()) if c.isprintable())
    return html.escape(_MARKUP.sub(r"\\\g<0>", printable), quote=False).replace("://", ":&#47;&#47;")


def front_matter(facts: Mapping[str, Any]) -> str:
    """The block of YAML that a card begins with."""
    return f"---\n{yaml.safe_dump(dict(facts), sort_keys=False)}---\n"


def row(key: str, value: str) -> str:
    """A line of a table of two columns."""
    return f"| {harmless(key)} | {harmless(value)} |"
