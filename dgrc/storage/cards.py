"""Cards (README.md) of datasets and models: facts in, Markdown that says them and nothing else out.

Facts come from configurations, prompt packs and folders, which may be somebody else's. On a hub a card is a web page,
so what stands in one is made harmless: no HTML, links, images, table cells or front matter can be smuggled in.
"""

import html
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from dgrc.config import Config, EngineConfig
from dgrc.storage.provenance import provenance
from dgrc.storage.run_dir import RunDir, decisive_fingerprint

_MARKUP = re.compile(r"[\\`*_\[\]!|#~$]")


def harmless(text: str) -> str:
    """A text on one line, as Markdown and HTML show it letter by letter."""
    printable = "".join(c for c in " ".join(text.split()) if c.isprintable())
    return html.escape(_MARKUP.sub(r"\\\g<0>", printable), quote=False).replace("://", ":&#47;&#47;")


def front_matter(facts: Mapping[str, Any]) -> str:
    """The block of YAML that a card begins with."""
    return f"---\n{yaml.safe_dump(dict(facts), sort_keys=False)}---\n"


def made_with(run: RunDir, config: Config, pack: str) -> dict[str, str]:
    """The facts by which what a run made can be traced to it, for a card's table: run and round, version and commit of
    dgrc, the fingerprint of the settings that decide a curation, models by role, and the prompt `pack` as it is called.
    """
    made = provenance()
    models = {role: _model(run, engine) for role, engine in config.engines().items()}
    return {
        "run": f"{config.name}, round {run.number}",
        "dgrc": f"{made['dgrc']}, commit {made['commit'] or 'not known'}",
        "configuration": f"fingerprint {decisive_fingerprint(config)}",
        "prompt pack": pack,
        **models,
    }


def _model(run: RunDir, engine: EngineConfig) -> str:
    """A model by the name that others know it by: folders of this machine are nobody else's matter."""
    if engine.engine == "scripted":
        return f"script {engine.script}"
    folder = Path(engine.model).expanduser()
    if folder.is_absolute() and folder.is_relative_to(run.root):
        name = str(folder.relative_to(run.root))  # the student of an earlier round, a model that the run made
    else:
        hub = not folder.is_absolute() and len(folder.parts) <= 2 and not engine.model.startswith(".")
        name = engine.model if hub else folder.name
    return f"{name} ({engine.engine})" + (f" with the adapter {Path(engine.adapter).name}" if engine.adapter else "")


def table(facts: Mapping[str, str]) -> str:
    """A table of two columns without headings."""
    return "\n".join(["| | |", "|---|---|", *(row(*fact) for fact in facts.items())]) + "\n"


def row(key: str, value: str) -> str:
    """A line of a table of two columns."""
    return f"| {harmless(key)} | {harmless(value)} |"
