"""A YAML file and `--set a.b=c` overrides go in, a checked `Config` comes out; and the way back.

Unknown keys are refused with the nearest right name. The resolved form is written beside every run.
"""

import copy
import difflib
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from dgrc.config import Config
from dgrc.errors import ConfigError


def load_config(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """Reads a YAML file, applies `a.b=c` overrides and checks everything.

    Raises:
        ConfigError: the file cannot be read, is not a mapping, or a setting is wrong.
    """
    try:
        data = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as e:
        raise ConfigError(
            f"The configuration {path} cannot be read: {e.strerror}. Give the path of a YAML file."
        ) from e
    except (yaml.YAMLError, UnicodeDecodeError) as e:
        raise ConfigError(f"The configuration {path} is not valid YAML: {e}. Mend the line it names.") from e
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise ConfigError(
            f"The configuration {path} holds a {type(data).__name__}, but a mapping of settings is wanted."
        )
    return make_config(data, overrides, where=str(path))


def make_config(data: dict[str, Any], overrides: Sequence[str] = (), where: str = "the configuration") -> Config:
    """A checked `Config` from nested plain values (left as they are) and overrides."""
    data = copy.deepcopy(data)
    for override in overrides:
        _apply(data, override)
    try:
        return Config.model_validate(data)
    except ValidationError as e:
        raise ConfigError(_explain(e, where)) from e


def dump_config(config: Config) -> str:
    """The resolved configuration as YAML."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False)


def _apply(data: dict[str, Any], override: str) -> None:
    key, equals, value = override.partition("=")
    if not equals or not key:
        raise ConfigError(f"The override {override!r} is not of the form a.b=c, for example --set method.max_pairs=2.")
    *parents, last = key.split(".")
    node = data
    for name in parents:
        node = node.setdefault(name, {})
        if not isinstance(node, dict):
            raise ConfigError(f"The override {override!r} goes through `{name}`, which holds a value, not a section.")
    try:
        node[last] = yaml.safe_load(value)
    except yaml.YAMLError as e:
        raise ConfigError(f"The override {override!r} has a value that is not valid YAML: {e}.") from e


FORMS = ("int", "tuple[int, int]")
"""How pydantic names the forms of a setting that is a number or a range."""


def _explain(error: ValidationError, where: str) -> str:
    problems: list[str] = []
    for item in error.errors():
        # Of a setting with several forms pydantic tells each form's objection; the form is part of the location.
        location = ".".join(str(part) for part in item["loc"] if part not in FORMS)
        if item["type"] == "extra_forbidden":
            problems.append(f"`{location}` is not a setting{_nearest(item['loc'])}")
        elif isinstance(item["input"], dict):  # two settings that do not go together; the whole section says nothing
            section = f"in `{location}`: " if location else ""
            problems.append(section + item["msg"].removeprefix("Value error, "))
        else:
            problems.append(f"`{location}` got {item['input']!r}: {item['msg']}")
    said = "; ".join(problems)
    return f"In {where}: {said}{'' if said.endswith('?') else '.'} All settings are in docs/configuration.md."


def _nearest(location: tuple[int | str, ...]) -> str:
    section: Any = Config
    for part in location[:-1]:
        if isinstance(part, str):
            section = section.model_fields[part].annotation
            # An optional section is one or None.
            section = next((inner for inner in typing.get_args(section) if inner is not type(None)), section)
    names = list(typing.cast(type[BaseModel], section).model_fields)
    close = difflib.get_close_matches(str(location[-1]), names, n=1, cutoff=0.5)
    return f"; did you mean `{close[0]}`?" if close else f"; here stand {', '.join(f'`{n}`' for n in names)}"
