"""A YAML file, or the name of one that comes with dgrc, and `--set a.b=c` overrides go in, a checked `Config` comes
out; and the way back.

Unknown keys are refused with the nearest right name. The resolved form is written beside every run.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from dgrc.config import Config
from dgrc.config.check import checked
from dgrc.config.explain import explain, inside, section_in, short
from dgrc.config.section import Section
from dgrc.config.shipped import locate, nearest, with_shipped_files
from dgrc.config.yaml_core import Places, line_of, parse, what_is_wrong, write
from dgrc.errors import ConfigError

DEEPEST, MOST_VALUES = 32, 100_000
"""Levels and values of a configuration."""
QUOTES = """Text with signs that YAML has a use for stands in quotes of its own: --set 'questions.files="*.jsonl"'."""


def load_config(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """Reads a YAML file, applies `a.b=c` overrides and checks everything.

    Args:
        path: The file, or a name such as `legal/casehold` (`dgrc.config.shipped`); a file that exists wins.
        overrides: Settings that win over the file's.

    Raises:
        ConfigError: the file cannot be read, is not a mapping, or a setting is wrong.
    """
    try:
        file = locate(str(path))
        raw = file.read_bytes()
    except (OSError, ValueError) as e:  # a name that no file can have is a ValueError
        why = e.strerror if isinstance(e, OSError) else f"{e}"
        raise ConfigError(
            f"The configuration {path} cannot be read: {why}. Give the path of a YAML file, or the name of one "
            f"that comes with dgrc: {', '.join(nearest(str(path)))}."
        ) from e
    text = _text(raw, path)
    data = read_yaml(text, f"The configuration {path}")
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise ConfigError(
            f"The configuration {path} holds {_kind(data)}, but a mapping of settings is wanted, such as "
            "`name: my-run`."
        )
    return with_shipped_files(make_config(data, overrides, str(file), text))


def make_config(
    data: dict[str, Any], overrides: Sequence[str] = (), where: str = "the configuration", text: str | None = None
) -> Config:
    """A checked `Config` from nested plain values (left as they are) and overrides.

    Args:
        data: The values.
        overrides: Settings that win over them.
        where: What an error calls the place that they are from.
        text: The YAML that they were read from: errors then name the line.

    Raises:
        ConfigError: a setting is wrong.
    """
    data = _own(data)
    by_hand, unread = list[str](), list[str]()
    for override in overrides:
        try:
            by_hand += _apply(data, override)
        except ConfigError as e:
            unread.append(str(e).removesuffix("."))
    config, wrong = checked(data)
    if config is not None and not unread:
        return config
    raise explain(wrong, where, Config, by_hand, Places(text).of if text is not None else lambda _: None, unread)


def dump_config(config: Config) -> str:
    """The resolved configuration as YAML."""
    return write(config.model_dump(mode="json"))


def dump_changed(config: Config) -> str:
    """The settings that are not by default as YAML: read as a file it is the same configuration."""
    changed: dict[str, Any] = {}
    for key, _, value in differences(Config(), config):
        *parents, last = key.split(".")
        node = changed
        for name in parents:
            node = node.setdefault(name, {})
        node[last] = value
    return write(changed) if changed else ""


def differences(one: Section, other: Section, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The settings in which two differ, by dotted name, with both values; of a section that one alone has, all that is
    not by default."""
    for name in type(one).model_fields:
        key, was, is_ = f"{path}{name}", getattr(one, name), getattr(other, name)
        if isinstance(was, Section) and isinstance(is_, Section):
            yield from differences(was, is_, f"{key}.")
        elif was != is_:
            yield key, _brief(was), _brief(is_)


def _brief(value: Any) -> Any:
    """A value as YAML has it; of sections what is not by default."""
    if isinstance(value, Section):
        return value.model_dump(mode="json", exclude_defaults=True)
    return [_brief(inner) for inner in value] if isinstance(value, tuple) else value


def _own(value: Any) -> Any:
    """A copy in which nothing is shared: what an alias repeats is set in one place at a time."""
    if isinstance(value, dict):
        return {key: _own(inner) for key, inner in value.items()}
    return [_own(inner) for inner in value] if isinstance(value, list) else value


def _apply(data: dict[str, Any], override: str) -> list[str]:
    """Sets what an override says and returns the dotted names of what it has set."""
    key, equals, value = override.partition("=")
    said = f"--set {short(key)}"  # not its value, which may be a secret in the wrong place
    if not equals or not key:
        raise ConfigError(f"--set {short(override)!r} is not of the form a.b=c, such as --set method.max_pairs=2")
    *parents, last = key.split(".")
    if len(parents) > DEEPEST:
        raise ConfigError(f"{said} is nested deeper than {DEEPEST}, which no setting is")
    found = read_yaml(value, f"the value of {said}", QUOTES)
    node, kind = data, Config
    for name in parents:
        if node.get(name) is None:  # a section that is left out so far may be null
            node[name] = {}
        node, kind = node[name], inside(kind, name)
        if not isinstance(node, dict):
            raise ConfigError(f"{said} goes through `{name}`, which holds a value, not a section")
    names = _put(node, last, found, inside(kind, last))
    return [".".join([*parents, *inner]) for inner in names]


def _put(node: dict[str, Any], name: str, value: Any, kind: Any) -> list[list[str]]:
    """Sets a key; of a section each of its keys that are given, the others stay."""
    if not isinstance(value, dict) or section_in(kind) is None or not value:
        node[name] = value
        return [[name]]
    if not isinstance(node.get(name), dict):
        node[name] = {}
    below = [_put(node[name], key, inner, inside(kind, key)) for key, inner in value.items()]
    return [[name, *map(str, inner)] for names in below for inner in names]


def read_yaml(text: str, what: str, advice: str = "Mend it there.") -> Any:
    """YAML as plain values, not nested deeper than settings can be. Numbers know how they were written.

    Raises:
        ConfigError: it is not YAML, has a key twice, or holds more than any configuration does.
    """
    try:
        data = parse(text)
        _bounded(data)
    except RecursionError:
        raise ConfigError(f"{what} is nested deeper than {DEEPEST}, which no setting is. Look for brackets.") from None
    except yaml.YAMLError as e:
        raise ConfigError(f"{what} is not valid YAML: {short(what_is_wrong(e, text), 1000)}. {advice}") from e
    except ValueError as e:
        raise ConfigError(f"{what} is not valid YAML: {e}.") from e
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
        elif isinstance(value, list):
            left += [(inner, depth + 1) for inner in value]


def _text(raw: bytes, path: str | Path) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as e:
        before = raw[: e.start].decode("utf-8", "replace")
        raise ConfigError(
            f"The configuration {path} is not valid YAML: {line_of(before, len(before))}: not UTF-8. Save it as UTF-8."
        ) from e


def _kind(data: Any) -> str:
    return "a list" if isinstance(data, list) else "text" if isinstance(data, str) else "a value"
