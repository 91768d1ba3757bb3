"""A choice of a server's reply as one sample: its text, and its thoughts apart from it.

Servers give text as a string or as a list of parts, and thoughts as parts among them, or in a field beside them under
one of several names, as a string or as parts again. Several fields hold the same thoughts: the first that has some
counts. A refusal and a part of a kind that is not known are told apart from replies; neither holds an answer.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dgrc.engines.base import Sample

STOPPED = {
    "stop", "stopped", "eos", "eos_token", "eos_found", "end", "end_turn", "end_of_turn", "end_of_text",
    "stop_sequence", "stop_token", "stop_str", "complete", "completed", "done", "finished",
}  # fmt: skip
CUT_OFF = {"length", "max_tokens", "max_output_tokens", "model_length"}
"""What servers call the two ends of a reply that we know; other reasons are kept as they are said."""
REFUSED = "refusal"
UNREADABLE = "unreadable"
"""Reasons why a reply ended that are ours: the model refused in words; the reply holds a part that cannot be read."""

THOUGHT_FIELDS = (
    "reasoning_content", "reasoning", "thinking", "thinking_blocks", "reasoning_details",
    "reasoning_text", "thinking_content", "thoughts", "thought",
)  # fmt: skip
TEXT_KINDS = {"text", "output_text"}
WORDLESS_KINDS = {"reference", "citation", "citations", "source", "tool_reference", "annotation"}
"""Kinds of parts that only say where a text beside them is from."""
THOUGHT_KINDS = ("think", "thought", "reason", "summary", "redacted_thinking")
"""How the kind of a part of thoughts begins: thinking, thought, reasoning, reasoning.summary, summary_text."""
HOLDERS = ("text", "content", "thinking", "reasoning", "summary")
"""Fields of a part that hold its words or further parts."""
DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Content:
    """What a message holds; `refusal` are the words of one, `unknown` the kind of a part that cannot be read."""

    text: str
    thoughts: str
    refusal: str = ""
    unknown: str = ""


def content_of(message: dict[str, Any]) -> Content:
    """What a message of a choice holds."""
    texts: list[str] = []
    thoughts: list[str] = []
    refusals = [message["refusal"]] if isinstance(message.get("refusal"), str) else []
    unknown = ""
    for part in _parts(message.get("content")):
        kind = _kind(part)
        if kind in TEXT_KINDS and isinstance(words := _text_of(part), str):
            texts.append(words)
        elif kind == "refusal" and isinstance(part.get("refusal"), str):
            refusals.append(part["refusal"])
        elif kind.startswith(THOUGHT_KINDS):
            thoughts += filter(None, ["".join(_words(part))])
        elif kind not in WORDLESS_KINDS:
            unknown = unknown or kind or "without a kind"
    found = next(filter(None, (_thoughts(message.get(name)) for name in THOUGHT_FIELDS)), "\n\n".join(thoughts))
    refusal = encodable("".join(refusals))
    return Content(encodable("".join(texts)), encodable(found), refusal, encodable(unknown))


def _text_of(part: Any) -> Any:
    """The words of a part of text, which may stand in a `value` of their own; a text that is null has none."""
    if isinstance(part, str):
        return part
    words = part.get("text")
    if isinstance(words, dict):
        words = words.get("value", words)
    return "" if words is None and "text" in part else words


def samples_of(choices: list[dict[str, Any]], total: int) -> list[Sample]:
    """The samples of choices that are whole. A server counts the tokens of all together; each gets its share by length.
    """
    contents = [content_of(choice["message"]) for choice in choices]
    lengths = [len(content.text) + len(content.thoughts) + 1 for content in contents]
    edges = [total * part // sum(lengths) for part in itertools.accumulate(lengths, initial=0)]
    shares = [after - before for before, after in itertools.pairwise(edges)]
    return [
        Sample(content.text or content.refusal, _end(choice, content), share, content.thoughts)
        for choice, content, share in zip(choices, contents, shares, strict=True)
    ]


def complaint(choices: list[dict[str, Any]]) -> str | None:
    """Why none of the choices can be used: the model refused, or they cannot be read. None where one can."""
    contents = [content_of(choice["message"]) for choice in choices]
    if any(not content.unknown and not content.refusal for content in contents):
        return None
    for content in contents:
        if content.refusal:
            return f"refused: the model refused: {content.refusal[:300]}"
    return f"unreadable: the reply has a part of the kind {contents[0].unknown!r}, which dgrc cannot read"


def _end(choice: dict[str, Any], content: Content) -> str:
    """Why a reply ended, in our words where they are known."""
    if content.unknown or content.refusal:
        return UNREADABLE if content.unknown else REFUSED
    said = choice.get("finish_reason")
    if said is None and isinstance(choice.get("stop_reason"), str):  # elsewhere it is the string that stopped the reply
        said = choice["stop_reason"]
    if not isinstance(said, str) or not said:
        return "abort"
    if said.lower() in STOPPED:
        return "stop"
    return "length" if said.lower() in CUT_OFF else encodable(said)


def _thoughts(value: Any) -> str:
    """The words of a field of thoughts: pieces of text go together, all others are paragraphs."""
    parts = _parts(value)
    words = filter(None, map("".join, map(_words, parts)))
    return ("" if all(_kind(part) in TEXT_KINDS for part in parts) else "\n\n").join(words)


def _parts(value: Any) -> list[Any]:
    """A message's content as a list of parts."""
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]


def _kind(part: Any) -> str:
    if isinstance(part, str):
        return "text"
    if not isinstance(part, dict):
        return type(part).__name__
    kind = part.get("type")
    if isinstance(kind, str):
        return kind.lower()
    return next((name for name in HOLDERS if name in part), "")


def _words(part: Any, depth: int = 0) -> Iterator[str]:
    """All words inside a part of thoughts, in their order."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, list) and depth < DEEPEST:
        for inner in part:
            yield from _words(inner, depth + 1)
    elif isinstance(part, dict) and depth < DEEPEST:
        held = next((part[name] for name in HOLDERS if part.get(name)), None)
        yield from _words(held, depth + 1)


def encodable(text: str) -> str:
    """JSON escapes can smuggle half characters in, which neither the journal nor Arrow can hold; they become `?`."""
    return text.encode("utf-8", "replace").decode("utf-8")
