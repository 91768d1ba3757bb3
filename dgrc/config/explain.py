"""What pydantic objects to in settings, as one paragraph: which setting, what it got, what it takes."""

import difflib
import typing
from typing import Any

from pydantic import BaseModel, ValidationError

LONGEST_QUOTE, MOST_PROBLEMS = 200, 20
"""Characters of a wrong value that an error quotes, and wrong values that it tells of."""
SECRETIVE = ("key_env", "base_url")
FORMS = ("int", "tuple[int, int]", "str", "tuple[str, ...]")
"""How pydantic names the forms of a setting that is a number or a range, or one name or several."""


def explain(error: ValidationError, where: str, section: type[BaseModel]) -> str:
    """All that pydantic objects to, as one paragraph.

    Args:
        error: What pydantic raised.
        where: Names the file or the settings.
        section: What was to be made of them.
    """
    problems: list[str] = []
    for item in error.errors():
        # Of a setting with several forms pydantic tells each form's objection; the form is part of the location.
        location = short(".".join(str(part) for part in item["loc"] if part not in FORMS))
        if item["type"] == "extra_forbidden":
            problems.append(f"`{location}` is not a setting{_nearest(item['loc'], section)}")
        elif isinstance(item["input"], dict):  # two settings that do not go together; the whole section says nothing
            place = f"in `{location}`: " if location else ""
            problems.append(place + item["msg"].removeprefix("Value error, "))
        else:
            # In these two people put secrets by mistake, and errors end in logs. What is no text has no location.
            secret = bool(item["loc"]) and item["loc"][-1] in SECRETIVE
            got = "(not shown)" if secret else short(repr(item["input"]))
            problems.append(f"`{location}` got {got}: {item['msg'].removeprefix('Value error, ')}")
    more = f"; and {len(problems) - MOST_PROBLEMS:,} more" if len(problems) > MOST_PROBLEMS else ""
    said = "; ".join(problems[:MOST_PROBLEMS]) + more
    return f"In {where}: {said}{'' if said.endswith('?') else '.'} All settings are in docs/configuration.md."


def short(text: str, most: int = LONGEST_QUOTE) -> str:
    """The text, cut where a quotation of it would get long."""
    return text if len(text) <= most else f"{text[:most]}..."


def _nearest(location: tuple[int | str, ...], section: Any) -> str:
    for part in location[:-1]:
        if isinstance(part, str):
            section = section.model_fields[part].annotation
            # An optional section is one or None.
            section = next((inner for inner in typing.get_args(section) if inner is not type(None)), section)
    names = list(typing.cast(type[BaseModel], section).model_fields)
    close = difflib.get_close_matches(str(location[-1])[:LONGEST_QUOTE], names, n=1, cutoff=0.5)
    return f"; did you mean `{close[0]}`?" if close else f"; here stand {', '.join(f'`{n}`' for n in names)}"
