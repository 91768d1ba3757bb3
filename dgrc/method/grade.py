"""Grading short free text: which differently worded answers mean the same? A question and its distinct answers flow in;
groups flow out.

One request a question, and only where answers differ after normalizing: equality of wording needs no model.
"""

from collections.abc import Sequence

from dgrc.method.prompts import Pack
from dgrc.method.replies import json_object
from dgrc.records import Message

MOST_ANSWERS = 32


def build_messages(pack: Pack, text: str, answers: Sequence[str]) -> list[Message]:
    """The messages that ask which of the answers mean the same."""
    return pack.messages("grade", text=text, answers=tuple(answers))


def parse_reply(reply: str, answers: Sequence[str]) -> tuple[list[list[str]] | None, str | None]:
    """The answers in groups, each group in its own order; None and why, if a reply does not place every answer once."""
    value = json_object(reply)
    groups = value.get("groups") if value is not None else None
    if not isinstance(groups, list) or not all(isinstance(group, list) for group in groups):
        return None, "the grading has no list of lists `groups`"
    numbers = [number for group in groups for number in group]
    if not all(type(number) is int for number in numbers) or sorted(numbers) != list(range(1, len(answers) + 1)):
        return None, f"the grading does not place each of the {len(answers)} answers in one group"
    return [[answers[number - 1] for number in sorted(group)] for group in groups if group], None
