"""What a reply says by its lines: the last one, or the whole of a short reply. A text flows in; answers flow out.

As in `phrases`, an empty list means that nothing is said, an empty answer that what is said is no answer.
"""

import re

from dgrc.method.reading.options import ARE_WRONG, CONFLICT, Options
from dgrc.method.reading.phrases import named_lines, opening
from dgrc.method.reading.sets import joined
from dgrc.method.reading.wordings import LABEL, VERDICT
from dgrc.method.text.segment import count

_IN_BRACKETS = re.compile(r"[(\[]([A-Z])[)\]]")
_BEGINS = re.compile(r"^[\s>#*+\u2022-]*[(\[]?([A-Z])[)\].:,]")
_OR_BEFORE = re.compile(r"(?:\bor|或者?是?|还是)\s?(?:an? |the )?$", re.IGNORECASE)
_OR_BEHIND = re.compile(r",?\s?(?:or\b|或|还是)", re.IGNORECASE)
_LEFT_OPEN = re.compile(r"\b(?:unless|depends|depending|whether|unclear|uncertain)\b|取决于|是否", re.IGNORECASE)
_WHOLE_WORDS, _WHOLE_CHARACTERS = 80, 2000
"""A longer reply that names one option may still only speak of it."""


def last_line(text: str, options: Options) -> list[str | None]:
    """The answer that the last line is; not where other lines are other options, unless they are the whole list, which
    the last line then chooses from."""
    lines, named = named_lines(text, options, LABEL)
    if not named or named[-1] is None:
        return []
    if options.several:
        return _last_lines(lines, named, options)
    before = [answer for answer in named[:-1] if answer is not None]
    chosen = len(before) > 2 and before == list(options.letters)
    if {*before} <= {named[-1]} or chosen:
        return [named[-1]]
    return [named[-1], *before]


def _last_lines(lines: list[str], named: list[str | None], options: Options) -> list[str | None]:
    """The set that the last line is, or that the last lines are, one option each; not where the options are only gone
    through one by one."""
    first = len(named)
    while first and named[first - 1] and len(str(named[first - 1])) == 1:
        first -= 1
    answer, above = named[-1], named[:-1]
    if first < len(named) - 1:
        last = [str(said) for said in named[first:]]
        if len({*last}) < len(last) and len(last) > len(options.letters) and last[:-1] == list(options.letters):
            return [last[-1]]  # the whole list, and one chosen from it
        answer, above = joined(last), named[:first]
        if len({*last}) < len(last) or answer == "".join(options.letters):
            return [CONFLICT]
    others = {mark.group(1) for line in lines[: len(above)] if (mark := _BEGINS.match(line))} & {*options.letters}
    said = [str(one) for one in above if one is not None]
    if (len(str(answer)) == 1 or answer is not named[-1]) and others:
        return [CONFLICT]
    restated = said[: len(options.letters)] == list(options.letters)
    return [answer] if restated or {*said} <= {answer} or not answer else [CONFLICT]


def whole_reply(text: str, options: Options) -> list[str | None]:
    """What a reply says that opens with its answer, or that is short and speaks of one option alone."""
    lines, named = named_lines(text, options, LABEL)
    if lines and named[0] is None and not ARE_WRONG.match(lines[0].strip()):
        named[0] = opening(lines[0], options)
    if len({match.group(1) for match in VERDICT.finditer(text[:_WHOLE_CHARACTERS]) if match.group(2)}) > 1:
        return [CONFLICT] if not options.several else []
    if any(answer is not None for answer in named):
        return [CONFLICT] if named[0] is None else [answer for answer in named if answer is not None]
    words = count(text)
    if options.several or len(text) > _WHOLE_CHARACTERS or words > _WHOLE_WORDS or _LEFT_OPEN.search(text):
        return []
    in_brackets = {letter for letter in _IN_BRACKETS.findall(text) if letter in options.letters}
    spoken_of = in_brackets or options.mentioned(text)
    if any(_is_alternative(text, options.exact[options.letters.index(letter)]) for letter in spoken_of):
        return [CONFLICT]
    # A letter beside another option's text is no answer.
    return list(spoken_of) if len(spoken_of) == 1 and options.lettered_in(text) <= spoken_of else []


def _is_alternative(text: str, option: str) -> bool:
    """Whether an option's text stands beside an `or`: pancreatitis or cholecystitis."""
    at = text.casefold().find(option.casefold()) if option else -1
    return at >= 0 and bool(_OR_BEFORE.search(text, max(0, at - 16), at) or _OR_BEHIND.match(text, at + len(option)))
