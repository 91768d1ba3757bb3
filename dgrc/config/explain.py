"""What settings take, in words, and what pydantic objects to in some: which setting, what it got, what it takes.

A section's class flows in, and pydantic's errors; out come the words of docs/configuration.md and of `ConfigError`.
"""

import datetime
import difflib
import json
import re
import types
import typing
from collections.abc import Callable, Collection, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from dgrc.errors import ConfigError

LONGEST_QUOTE, MOST_PROBLEMS = 200, 20
"""Characters of a wrong value that an error quotes, and wrong values that it tells of."""
SECRETIVE = ("key_env", "base_url")
WANTED = "wanted"
"""In a field's `json_schema_extra`: what its text is to look like, in words."""
BY_HAND = "--set"
OBJECTION = "objection"
ALL = "All settings are in docs/configuration.md."
Location = tuple[int | str, ...]
BOUNDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
NAMES: dict[Any, str] = {
    str: "text", int: "whole number", float: "number", bool: "true or false", types.NoneType: "null", Any: "value",
    datetime.date: "date",
}  # fmt: skip


class ObjectionsError(ValueError):
    """Settings that do not go together, or are not passed on: one sentence for each such thing."""

    def __init__(self, objections: list[str]):
        super().__init__("; ".join(objections))
        self.objections = objections


def details(error: ValidationError) -> list[Any]:
    """What pydantic objects to, each objection of a section by itself."""
    found: list[Any] = []
    for item in error.errors():
        cause = item.get("ctx", {}).get("error")
        several = cause.objections if isinstance(cause, ObjectionsError) else None
        found += [objection(item["loc"], words) for words in several] if several is not None else [item]
    return found


def objection(location: Location, words: str) -> dict[str, Any]:
    """An objection to what stands at a place, as pydantic tells its own."""
    return {"type": OBJECTION, "loc": location, "msg": words, "input": None}


def explain(
    found: Sequence[Any],
    where: str,
    section: type[BaseModel],
    overrides: Collection[str] = (),
    place: Callable[[Location], tuple[int, int] | None] = lambda _: None,
    before: Sequence[str] = (),
) -> ConfigError:
    """All that is wrong, in one error: each with who said it, and of a file line and column.

    Args:
        found: What `details` tells.
        where: Names the file or the settings.
        section: What was to be made of them.
        overrides: Dotted names of the settings that came by `--set`, not from there.
        place: At which line and column of the file a setting is, if it is known: `FILE:LINE:COLUMN` is said then.
        before: What else is wrong, in words, with who said it.
    """
    problems: dict[str, tuple[tuple[int, int], str, str]] = {}
    for item in found:
        at = item["loc"]
        # What a list of so many lacks has a place of its own; wanted is the list.
        path, kind = _place(at[:-1] if item["type"] == "missing" else at, section)
        if isinstance(item["input"], dict) and item["type"].endswith("_type") and section_in(kind) is not None:
            continue  # another form's objection to a section, which the setting may be
        key = path
        if item["type"] in ("extra_forbidden", "invalid_key") and at:
            key = path = ".".join([path, str(at[-1])] if path else [str(at[-1])])
            problem = f"`{short(path)}` is not a setting{_nearest(str(at[-1]), kind)}"
        elif item["type"] == OBJECTION:
            # The whole section says nothing.
            problem = f"in `{short(path)}`: {item['msg']}" if path else item["msg"]
            at, key = (*at, *_first_named(item["msg"])), f"{path}: {item['msg']}"
        elif any(path.startswith(f"{told}.") for told in problems):
            continue  # of a setting with several forms pydantic tells each form's objection: what it takes is told
        else:
            problem = _wrong_value(item, path, kind)
        stands = place(at)
        file = where if stands is None else f"{where}:{stands[0]}:{stands[1]}"
        by_hand_alone = stands is None and item["type"] == "extra_forbidden"
        who = _said_by(path, "" if by_hand_alone and overrides else file, overrides) or file
        problems.setdefault(key, (stands or (0, 0), who, problem))
    return _together(list(problems.values()), before)


def type_name(field: Any) -> str:
    """What a field takes, with its bounds: `whole number, at least 1`; or a type, without."""
    if not isinstance(field, FieldInfo):
        return _name(field)
    limits = [
        f"{words} {getattr(item, sign)}"
        for item in field.metadata
        for sign, words in BOUNDS.items()
        if getattr(item, sign, None) is not None
    ]
    extra = field.json_schema_extra
    form = f" of {extra[WANTED]}" if isinstance(extra, dict) and WANTED in extra else ""
    return ", ".join([_name(field.annotation) + form, *limits])


def short(text: str, most: int = LONGEST_QUOTE) -> str:
    """The text, cut where a quotation of it would get long."""
    return text if len(text) <= most else f"{text[:most]}..."


def forms(kind: Any) -> tuple[Any, ...]:
    """The types that a field takes: those of a union, or the one."""
    annotation = kind.annotation if isinstance(kind, FieldInfo) else kind
    union = typing.get_origin(annotation) in (typing.Union, types.UnionType)
    return typing.get_args(annotation) if union else (annotation,)


