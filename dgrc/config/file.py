"""A YAML file, or the name of one that comes with dgrc, and `--set a.b=c` overrides go in, a checked `Config` comes
out; and the way back.

Unknown keys are refused with the nearest right name. The resolved form is written beside every run.
"""

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from dgrc.config import Config
from dgrc.config.explain import explain, short
from dgrc.config.shipped import locate, nearest, with_shipped_files
from dgrc.errors import ConfigError

DEEPEST, MOST_VALUES = 32, 100_000
"""Levels and values of a configuration."""


def load_config(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """Reads a YAML file, applies `a.b=c` overrides and checks everything.

    Args:
        path: The file, or a name such as `legal/casehold` (`dgrc.config.shipped`); a file that exists wins.
        overrides: Settings that win over the file's.

    Raises:
        ConfigError: the file cannot be read, is not a mapping, or a setting is wrong.
    """
    try:
        text = locate(str(path)).read_text(encoding="utf-8")
    except OSError as e:
        raise ConfigError(
            f"The configuration {path} cannot be read: {e.strerror}. Give the path of a YAML file, or the name of one "
            f"that comes with dgrc: {', '.join(nearest(str(path)))}."
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
    return with_shipped_files(make_config(data, overrides, where=str(path)))


def make_config(data: dict[str, Any], overrides: Sequence[str] = (), where: str = "the configuration") -> Config:
    """A checked `Config` from nested plain values (left as they are) and overrides."""
    data = copy.deepcopy(data)
    for override in overrides:
        _apply(data, override)
    try:
        return Config.model_validate(data)
    except ValidationError as e:
        raise ConfigError(explain(e, where, Config)) from e


def dump_config(config: Config) -> str:
    """The resolved configuration as YAML."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False)


def _apply(data: dict[str, Any], override: str) -> None:
    key, equals, value = override.partition("=")
    said = repr(short(override))
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
        raise ConfigError(f"{what} is not valid YAML: {short(str(e), 1000)}. Mend the line it names.") from e
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
