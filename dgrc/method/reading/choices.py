"""Options as they come: written inside a question, or with letters before them. Texts flow in; a stem and bare options
flow out.

Options are told apart by letters that dgrc gives them. So letters that they bring are taken off once, and only where
that is beyond doubt: all of them carry consecutive ones in one style.
"""

import itertools
import re
from collections.abc import Sequence

from dgrc.method.reading.marks import HAN
from dgrc.method.reading.options import letter

_MARK = r"((?:[(\uff08\[\u3010]\s?)?)([A-Z\uff21-\uff3a])\s?([.)\uff0e\uff09\u3001:\uff1a\]\u3011])"
_LINE = re.compile(rf"^[ \t\u3000]*{_MARK}([ \t\u3000]*)(\S.*)$")
_INLINE = re.compile(rf"(?<![A-Za-z0-9.]){_MARK}")
_ALONE = re.compile(
    r"\s*[(\uff08\[\u3010]?\s?([A-Za-z\uff21-\uff3a\uff41-\uff5a])\s?[.)\uff0e\uff09\u3001:\uff1a\]\u3011]\s*$"
)
"""A mark with nothing behind it."""
_LETTERED = re.compile(
    r"^\s*([(\uff08\[\u3010]?)\s?([A-Za-z\uff21-\uff3a\uff41-\uff5a])\s?"
    r"([.)\uff0e\uff09\u3001:\uff1a\]\u3011]|(?=\s))(\s*)(\S.*)$",
    re.DOTALL,
)
_STYLES = str.maketrans("\uff08\uff0e\uff09\uff1a\u3010\u3011", "(.):[]")
_WIDE = str.maketrans({0xFF01 + offset: 0x21 + offset for offset in range(94)})
_HAN = re.compile(f"[{HAN}]")
_ASKS = re.compile(
    r"[?\uff1f:\uff1a_\u3002)\uff09\u2026]\s*$"
    r"|\b(?:is|are|was|were|that|the|to|be|of|by|for|in|a|an)\s*$",
    re.IGNORECASE,
)
"""How a stem ends that options go on from."""
_PROSE = re.compile(r"(?:^|[\s,;])(?:and|or|but|nor|then)$|^[\s,;.]*(?:and|or)?[\s,;.]*$", re.IGNORECASE)
_SEPARATORS = ";\uff1b,\uff0c\u3001"
_MOST_MARKS, _MOST_STARTS, _LEAST_INLINE = 400, 8, 3
_INSTRUCTION = re.compile(
    r"^\s*(?:please|think|let's|answer|respond|reply|choose|select|pick|give|(?:the )?output|(?:your |final )answer"
    r"|请|回答|答案|输出|从.{0,20}中?选)",
    re.IGNORECASE,
)
_INSTRUCTION_WORDS = re.compile(
    r"answer|option|letter|choice|format|step by step|答案|选项|字母|选择|回答|选出", re.IGNORECASE
)
_LONGEST_INSTRUCTION = 600


def unlettered(choices: Sequence[str]) -> tuple[str, ...]:
    """The options without the letters that stand before all of them, from A in one style (`A. x`, `(B) x`, `c) x`,
    `D\u3001x`); as they are where one has none or another. Letters alone (`A x`) must be three."""
    return _unlettered(choices, range(len(choices))) or tuple(choices)


def unlettered_in_places(choices: Sequence[str | None]) -> list[str | None]:
    """The same where options are null, or nothing but their letter: the others carry the letters of their places, and
    what is nothing but a letter is null too."""
    places = [at for at, text in enumerate(choices) if text is not None]
    alone = {at: found[1].translate(_WIDE).upper() for at in places if (found := _ALONE.match(choices[at] or ""))}
    if (len(places) == len(choices) and not alone) or any(name != letter(at) for at, name in alone.items()):
        return list(choices)
    places = [at for at in places if at not in alone]
    bare = _unlettered([choices[at] or "" for at in places], places)
    by_place = dict(zip(places, bare, strict=True)) if bare else {}
    return [by_place.get(at) for at in range(len(choices))] if by_place else list(choices)


def _unlettered(choices: Sequence[str], places: Sequence[int]) -> tuple[str, ...] | None:
    """Options without the letters of their places; None if they carry others, or it is in doubt."""
    found = [_LETTERED.match(choice) for choice in choices]
    if len(found) < 2 or None in found:
        return None
    marks = [match for match in found if match is not None]
    letters = [match.group(2).translate(_WIDE) for match in marks]
    styles = {(match.group(1) + "|" + match.group(3)).translate(_STYLES) for match in marks}
    wanted = [letter(place) for place in places]
    bare = styles == {"|"} and len(marks) < _LEAST_INLINE
    if len(styles) > 1 or bare or letters not in (wanted, [name.lower() for name in wanted]):
        return None
    if any(_is_number(match) for match in marks):
        return None
    return tuple(match.group(5).strip() for match in marks)


def label_of(index: int, choices: Sequence[str]) -> str:
    """What names the option at an index beyond doubt: its letter, with its text where another option's text is that
    letter (`B. A` of `C`, `A`, `D`)."""
    name = letter(index)
    texts = {text.strip().casefold() for place, text in enumerate(choices) if place != index}
    return f"{name}. {choices[index]}" if name.casefold() in texts else name


def _is_number(match: re.Match[str]) -> bool:
    """Whether what looks like a mark is a part of what it stands before: `A.1`, `B:2`."""
    return bool(match.group(3)) and match.group(3) in ".:" and not match.group(4) and match.group(5)[0].isdigit()


