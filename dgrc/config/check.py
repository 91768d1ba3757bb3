"""Plain values in, a checked `Config` out, or everything that is wrong with them at once.

Pydantic looks at a section as a whole only when each of its settings is right. Here wrong settings are left out in a
second look, so that what does not go together is told with them.
"""

import re
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from dgrc.config import Config
from dgrc.config.explain import Location, details, nearest_name, objection, section_in
from dgrc.config.section import LATER, Section

MOST_LOOKS = 4
"""Looks at what is left: one for the wrong settings, one for the rest, and those that a look brings up."""


def checked(data: dict[str, Any]) -> tuple[Config | None, list[Any]]:
    """The configuration if nothing is wrong, and what is wrong, in the form of `explain.details`."""
    wrong, config, left = list[Any](), None, data
    for _ in range(MOST_LOOKS):
        try:
            config = Config.model_validate(left, context=LATER)
            break
        except ValidationError as e:
            wrong += (found := details(e))
            left = _without(left, [item["loc"] for item in found])
    names = [_meant(item) for item in wrong]
    apart = [
        objection(location, words)
        for location, words in (_objections(config) if config is not None else ())
        if not any(_speaks_of(words, location, name) for name in names)
    ]
    return (None, wrong + apart) if wrong or apart else (config, [])


def _objections(section: Section, location: Location = ()) -> Iterator[tuple[Location, str]]:
    """What does not go together in a section and in those below it, with where the section is."""
    for name in type(section).model_fields:
        value = getattr(section, name)
        inner = enumerate(value) if isinstance(value, tuple) else [(None, value)]
        for number, each in inner:
            if isinstance(each, Section):
                yield from _objections(each, (*location, name, *([number] if number is not None else [])))
    yield from ((location, words) for words in section.objections())


def _without(data: dict[str, Any], locations: list[Location]) -> dict[str, Any]:
    """The values but for the deepest keys that these locations lead to; a list with a wrong item goes whole."""
    keys = {keys for location in locations if (keys := _keys(data, location))}

    def kept(value: Any, path: tuple[str, ...]) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: kept(inner, (*path, key)) for key, inner in value.items() if (*path, key) not in keys}

    return dict(kept(data, ()))


def _keys(data: Any, location: Location) -> tuple[Any, ...]:
    path: list[Any] = []
    for part in location:
        if not isinstance(data, dict) or part not in data:
            break
        path.append(part)
        data = data[part]
    return tuple(path)


def _meant(item: Any) -> tuple[str, ...]:
    """The parts of the name of a setting that was left out; of an unknown one of that which may have been meant."""
    names: list[str] = []
    kind: Any = Config
    for part in item["loc"]:
        holder = section_in(kind)
        if holder is None or part not in holder.model_fields:
            break
        names, kind = [*names, part], holder.model_fields[part]
    if item["type"] == "extra_forbidden":
        names.append(nearest_name(item["loc"], Config) or str(item["loc"][-1]))
    return tuple(names)


def _speaks_of(words: str, location: Location, name: tuple[str, ...]) -> bool:
    """Whether an objection to a section may come of a setting that was left out: it names part of it."""
    place = tuple(map(str, location))
    if name[: len(place)] != place:
        return False
    return any(re.search(rf"(?<![\w-]){re.escape(part)}(?![\w-])", words) for part in name[len(place) :])
