"""Sampling chains. A question becomes chat messages; each reply becomes a `Chain` with its final answer.

A chain counts only if its answer can be read beyond doubt: with choices the answer is an option's letter,
without choices it has the form that is asked for, and a chain that was cut off has none.
"""

import re
from collections.abc import Sequence

from dgrc.method import answer_forms
from dgrc.method.prompts import Pack
from dgrc.method.replies import between, encodable
from dgrc.method.text.normalize import fold, normalize
from dgrc.records import Chain, Message

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LEAD = re.compile(
    r"^(?:(?:so|thus|therefore|hence),? )?(?:the )?(?:(?:correct|right|best|final) )?"
    r"(?:(?:answer|option|choice)(?: is)?(?: option)?) ?:? ?",
    re.IGNORECASE,
)
_LETTER = re.compile(r"^[(\[]?([A-Za-z]{1,2})(?:[)\]]+[.:,]?|[.:,])?(?=\s|$)\s*(.*)$", re.DOTALL)
_BOXED = re.compile(r"\\boxed\{([^{}]*)\}")
MOST_CHOICES = 26 + 26 * 26
"""Options that can be told apart by one or two letters."""
_DECORATION = "*_`$\"' "
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


def letter(index: int) -> str:
    """The letter of an option: A to Z, then AA, AB and so on."""
    return (_LETTERS[index // 26 - 1] if index >= 26 else "") + _LETTERS[index % 26]


def lettered(choices: Sequence[str]) -> tuple[str, ...]:
    """The options as lines `A. text`; line breaks inside an option become spaces, so that none can pose as two."""
    return tuple(f"{letter(index)}. {' '.join(choice.split())}" for index, choice in enumerate(choices))


def to_chain(text: str, finish_reason: str, tokens: int, choices: Sequence[str], form: str = "auto") -> Chain:
    """A reply as a chain. One that did not stop by itself has no answer: what it says may not be its last word."""
    answer = parse_answer(text, choices, form) if finish_reason == "stop" else None
    return Chain(encodable(text), answer, finish_reason, tokens)


def parse_answer(text: str, choices: Sequence[str], form: str = "auto") -> str | None:
    """The final answer in the last `<answer>...</answer>`: an option's letter, or without choices in its form.

    None if there is no answer, or it is not of the form, or with choices if it names none of them or more than one.
    """
    said = between(text, "answer")
    if said is None:
        return None
    if not choices:
        return answer_forms.canonical(encodable(said), form)
    return _choice(" ".join(_BOXED.sub(r"\1", fold(said)).split()).strip(_DECORATION), choices)


def _choice(said: str, choices: Sequence[str]) -> str | None:
    letters = [letter(index) for index in range(len(choices))]
    texts = [normalize(choice) for choice in choices]
    bare = _LEAD.sub("", said).strip(_DECORATION)
    match = _LETTER.match(bare)
    if match and match.group(1).upper() in letters:
        named, rest = match.group(1).upper(), match.group(2)
        own = texts[letters.index(named)]
        if not rest or normalize(rest) == own:
            return named
        marked = bare[len(match.group(1))] in ".:)]" or bare[0] in "(["
        # Bare `A man ...` is prose; `A. B` and `A. <text of B>` name two options.
        if marked and normalize(rest) not in texts and not _only_letters(rest, letters):
            return named
    whole = [letters[index] for index, text in enumerate(texts) if text in (normalize(said), normalize(bare))]
    return whole[0] if len(whole) == 1 else None


def _only_letters(rest: str, letters: Sequence[str]) -> bool:
    words = re.findall(r"\w+", rest.upper())
    return all(word in letters or word in ("AND", "OR", "NOT") for word in words)


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
    consecutive = "".join(match.group(2) for _, match in marks) == _LETTERS[: len(marks)]
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
