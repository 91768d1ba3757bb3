"""Whether the installed vLLM has a model's architecture, known in a moment and without importing it.

A model directory's config.json flows in; what is wrong flows out. vLLM's registry is read as text, as its arguments
are (`arguments.py`): to ask it takes ten seconds and more. What it does not list it may run by transformers' own code.
"""

import ast
import functools
import importlib.util
import json
from pathlib import Path

REGISTRY, TABLES = "model_executor/models/registry.py", "_MODELS"
GONE, ELSEWHERE = "_PREVIOUSLY_SUPPORTED_MODELS", "_OOT_SUPPORTED_MODELS"
WRITING = (
    "_TEXT_GENERATION_MODELS", "_MULTIMODAL_MODELS", "_TRANSFORMERS_SUPPORTED_MODELS", "_TRANSFORMERS_BACKEND_MODELS",
)  # fmt: skip
"""The tables of models that write text; others embed, score or draft."""


def architecture_problem(folder: str | Path, writes: bool = True) -> str | None:
    """Why vLLM would not run the model in a directory, to write text or (`writes` false) for anything; None if it
    would, or nobody can tell."""
    try:
        config = json.loads((Path(folder).expanduser() / "config.json").read_text(encoding="utf-8"))
        names = [str(name) for name in config["architectures"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None  # without them vLLM goes by the model's type
    tables = installed_tables()
    known = {name for table, entries in tables.items() if table.endswith(TABLES) for name in entries}
    known -= {*tables.get(GONE, ()), *tables.get(ELSEWHERE, ())}
    if not names or not known:
        return None
    name = names[0]
    if listed := {*names} & known:
        writing = {name for table in WRITING for name in tables.get(table, ())}
        if not writes or listed & writing or not writing:
            return None
        return f"its architecture {name} embeds, scores or drafts, and does not write text. Take another model."
    if any(map(_of_transformers, names)):
        return None
    if since := tables.get(GONE, {}).get(name):
        return f"the installed vLLM does not run {name} any more; {since} was the last that did. Take another model."
    if where := tables.get(ELSEWHERE, {}).get(name):
        return f"the installed vLLM runs {name} by a plugin alone: {where}."
    return (
        f"its architecture {name} is neither in the registry of the installed vLLM nor in transformers. Look at "
        "`architectures` in its config.json, take another model, or install a vLLM that has it."
    )


@functools.cache
def installed_tables() -> dict[str, dict[str, str]]:
    """The tables of the installed vLLM's registry: architectures by name of table, with what stands for each if it is
    text; empty where there is no vLLM."""
    try:
        found = importlib.util.find_spec("vllm")
    except (ImportError, ValueError):
        return {}
    if found is None or found.origin is None or not (file := Path(found.origin).parent / REGISTRY).is_file():
        return {}
    tables: dict[str, dict[str, str]] = {}
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            entries = {
                str(key.value): str(value.value) if isinstance(value, ast.Constant) else ""
                for key, value in zip(node.value.keys, node.value.values, strict=True)
                if isinstance(key, ast.Constant)
            }
            tables |= {target.id: entries for target in node.targets if isinstance(target, ast.Name)}
    return tables


def _of_transformers(name: str) -> bool:
    """Whether transformers has this architecture: vLLM then tries its code."""
    try:
        found = importlib.util.find_spec("transformers")
    except (ImportError, ValueError):
        return True
    if found is None or found.origin is None:
        return True
    return name in _names_of_transformers(str(Path(found.origin).parent / "models" / "auto" / "modeling_auto.py"))


@functools.cache
def _names_of_transformers(file: str) -> frozenset[str]:
    try:
        nodes = ast.walk(ast.parse(Path(file).read_text(encoding="utf-8")))
    except (OSError, SyntaxError):
        return frozenset()
    return frozenset(node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
