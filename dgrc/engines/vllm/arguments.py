"""Whether the installed vLLM has the arguments that a configuration passes on, known in a moment and without it.

`engine_args` flow in; what is wrong with them flows out. The class of vLLM's arguments is read as text: to import it
takes ten seconds and more, and a machine that only submits has no torch.
"""

import ast
import difflib
import functools
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dgrc.config import Config, EngineConfig
from dgrc.errors import ConfigError, DgrcError

FILE, CLASS = "engine/arg_utils.py", "EngineArgs"
PLAIN = {"bool": bool, "int": int, "float": float, "str": str}
WORDS = {"bool": "true or false", "int": "a whole number", "float": "a number", "str": "text"}


def check_engine_args(config: Config) -> None:
    """Refuses arguments that the installed vLLM does not have, or not of that type, and combinations that it refuses.

    Where vLLM is not installed, its own start is what tells.

    Raises:
        ConfigError: with the argument and what is wanted.
    """
    for role, engine in [*config.engines().items(), ("embedder", config.embedder)]:
        if engine is not None and engine.engine_args:
            problem = next(problems(engine, config if role != "embedder" else None, role), None)
            if problem is not None:
                raise ConfigError(f"`{role}.engine_args`: {problem}")


def problems(engine: EngineConfig, config: Config | None = None, role: str = "") -> Iterator[str]:
    """What is wrong with an engine's arguments."""
    known = installed_arguments()
    for name, value in engine.engine_args.items():
        if known and name not in known:
            near = difflib.get_close_matches(name, known, 3, 0.6)
            meant = f"did you mean {' or '.join(f'`{one}`' for one in near)}?"
            yield f"the installed vLLM has no argument `{name}`; {meant if near else f'see {CLASS} in vllm/{FILE}.'}"
        elif known and (wanted := mismatch(known[name], value)):
            yield f"`{name}` is {value!r}; vLLM wants {wanted}."
    speculative = engine.engine_args.get("speculative_config")
    if isinstance(speculative, dict):
        yield from _of_speculation(speculative)
        if config is not None:
            yield from _beside_speculation(config, role)


def _of_speculation(speculative: dict[str, Any]) -> Iterator[str]:
    from dgrc.engines.vllm.tokens import check_model_path

    if "ngram" in (speculative.get("method"), speculative.get("model")) and importlib.util.find_spec("numba") is None:
        yield "`speculative_config` with `method: ngram` needs numba, which is not installed here: pip install numba."
    draft = speculative.get("model")
    if draft and "ngram" not in (draft, speculative.get("method")):
        try:
            check_model_path(str(draft))
        except DgrcError as e:
            yield f"`speculative_config.model`: {e}"


def _beside_speculation(config: Config, role: str) -> Iterator[str]:
    """Sampling that vLLM refuses beside speculative decoding, request by request."""
    for where, sampling in config.samplings(role).items():
        if set_ := [name for name in ("min_p", "logit_bias") if getattr(sampling, name)]:
            yield f"vLLM takes no `{set_[0]}` beside `speculative_config`: leave it out of `{where}`."


@functools.cache
def installed_arguments() -> dict[str, str]:
    """The arguments of the installed vLLM by name, with their types as they are written; empty where it is not."""
    try:
        found = importlib.util.find_spec("vllm")
    except (ImportError, ValueError):
        return {}
    if found is None or found.origin is None or not (file := Path(found.origin).parent / FILE).is_file():
        return {}
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) and node.name == CLASS:
            return {
                item.target.id: ast.unparse(item.annotation)
                for item in node.body
                if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
            }
    return {}


def mismatch(annotation: str, value: Any) -> str | None:
    """What is wanted in the place of a value, by a type of plain parts; None if it fits or nobody can tell."""
    parts = [part.strip() for part in annotation.split("|")]
    if not {*parts} <= {*PLAIN, "None"}:
        return None
    if value is None and "None" in parts:
        return None
    kinds = [part for part in parts if part != "None"]
    fits = (isinstance(value, PLAIN[kind]) and (kind == "bool" or not isinstance(value, bool)) for kind in kinds)
    if any(fits) or ("float" in kinds and isinstance(value, int) and not isinstance(value, bool)):
        return None
    return " or ".join(WORDS[kind] for kind in kinds)