def split_choices(text: str) -> tuple[str, tuple[str, ...]]:
    """A question whose options are written inside its text, as (stem, options); (text, ()) where in doubt.

    Options are lines, or parts of one paragraph, that begin with consecutive letters from A in one style (`A.`, `A)`,
    `(A)`, `A:`, and these in full width), after a stem: at least two lines, or three where there are no lines or the
    mark is a colon. An instruction on how to answer that follows the last option is dropped; any other text there
    leaves the question as it is.
    """
    return _by_line(text) or _in_paragraph(text) or (text, ())


def _style(opened: str, closed: str) -> str:
    return (opened.strip() + "|" + closed).translate(_STYLES)


def _is_mark(match: re.Match[str]) -> bool:
    """Whether a line begins as an option does: a space after the mark, unless the mark or what follows is Chinese."""
    return bool(match.group(4)) or not (match.group(3) + match.group(5)[0]).isascii()


def _by_line(text: str) -> tuple[str, tuple[str, ...]] | None:
    lines = text.replace("\r\n", "\n").split("\n")
    marks = [(number, match) for number, line in enumerate(lines) if (match := _LINE.match(line)) and _is_mark(match)]
    firsts = [index for index, (_, match) in enumerate(marks) if match.group(2).translate(_WIDE) == "A"]
    if not firsts:
        return None
    marks = marks[firsts[-1] :]  # an earlier list from A belongs to the stem
    stem = "\n".join(lines[: marks[0][0]]).strip()
    consecutive = [match.group(2).translate(_WIDE) for _, match in marks] == [letter(n) for n in range(len(marks))]
    styles = {_style(match.group(1), match.group(3)) for _, match in marks}
    least = _LEAST_INLINE if styles == {"|:"} else 2  # `A: Hello.` and `B: Hi.` are two who talk
    tail = _without_instruction(lines[marks[-1][0] + 1 :])
    if len(marks) < least or not (stem and consecutive) or len(styles) > 1 or tail is None:
        return None
    ends = [number for number, _ in marks[1:]] + [marks[-1][0] + 1]
    options = []
    for (number, match), end in zip(marks, ends, strict=True):
        options.append(" ".join(" ".join([match.group(5), *lines[number + 1 : end]]).split()))
    if any(_INLINE.search(option) and _has_next(option, len(options)) for option in options):
        return None  # several options on one line
    if tail:
        several_lines = any(end - number > 1 for (number, _), end in zip(marks, ends, strict=True))
        if not several_lines:  # more text after one-line options is not the last option's
            return None
        options[-1] = " ".join([options[-1], *tail.split()])  # as the others, it runs over several lines
    return stem, tuple(options)


def _has_next(option: str, count: int) -> bool:
    """Whether the mark of the option that would come next stands inside one."""
    return any(match.group(2).translate(_WIDE) == letter(count) for match in _INLINE.finditer(option))


def _in_paragraph(text: str) -> tuple[str, tuple[str, ...]] | None:
    """Options that follow each other in one paragraph, or several of them in a line."""
    marks = list(_INLINE.finditer(text))[-_MOST_MARKS:]
    starts = [index for index, mark in enumerate(marks) if mark.group(2).translate(_WIDE) == "A"]
    for start in reversed(starts[-_MOST_STARTS:]):
        if found := _run(text, marks[start:]):
            return found
    return None


def _run(text: str, marks: Sequence[re.Match[str]]) -> tuple[str, tuple[str, ...]] | None:
    """The options that begin with the first of these marks, if those of its style go on from A to the last."""
    style, taken = _style(marks[0].group(1), marks[0].group(3)), [marks[0]]
    for mark in marks[1:]:
        if _style(mark.group(1), mark.group(3)) != style:
            continue
        name = mark.group(2).translate(_WIDE)
        if name == letter(len(taken)):
            taken.append(mark)
        elif name > letter(len(taken)):  # an earlier one is spoken of: `(D) both (A) and (B)`
            return None
    stem = text[: taken[0].start()].strip()
    if len(taken) < _LEAST_INLINE or not stem:
        return None
    tail = text[taken[-1].end() :].split("\n")
    rest = _without_instruction(tail[1:])
    if rest is None or rest:
        return None
    bounds = itertools.pairwise([*taken, None])
    options = [text[mark.end() : following.start() if following else len(text)] for mark, following in bounds if mark]
    options = _separated([*options[:-1], tail[0]])
    return (stem, tuple(options)) if _is_list(text, stem, options, taken) else None


def _separated(options: Sequence[str]) -> list[str]:
    """Options without what parts them, where the same sign parts all; a full stop after the last ends the list."""
    plain = [" ".join(option.split()) for option in options]
    signs = {option[-1:] for option in plain[:-1]}
    if len(signs) == 1 and signs <= {*_SEPARATORS}:
        plain = [*(option[:-1].rstrip() for option in plain[:-1]), plain[-1].rstrip(".\u3002" + _SEPARATORS)]
    return plain


def _is_list(text: str, stem: str, options: Sequence[str], marks: Sequence[re.Match[str]]) -> bool:
    """Whether these are options and not a list in prose (`(A) notice, (B) consent and (C) payment`) or names that have
    such letters."""
    if any(not any(map(str.isalnum, option)) or _PROSE.search(option) for option in options):
        return False
    if "?" in options[-1] or "\uff1f" in options[-1]:
        return False
    in_han = _HAN.search(stem) is not None
    apart = [text[mark.start() - 1 : mark.start()] for mark in marks[1:]]
    spaced = all(not sign.isalnum() for sign in apart)
    if marks[0].group(3) == "\u3001" and not spaced:  # `X\u4e0eA\u3001Y\u4e0eB\u3001` names things
        return False
    if in_han:
        return spaced or marks[0].group(3) in ".\uff0e)\uff09:\uff1a"
    return spaced and _ASKS.search(stem) is not None


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