def section_in(kind: Any) -> type[BaseModel] | None:
    """The class of the section that a field holds, if it holds one."""
    return next((form for form in forms(kind) if isinstance(form, type) and issubclass(form, BaseModel)), None)


def inside(kind: Any, part: int | str) -> Any:
    """What stands below a name or number of a section, table or list; None if there is no such thing."""
    for form in forms(kind):
        arguments = typing.get_args(form)
        if isinstance(form, type) and issubclass(form, BaseModel) and part in form.model_fields:
            return form.model_fields[str(part)]
        if typing.get_origin(form) is dict:
            return arguments[1]
        if typing.get_origin(form) is tuple and isinstance(part, int):
            return arguments[0 if arguments[-1] is Ellipsis else min(part, len(arguments) - 1)]
    return None


def _place(location: Location, section: type[BaseModel]) -> tuple[str, Any]:
    """The dotted name of a place, without pydantic's names for forms, and the field or type that is there."""
    names, kind = list[str](), typing.cast(Any, section)
    for part in location:
        below = inside(kind, part)
        if part == "[key]":  # pydantic's word for the name of a table's entry
            kind = str
        elif below is not None:
            names, kind = [*names, str(part)], below
    return ".".join(names), kind


def _first_named(words: str) -> list[str]:
    """The parts of the first setting that an objection names."""
    found = re.search(r"`([A-Za-z_.-]+)(?:`|: )", words)
    return found[1].split(".") if found else []


def _wrong_value(item: Any, path: str, kind: Any) -> str:
    # In these two people put secrets by mistake, and errors end in logs. What is no text has no location.
    secret = path.rpartition(".")[2] in SECRETIVE
    got = "(not shown)" if secret else short(_got(item["input"]))
    own_words = item["type"] in ("value_error", "string_unicode")
    if own_words or not path:
        return f"`{short(path)}` got {got}: {item['msg'].removeprefix('Value error, ')}"
    is_text = str in forms(kind) and isinstance(item["input"], int | float)  # a truth is an int, too
    quoted = " (in quotes: YAML takes it for something else)" * is_text
    empty = " (leave it out to have the defaults)" * (item["input"] is None)
    return f"`{short(path)}` got {got}, wanted: {type_name(kind)}{quoted}{empty}"


def _got(value: Any) -> str:
    """A value in words of YAML."""
    if isinstance(value, dict):
        return f"a section ({', '.join(f'`{name}`' for name in value) or 'empty'})"
    return json.dumps(value) if value is None or isinstance(value, bool) else repr(value)


def _said_by(path: str, where: str, overrides: Collection[str]) -> str:
    """Who said what is wrong at a place: the file (empty: not this), `--set`, or both together."""
    if any(f"{path}.".startswith(f"{name}.") for name in overrides):
        return BY_HAND
    if below := sorted(name for name in overrides if name.startswith(f"{path}." if path else "")):
        named = f"--set {', '.join(short(name) for name in below[:3])}{', ...' * (len(below) > 3)}"
        return f"{where} with {named}" if where else named
    return where


def _together(problems: list[tuple[tuple[int, int], str, str]], before: Sequence[str]) -> ConfigError:
    """Problems by place and by who said them, no more of them than can be read."""
    problems = sorted(problems, key=lambda problem: (problem[1].startswith(BY_HAND), problem[0]))
    said = [*before, *(f"{who}: {what}" for _, who, what in problems)]
    if len(said) == 1:
        words = said[0] if before else f"In {said[0]}"
        return ConfigError(f"{words[0].upper()}{words[1:]}{'' if words.endswith('?') else '.'} {ALL}")
    more = [f"and {len(said) - MOST_PROBLEMS:,} more"] if len(said) > MOST_PROBLEMS else []
    return ConfigError(f"{len(said):,} settings are wrong ({ALL[0].lower()}{ALL[1:-1]})", *said[:MOST_PROBLEMS], *more)


def nearest_name(location: Location, section: type[BaseModel]) -> str | None:
    """The setting that an unknown one may be meant for."""
    return _close(str(location[-1]), _place(location[:-1], section)[1])


def _close(name: str, kind: Any) -> str | None:
    found = section_in(kind)
    names = list(found.model_fields) if found is not None else []
    return next(iter(difflib.get_close_matches(name[:LONGEST_QUOTE], names, n=1, cutoff=0.5)), None)


def _nearest(name: str, kind: Any) -> str:
    if close := _close(name, kind):
        return f"; did you mean `{close}`?"
    found = section_in(kind)
    return f"; here stand {', '.join(f'`{n}`' for n in found.model_fields)}" if found is not None else ""


def _name(annotation: Any) -> str:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "section"
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return " or ".join(f"`{choice}`" for choice in arguments)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_name(argument) for argument in arguments)
    if origin is tuple:
        items = [_name(argument) for argument in arguments if argument is not Ellipsis]
        return f"list of {items[0]}" if arguments[-1] is Ellipsis else f"list of {len(items)}: {', '.join(items)}"
    if origin is dict:
        return f"{_name(arguments[1])} by name"
    return NAMES[annotation]
