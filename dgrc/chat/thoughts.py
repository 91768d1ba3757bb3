"""The thoughts at the head of an assistant's text: `<think>`, what was thought, `</think>`, then what is said.

A curriculum that keeps thoughts holds them in this form, whatever marks a student's own template writes.
"""

import re
from collections.abc import Callable

OPEN, CLOSE = "<think>", "</think>"
CLOSED_AT_ONCE = f"\n{CLOSE}\n\n"
"""What ends thoughts that a prompt has opened and nobody thought."""
_BLOCK = re.compile(rf"\s*{OPEN}(.*?){CLOSE}(.*)", re.DOTALL)
_EMPTY_BLOCK = re.compile(rf"\s*(?:{OPEN}\s*)?{CLOSE}\s*")
_AT_THE_END = re.compile(rf"{OPEN}\s*({CLOSE}\s*)?$")


def split_thoughts(content: str) -> tuple[str | None, str]:
    """What was thought and what is said, without white space around either; (None, content) where nothing was."""
    block = _BLOCK.fullmatch(content)
    return (block[1].strip(), block[2].strip()) if block else (None, content)


def mapped(content: str, change: Callable[[str], str]) -> str:
    """An assistant's text with what was thought and what is said changed, and the marks between left as they stand."""
    block = _BLOCK.fullmatch(content)
    if block is None:
        return change(content)
    between = content[block.end(1) : block.start(2)]
    return content[: block.start(1)] + change(block[1]) + between + change(block[2])


def without_empty_thoughts(reply: str) -> str:
    """A reply as rendered, without the empty thoughts, or their end alone, that some templates put before a text that
    has none."""
    block = _EMPTY_BLOCK.match(reply)
    return reply[block.end() :] if block else reply


def thoughts_begin(prompt: str) -> int | None:
    """Where in a generation prompt the thoughts begin that it ends with, open or empty; None if with none."""
    found = _AT_THE_END.search(prompt)
    return found.start() if found else None


def thoughts_are_open(prompt: str) -> bool:
    """Whether a generation prompt ends inside thoughts, so that a reply begins with them."""
    found = _AT_THE_END.search(prompt)
    return found is not None and found[1] is None
