"""Questions that stand in chat turns: a row's turns in, the question's text and its label out.

Three namings are read: `from` and `value` (the paper's authors, ShareGPT), `role` and `content` (Hugging Face, OpenAI).
A system turn belongs to the question and stands before it. A row of more than one question is not one row.
"""

import contextlib
import json
from dataclasses import dataclass
from typing import Any

from dgrc.config import FieldMap
from dgrc.questions.options import Unusable, missing

COLUMNS = ("conversations", "messages", "conversation")
SYSTEM = ("system", "system_prompt", "system_message")
"""Columns that hold a system turn beside the turns, as ShareGPT's and others' rows have it."""
SHOWN = ("image", "images", "video", "videos", "audio", "audios")
"""Columns beside the turns that hold what is no text."""
TOOLS = ("tools", "functions")
"""Columns beside the turns that say what may be called."""
ROLES = {
    "system": "system", "developer": "system", "human": "user", "user": "user",
    "gpt": "assistant", "assistant": "assistant", "model": "assistant", "bot": "assistant", "chatgpt": "assistant",
}  # fmt: skip


@dataclass(frozen=True)
class Turns:
    """What is asked, what stands before it, and what is answered."""

    system: str
    asked: str
    answered: Any


def turns_in(row: dict[str, Any], fields: FieldMap) -> str | None:
    """The column that holds a row's turns, None if it is no conversation."""
    if COLUMNS[0] in row:
        return COLUMNS[0]
    if fields.text in row:
        value = row[fields.text]
        return fields.text if isinstance(value, list) and value and isinstance(value[0], dict) else None
    return next((name for name in COLUMNS if name in row), None)


def read_turns(turns: Any, of: str, *before: Any) -> Turns:
    """The question of a conversation; what stands `before` its turns is a system turn each.

    Raises:
        Unusable: it has none, or more than one, or turns that are no text of these roles.
    """
    if isinstance(turns, str):  # a table has no lists
        with contextlib.suppress(ValueError, RecursionError):
            turns = json.loads(turns)
    turns = turns if isinstance(turns, list | tuple) else ()
    found = [_turn(turn, f"turn {number} of `{of}`") for number, turn in enumerate(turns, 1)]
    roles = [role for role, _ in found]
    if "user" not in roles:
        raise Unusable(f"`{of}` has no turn with `from: human` and a `value`, or `role: user` and a `content`")
    at = roles.index("user")
    for number, role in enumerate(roles):
        if problem := _out_of_place(role, number, at):
            raise Unusable(f"turn {number + 1} of `{of}` is {problem}")
    if not missing(found[at][1]) and not _text(found[at][1], "the human turn"):
        raise Unusable("the human turn is empty")
    said = (*before, *(content for _, content in found[:at]))
    systems = [_text(content, f"the system turn of `{of}`") for content in said if not missing(content)]
    answer = found[at + 1][1] if len(found) > at + 1 else None
    return Turns(
        "\n\n".join(filter(None, dict.fromkeys(systems))),
        _text(found[at][1], "the human turn"),
        None if missing(answer) else _text(answer, "the answer"),
    )


def _out_of_place(role: str, number: int, at: int) -> str | None:
    """Why a turn cannot stand at its place, where the question stands at another."""
    if role == "user" and number > at:
        return "a second question; one a row is wanted. Make a row of each, with what was said before it in its text"
    if role == "system" and number > at:
        return "a system turn behind the question; wanted is one before it"
    if role == "assistant" and number < at:
        return "an answer before the question; put what was said before into the question's text"
    return "a second answer; wanted is one at most" if role == "assistant" and number > at + 1 else None


def _turn(turn: Any, of: str) -> tuple[str, Any]:
    if not isinstance(turn, dict):
        raise Unusable(f"{of} is a {type(turn).__name__}, an object with `from` and `value` is wanted")
    who, what = ("from", "value") if not missing(turn.get("from")) else ("role", "content")
    role = ROLES.get(str(turn.get(who)).casefold())
    if role is None or what not in turn:
        found = f"{turn.get(who)!r}"[:80]
        raise Unusable(
            f"{of} has the role {found}; wanted are system, human (or user) and gpt (or assistant)"
            if role is None
            else f"{of} has no `{what}`"
        )
    if turn.get("tool_calls") or turn.get("function_call"):
        raise Unusable(f"{of} calls tools, text is wanted")
    return role, turn[what]


def _text(content: Any, of: str) -> str:
    """A turn's text, of parts too."""
    if isinstance(content, list) and content:
        parts = [part.get("text") if isinstance(part, dict) else part for part in content]
        texts = [part for part in parts if isinstance(part, str)]
        if len(texts) < len(content):
            raise Unusable(f"{of} has parts that are no text")
        return "\n".join(texts).strip()
    if not isinstance(content, str):
        raise Unusable(f"{of} is a {type(content).__name__}, text is wanted")
    return content.strip()
