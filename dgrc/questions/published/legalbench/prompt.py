"""A LegalBench `base_prompt.txt` to its parts: the instruction, the solved examples, and what is asked of a row."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dgrc.questions.columns import columns

_PLACE = re.compile(r"\{\{[ \t]*([^{}\n]{1,80})\}\}")
_BLANK = re.compile(r"\n[ \t]*\n")
_COLUMN_LINE = re.compile(r"^[ \t]*[(\[]?([A-Za-z]|\d{1,2})[.:)\]]+[ \t]*\{\{[ \t]*([^{}\n]{1,80})\}\}[ \t]*$")
"""An option that stands in a column: `0: {{choice_0}}`."""
_OPTIONS_FOLLOW = re.compile(r"^[ \t]*(?:choices|options|holdings)[ \t]*:[ \t]*$", re.IGNORECASE)
_LEAD_WORDS = 3
"""Most words of a final `Label:`, which asks for the answer in the form of the solved examples."""


@dataclass(frozen=True)
class Prompt:
    """What stands in a prompt; `columns_of_options` maps the mark of each option that is a column to that column."""

    instruction: str
    solved: str
    asked: str
    columns_of_options: Mapping[str, str]

    @classmethod
    def of(cls, text: str) -> "Prompt":
        """Takes a prompt apart; ValueError if it has no place for a row.

        What is asked begins with the paragraph that holds the first place. The solved examples before it begin with
        the first line that has that paragraph's own lead (`Clause:`).
        """
        text = "\n".join(text.splitlines())
        first = _PLACE.search(text)
        if first is None:
            raise ValueError("it has no `{{column}}` for a row's text")
        start = max((gap.end() for gap in _BLANK.finditer(text, 0, first.start())), default=0)
        lead, colon, _ = text[start : first.start()].lstrip().partition(":")
        solved = _line_with(text[:start], f"{lead}:") if colon and "\n" not in lead else None
        if solved is None:  # no examples: the lines above the first place belong to the instruction
            start = solved = text.rfind("\n", 0, first.start()) + 1
        asked, columns_of_options = _columns_of_options(text[start:])
        return cls(text[:solved].strip(), text[solved:start].strip(), _without_lead(asked), columns_of_options)

    @property
    def fixed(self) -> str:
        """What the prompt says itself, beside the solved examples and what it takes from a row."""
        return f"{self.instruction}\n{_PLACE.sub('{{}}', self.asked)}"

    def fill(self, row: Mapping[str, Any], listed: str = "") -> str:
        """The question of a row without the list of options, `listed`, which is shown apart.

        ValueError if the row lacks a column that the prompt wants.
        """
        parts = [self.instruction, self.asked]
        at = 0 if listed in self.instruction else 1
        parts[at] = parts[at].replace(listed, "", 1).strip() if listed else parts[at]
        return _PLACE.sub(lambda place: value_of(row, place[1].strip()), "\n".join(parts)).strip()


def value_of(row: Mapping[str, Any], name: str) -> str:
    """What a row has in a column that the prompt wants; ValueError if it is not there."""
    if row.get(name) is None:
        raise ValueError(f"`base_prompt.txt` wants the column {name!r}; the row has {columns(dict(row))}")
    return str(row[name]).strip()


def _line_with(text: str, lead: str) -> int | None:
    """Where the first line begins that has this lead."""
    if text.startswith(lead):
        return 0
    return at + 1 if (at := text.find("\n" + lead)) >= 0 else None


def _columns_of_options(asked: str) -> tuple[str, dict[str, str]]:
    """What is asked without the lines that are options, and which columns hold those."""
    lines = asked.split("\n")
    found = {match[1]: match[2].strip() for line in lines if (match := _COLUMN_LINE.match(line))}
    if len(found) < 2:
        return asked, {}
    kept = [line for line in lines if not _COLUMN_LINE.match(line) and not _OPTIONS_FOLLOW.match(line)]
    return "\n".join(kept), found


def _without_lead(asked: str) -> str:
    """What is asked without the final `Label:`."""
    asked = asked.rstrip()
    if not asked.endswith(":"):
        return asked
    at = max(asked.rfind(sign) for sign in "\n?.!}") + 1
    return asked[:at].rstrip() if len(asked[at:].split()) <= _LEAD_WORDS else asked
