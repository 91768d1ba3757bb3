"""Sampling chains. A question becomes chat messages; each reply becomes a `Chain` with its final answer.

A chain counts only if its answer can be read beyond doubt (`reading`): with choices the answer is an option's letter,
without choices it has the form that is asked for, and a chain that was cut off has none.
"""

import re
from collections.abc import Sequence

from dgrc.method.prompts import Pack
from dgrc.method.reading import read
from dgrc.method.reading.options import letter, lettered
from dgrc.method.replies import encodable
from dgrc.method.text.thoughts import set_apart
from dgrc.records import Chain, Message

_OPTION_LINE = re.compile(r"^[ \t]*(\(?)([A-Z])([.)])[ \t]+(\S.*)$")
_INSTRUCTION = re.compile(
    r"^\s*(?:please|think|let's|answer|respond|reply|choose|select|pick|give|(?:the )?output|(?:your |final )answer)\b",
    re.IGNORECASE,
)
_INSTRUCTION_WORDS = re.compile(r"answer|option|letter|choice|format|step by step", re.IGNORECASE)
_LONGEST_INSTRUCTION = 600


def build_messages(pack: Pack, text: str, choices: Sequence[str]) -> list[Message]:
    """The messages that ask for one chain."""
    return pack.messages("sample", text=text, options=lettered(choices))


def to_chain(
    reply: str,
    finish_reason: str,
    tokens: int,
    choices: Sequence[str],
    form: str = "auto",
    thoughts: str = "",
    tagged: bool = False,
) -> Chain:
    """A reply as a chain. One that did not stop by itself has no answer: what it says may not be its last word.

    `thoughts` are those that the engine gave apart; what stands in thinking marks in the reply joins them, but not
    where the pack's replies are `tagged`: there such marks are part of the text that is asked for.
    """
    answer, read_by = read(reply, choices, form) if finish_reason == "stop" else (None, None)
    inside, text = ("", reply) if tagged else set_apart(reply)
    if thoughts.strip():
        text = text.strip()  # parsers leave the line breaks between the two
    thoughts = "\n".join(filter(None, (thoughts.strip(), inside)))
    return Chain(encodable(text), answer, finish_reason, tokens, encodable(thoughts), read_by)


def split_choices(text: str) -> tuple[str, tuple[str, ...]]:
    """A question whose options are written inside its text, as (stem, options); (text, ()) where in doubt.

    Options are lines that begin with consecutive letters from A (`A.`, `A)` or `(A)`, one style throughout),
    at least two, after a stem. An instruction on how to answer that follows the last option is dropped;
    any other text there leaves the question as it is.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    marks = [(number, match) for number, line in enumerate(lines) if (match := _OPTION_LINE.match(line))]
    firsts = [index for index, (_, match) in enumerate(marks) if match.group(2) == "A"]
    if not firsts:
        return text, ()
    marks = marks[firsts[-1] :]  # an earlier list from A belongs to the stem
    stem = "\n".join(lines[: marks[0][0]]).strip()
    consecutive = [match.group(2) for _, match in marks] == [letter(index) for index in range(len(marks))]
    one_style = len({(match.group(1), match.group(3)) for _, match in marks}) == 1
    tail = _without_instruction(lines[marks[-1][0] + 1 :])
    if len(marks) < 2 or not (stem and consecutive and one_style) or tail is None:
        return text, ()
    ends = [number for number, _ in marks[1:]] + [marks[-1][0] + 1]
    options = []
    for (number, match), end in zip(marks, ends, strict=True):
        options.append(" ".join(" ".join([match.group(4), *lines[number + 1 : end]]).split()))
    if tail:
        several_lines = any(end - number > 1 for (number, _), end in zip(marks, ends, strict=True))
        if not several_lines:  # more text after one-line options is not the last option's
            return text, ()
        options[-1] = " ".join([options[-1], *tail.split()])  # as the others, it runs over several lines
    return stem, tuple(options)


def _without_instruction(lines: Sequence[str]) -> str | None:
    """What follows the last option's line, less a final instruction; None if something else stands apart there."""
    left = sum(len(line) + 1 for line in lines)
    for number, line in enumerate(lines):
        if left <= _LONGEST_INSTRUCTION and _INSTRUCTION.match(line):
            if _INSTRUCTION_WORDS.search(" ".join(lines[number:])):
                lines = lines[:number]
                break
        left -= len(line) + 1
    kept = [line.strip() for line in lines]
    while kept and not kept[-1]:
        kept.pop()
    return None if "" in kept else " ".join(kept)
