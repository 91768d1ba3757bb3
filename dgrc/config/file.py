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

DEEPEST, MOST_VALUES = 32, 100_000
"""Levels and values of a configuration."""
LONGEST_QUOTE, MOST_PROBLEMS = 200, 20
"""Characters of a wrong value that an error quotes, and wrong values that it tells of."""


def load_config(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """Reads a YAML file, applies `a.b=c` overrides and checks everything.

    Raises:
        ConfigError: the file cannot be read, is not a mapping, or a setting is wrong.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as e:
        raise ConfigError(
            f"The configuration {path} cannot be read: {e.strerror}. Give the path of a YAML file."
        ) from e
    except ValueError as e:
        raise ConfigError(f"The configuration {path} is not valid YAML: {e}. Give the path of a YAML file.") from e
    data = _plain(text, f"The configuration {path}")
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
    said = repr(_short(override))
    if not equals or not key:
        raise ConfigError(f"The override {said} is not of the form a.b=c, for example --set method.max_pairs=2.")
    *parents, last = key.split(".")
    if len(parents) > DEEPEST:
        raise ConfigError(f"The override {said} is nested deeper than {DEEPEST}, which no setting is.")
    node = data
    for name in parents:
        node = node.setdefault(name, {})
        if not isinstance(node, dict):
            raise ConfigError(f"The override {said} goes through `{name}`, which holds a value, not a section.")
    node[last] = _plain(value, f"The value of the override {said}")


def _plain(text: str, what: str) -> Any:
    """YAML as plain values, not nested deeper than settings can be.

    Raises:
        ConfigError: it is not YAML, or holds a number or date that is none.
    """
    try:
        data = yaml.safe_load(text)
        _bounded(data)
    except RecursionError:
        raise ConfigError(f"{what} is nested deeper than {DEEPEST}, which no setting is. Look for brackets.") from None
    except (yaml.YAMLError, ValueError, AttributeError, TypeError) as e:
        # The parser knows YAML's types but not their limits: a wrong number or date comes out as Python's own error.
        raise ConfigError(f"{what} is not valid YAML: {_short(str(e), 1000)}. Mend the line it names.") from e
    return data


def _bounded(data: Any) -> None:
    """Refuses what would take for ever to check: a small file can name a huge value, by aliases inside aliases."""
    left, values = [(data, 0)], 0
    while left:
        value, depth = left.pop()
        values += 1
        if depth > DEEPEST:
            raise RecursionError
        if values > MOST_VALUES:
            raise ValueError(f"it holds more than {MOST_VALUES:,} values, aliases counted wherever they stand")
        if isinstance(value, dict):
            left += [(inner, depth + 1) for inner in (*value, *value.values())]
        elif isinstance(value, list | tuple | set):
            left += [(inner, depth + 1) for inner in value]


SECRETIVE = ("key_env", "base_url")
FORMS = ("int", "tuple[int, int]")
"""How pydantic names the forms of a setting that is a number or a range."""


def _explain(error: ValidationError, where: str) -> str:
    problems: list[str] = []
    for item in error.errors():
        # Of a setting with several forms pydantic tells each form's objection; the form is part of the location.
        location = _short(".".join(str(part) for part in item["loc"] if part not in FORMS))
        if item["type"] == "extra_forbidden":
            problems.append(f"`{location}` is not a setting{_nearest(item['loc'])}")
        elif isinstance(item["input"], dict):  # two settings that do not go together; the whole section says nothing
            section = f"in `{location}`: " if location else ""
            problems.append(section + item["msg"].removeprefix("Value error, "))
        else:
            # In these two people put secrets by mistake, and errors end in logs. What is no text has no location.
            secret = bool(item["loc"]) and item["loc"][-1] in SECRETIVE
            got = "(not shown)" if secret else _short(repr(item["input"]))
            problems.append(f"`{location}` got {got}: {item['msg'].removeprefix('Value error, ')}")
    more = f"; and {len(problems) - MOST_PROBLEMS:,} more" if len(problems) > MOST_PROBLEMS else ""
    said = "; ".join(problems[:MOST_PROBLEMS]) + more
    return f"In {where}: {said}{'' if said.endswith('?') else '.'} All settings are in docs/configuration.md."


def _short(text: str, most: int = LONGEST_QUOTE) -> str:
    return text if len(text) <= most else f"{text[:most]}..."


def _nearest(location: tuple[int | str, ...]) -> str:
    section: Any = Config
    for part in location[:-1]:
        if isinstance(part, str):
            section = section.model_fields[part].annotation
            # An optional section is one or None.
            section = next((inner for inner in typing.get_args(section) if inner is not type(None)), section)
    names = list(typing.cast(type[BaseModel], section).model_fields)
    close = difflib.get_close_matches(str(location[-1])[:LONGEST_QUOTE], names, n=1, cutoff=0.5)
    return f"; did you mean `{close[0]}`?" if close else f"; here stand {', '.join(f'`{n}`' for n in names)}"
