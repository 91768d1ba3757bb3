"""What settings take, in words, and what pydantic objects to in some: which setting, what it got, what it takes.

A section's class flows in, and pydantic's errors; out come the words of docs/configuration.md and of `ConfigError`.
"""

import datetime
import difflib
import json
import re
import types
import typing
from collections.abc import Callable, Collection
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

LONGEST_QUOTE, MOST_PROBLEMS = 200, 20
"""Characters of a wrong value that an error quotes, and wrong values that it tells of."""
SECRETIVE = ("key_env", "base_url")
WANTED = "wanted"
"""In a field's `json_schema_extra`: what its text is to look like, in words."""
BY_HAND = "In --set"
Location = tuple[int | str, ...]
BOUNDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
NAMES: dict[Any, str] = {
    str: "text", int: "whole number", float: "number", bool: "true or false", types.NoneType: "null", Any: "value",
    datetime.date: "date",
}  # fmt: skip


def explain(
    error: ValidationError,
    where: str,
    section: type[BaseModel],
    overrides: Collection[str] = (),
    line: Callable[[Location], int | None] = lambda _: None,
) -> str:
    """All that pydantic objects to, as one paragraph.

    Args:
        error: What pydantic raised.
        where: Names the file or the settings.
        section: What was to be made of them.
        overrides: Dotted names of the settings that came by `--set`, not from there.
        line: In which line of the file a place is, if it is known; such a problem begins `In FILE:LINE`.
    """
    problems: dict[str, tuple[int, str, str]] = {}
    for item in error.errors():
        # What a list of so many lacks has a place of its own; wanted is the list.
        at = item["loc"]
        path, kind = _place(item["loc"][:-1] if item["type"] == "missing" else item["loc"], section)
        if isinstance(item["input"], dict) and item["type"].endswith("_type") and section_in(kind) is not None:
            continue  # another form's objection to a section, which the setting may be
        if item["type"] in ("extra_forbidden", "invalid_key") and item["loc"]:
            path = ".".join([path, str(item["loc"][-1])] if path else [str(item["loc"][-1])])
            problem = f"`{short(path)}` is not a setting{_nearest(str(item['loc'][-1]), kind)}"
        elif item["type"] == "value_error" and section_in(kind) is not None:
            # Settings that do not go together; the whole section says nothing.
            about = f"in `{short(path)}`: " if path else ""
            problem = about + item["msg"].removeprefix("Value error, ")
            at = (*at, *_first_named(problem.removeprefix(about)))
        else:
            problem = _wrong_value(item, path, kind)
        # Of a setting with several forms pydantic tells each form's objection.
        number = line(at)
        place = where if number is None else f"{where}:{number}"
        problems.setdefault(path, (number or 0, _said_by(path, place, overrides), problem))
    return f"{_together(list(problems.values()))} All settings are in docs/configuration.md."


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
    found = re.search(r"`([a-z_.]+)(?:`|: )", words)
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
    """Who said what is wrong at a place: the file, `--set`, or both together."""
    if any(f"{path}.".startswith(f"{name}.") for name in overrides):
        return BY_HAND
    if below := sorted(name for name in overrides if name.startswith(f"{path}." if path else "")):
        return f"In {where} with --set {', '.join(short(name) for name in below[:3])}{', ...' * (len(below) > 3)}"
    return f"In {where}"


def _together(problems: list[tuple[int, str, str]]) -> str:
    """Problems by line and by who said them, no more of them than can be read."""
    shown = sorted(problems[:MOST_PROBLEMS], key=lambda problem: (problem[1] == BY_HAND, problem[0]))
    more, sentences = len(problems) - MOST_PROBLEMS, []
    *_, last = whose = list(dict.fromkeys(who for _, who, _ in shown))
    for said in whose:
        what = "; ".join(problem for _, who, problem in shown if who == said)
        what += f"; and {more:,} more" * (more > 0 and said == last)
        sentences.append(f"{said}: {what}{'' if what.endswith('?') else '.'}")
    return " ".join(sentences)


def _nearest(name: str, kind: Any) -> str:
    section = section_in(kind)
    names = list(section.model_fields) if section is not None else []
    close = difflib.get_close_matches(name[:LONGEST_QUOTE], names, n=1, cutoff=0.5)
    return f"; did you mean `{close[0]}`?" if close else f"; here stand {', '.join(f'`{n}`' for n in names)}"


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
