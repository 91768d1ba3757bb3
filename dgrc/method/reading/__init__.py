"""How an answer is read from a reply. A reply flows in; the answer and the tier that read it flow out.

Models end as they please, whatever form they are asked for, so a reply is looked at in tiers, the surest first: the
last whole `<answer>`, one left open at the end, `\\boxed{}`, the last "the answer is" in its usual wordings, a last
line that is an option, the whole reply. The first tier that finds anything decides. One that finds two different
answers reads nothing: reading never guesses. Thoughts are set apart before, for what a model only thinks is not its
answer.
"""

import itertools
import re
from collections import deque
from collections.abc import Iterator, Sequence

from dgrc.method import quantities
from dgrc.method.reading import answer_forms
from dgrc.method.reading.options import CONFLICT, Options, bare
from dgrc.method.reading.wordings import (
    ANSWER_IS,
    CHOSEN,
    CORRECT_IS,
    DENIED,
    DENIED_AFTER,
    DENIED_BEFORE,
    LABEL,
    LETTER_IS,
    TAKEN_BACK,
    TEXT_IS,
)
from dgrc.method.replies import encodable
from dgrc.method.text.normalize import normalize
from dgrc.method.text.thoughts import set_apart

TIERS = ("tag", "open_tag", "boxed", "phrase", "line", "whole", "asked")
"""What `Chain.read_by` may say; `asked` is a reader's word (`read`), counted apart."""
_WHOLE_TAG = re.compile(r"<answer>((?:(?!<answer>).)*?)</answer>", re.DOTALL | re.IGNORECASE)
_OPEN_TAG = re.compile(r"<answer>((?:(?!</?answer>).)*)$", re.DOTALL | re.IGNORECASE)
_BOXED = re.compile(r"\\(?:boxed|fbox)\s*\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}")
_TEXT = re.compile(r"\\(?:text|textbf|mathrm|mathbf|textit)\s*\{([^{}]*)\}")
_PLACEHOLDERS = frozenset(
    ("letter", "answer", "option", "choice", "the letter", "the answer", "your answer", "the letter alone",
     "the answer alone", "final answer", "option letter", "letter alone", "answer alone", "")
)  # fmt: skip
"""What a prompt puts where the answer is to stand, which comes back as it is."""
_IN_BRACKETS = re.compile(r"[(\[]([A-Z])[)\]]")
_BEHIND = re.compile(
    r"[,\s]*[(\[](?:(?i:option|choice|answer) )?([A-Z])[)\]]|[,\s]*(?:which is )?[(\[]?option ([A-Z])\b(?! is\b)"
)
_OUTRIGHT = re.compile(r"(?:yes|no|true|false|correct|incorrect)\b *(?:[.,:;!\u2013\u2014-]|$)", re.IGNORECASE)
_ITEM = re.compile(r"^[\s>#*+\u2022-]*(?:[0-9]{1,2}[.)]\s+)?")
_WHOLE_WORDS, _WHOLE_CHARACTERS = 80, 2000
"""A longer reply that names one option may still only speak of it."""
_LAST = 40
"""So many of the last wordings of a kind are looked at: a reply may be one of them 10,000 times."""
_REACH = 2000
"""Characters in which an answer stands after "the answer is"; options may be paragraphs."""
_PIECES = 8
"""Beginnings of a line that are held against the options."""
_SENTENCE = re.compile(r"[.!?;](?=\s|$)")
_OPEN_ANSWER_WORDS = 14
"""More words after "the answer is" are an explanation, not an answer of a question without options."""


def read(reply: str, choices: Sequence[str], form: str = "auto") -> tuple[str | None, str | None]:
    """The answer of a reply, and the tier that read it; (None, None) if none can be read beyond doubt.

    With choices the answer is an option's letter, without it is text in the form that is asked for.
    """
    _, text = set_apart(reply)
    text = encodable(text)
    options = Options.of(choices) if choices else None
    for tier, found in _tiers(text, options, form):
        if found:
            answer = found[0] if len({*found}) == 1 else None
            return (answer, tier) if answer else (None, None)
    return None, None


def in_tags(text: str, choices: Sequence[str], form: str = "auto") -> str | None:
    """The answer in the last whole `<answer>` alone: what a label says must not be looked for in its words."""
    tags = _WHOLE_TAG.findall(text)
    if not tags:
        return None
    said = encodable(_unboxed(tags[-1]))
    if not choices:
        return answer_forms.canonical(said, form)
    lead = ANSWER_IS.match(bare(said))  # `The correct answer is B`
    return Options.of(choices).named(bare(said)[lead.end() :] if lead else said) or None


def _tiers(text: str, options: Options | None, form: str) -> Iterator[tuple[str, list[str | None]]]:
    """Each tier's answers; an empty list if it finds nothing, None in it for what is found and cannot be read."""
    open_tag = _OPEN_TAG.search(text)
    if open_tag is None:
        tags = [said for said in _WHOLE_TAG.findall(text) if not _is_placeholder(said)]
        yield "tag", [_said(tags[-1], options, form)] if tags else []
    else:
        said = open_tag.group(1).strip()
        yield "open_tag", [_first_of(said, options, form)] if said and not _is_placeholder(said) else []
    boxed = [said for said in _BOXED.findall(text) if not _is_placeholder(said)]
    yield "boxed", [_said(boxed[-1], options, form)] if boxed else []
    if options is None:
        yield "phrase", _open_phrases(text, form)
        yield "whole", _open_whole(text, form)
        return
    yield "phrase", _phrases(text, options)
    yield "line", _lines(text, options)
    yield "whole", _whole(text, options)


def _unboxed(said: str) -> str:
    return _TEXT.sub(r"\1", _BOXED.sub(r"\1", said))


def _is_placeholder(said: str) -> bool:
    return normalize(bare(_unboxed(said))).strip("[]{}()<>.\u2026 ") in _PLACEHOLDERS


def _said(said: str, options: Options | None, form: str) -> str | None:
    """The answer that a marked place holds, as a whole or in the words of a phrase."""
    said = encodable(_unboxed(said))
    if options is None:
        return answer_forms.canonical(said, form)
    if (named := options.named(said)) is not None:
        return named
    phrases = {*_phrases(said, options)}
    return phrases.pop() if len(phrases) == 1 else None


def _first_of(said: str, options: Options | None, form: str) -> str | None:
    """The answer after a mark that is not closed: what stands there as a whole, or in its first line."""
    return _said(said, options, form) or _said(said.split("\n")[0], options, form)


def _phrases(text: str, options: Options) -> list[str | None]:
    """What the last "the answer is" says; also what earlier ones say, unless the last takes them back."""
    found: list[tuple[int, str | None]] = []
    for pattern in (ANSWER_IS, CORRECT_IS, CHOSEN):
        for match in deque(pattern.finditer(text), _LAST):
            if not DENIED_BEFORE.search(text, max(0, match.start() - 60), match.start()):
                found.append((match.start(), _after(text, match.end(), options)))
    for match in deque(LETTER_IS.finditer(text), _LAST):
        denied = DENIED_BEFORE.search(text, max(0, match.start() - 60), match.start())
        if match.group(1) in options.letters and not denied and not DENIED_AFTER.search(match.group()):
            found.append((match.start(), match.group(1)))
    for match in deque(TEXT_IS.finditer(text), _LAST):
        if not DENIED_BEFORE.search(match.group(1)) and not DENIED.search(match.group(1)):
            found.append((match.start(), options.named(match.group(1))))
    named = sorted((at, answer) for at, answer in found if answer is not None)
    if not named:
        return []
    last_at, last = named[-1]
    other_at = max((at for at, answer in named if answer != last), default=None)
    if other_at is None or TAKEN_BACK.search(text, other_at, last_at + 24):
        return [last]
    return [answer for _, answer in named]


def _after(text: str, at: int, options: Options) -> str | None:
    """The option that is named where the answer should stand: in the rest of the line, or in the line after it."""
    line, _, more = text[at : at + _REACH].partition("\n")
    if not bare(line):
        line = more.strip().partition("\n")[0]
    if DENIED_AFTER.match(line.strip().casefold()):
        return None
    return _opening(line, options)


def _opening(line: str, options: Options) -> str | None:
    """The option that a line, or a beginning of it, names; in conflict where the letter that
    stands in brackets behind a text is another's."""
    line = line[:_REACH]
    for piece in _pieces(line):
        if (named := options.named(piece)) == CONFLICT:
            return CONFLICT
        if named is not None:
            rest = line[len(piece) :]
            if DENIED.match(rest) or options.denies(named, rest):
                return None
            behind = _BEHIND.match(rest)
            letter = (behind.group(1) or behind.group(2)) if behind else named
            return named if letter == named or letter not in options.letters else CONFLICT
    return None


def _pieces(line: str) -> Iterator[str]:
    """A line as a whole, then its beginnings up to the first sentences' and clauses' ends."""
    yield line
    ends = re.finditer(r"[.!?](?=\s)|[,;](?=\s)|\s[(\u2013\u2014-]", line)
    yield from (line[: match.start()] for match in itertools.islice(ends, _PIECES))


def _lines(text: str, options: Options) -> list[str | None]:
    """The option that the last line is; not where other lines are other options, unless they are the whole list, which
    the last line then chooses from."""
    _, named = _named_lines(text, options)
    if not named or named[-1] is None:
        return []
    before = [answer for answer in named[:-1] if answer is not None]
    chosen = len(before) > 2 and before == list(options.letters)
    if {*before} <= {named[-1]} or chosen:
        return [named[-1]]
    return [named[-1], *before]


def _named_lines(text: str, options: Options) -> tuple[list[str], list[str | None]]:
    """The lines that are not empty, and the option that each of them is."""
    lines = [line for line in text.splitlines() if bare(line)]
    named = {line: options.named(LABEL.sub("", _ITEM.sub("", line[:_REACH]))) for line in dict.fromkeys(lines)}
    return lines, [named[line] for line in lines]


def _whole(text: str, options: Options) -> list[str | None]:
    """What a reply says that opens with its answer, or that is short and speaks of one option alone."""
    lines, named = _named_lines(text, options)
    if lines and named[0] is None:
        named[0] = _opening(lines[0], options)
    if any(answer is not None for answer in named):
        return [CONFLICT] if named[0] is None else [answer for answer in named if answer is not None]
    if len(text) > _WHOLE_CHARACTERS or len(text.split()) > _WHOLE_WORDS:
        return []
    in_brackets = {letter for letter in _IN_BRACKETS.findall(text) if letter in options.letters}
    spoken_of = in_brackets or options.mentioned(text)
    # A letter beside another option's text is no answer.
    return list(spoken_of) if len(spoken_of) == 1 and options.lettered_in(text) <= spoken_of else []


def _open_phrases(text: str, form: str) -> list[str | None]:
    found: list[str | None] = []
    for match in deque(ANSWER_IS.finditer(text), _LAST):
        line, _, more = text[match.end() : match.end() + _REACH].partition("\n")
        said = line if bare(line) else more.strip().partition("\n")[0]
        if not _is_measure(said):
            said = _SENTENCE.split(said if _is_measure(_SENTENCE.split(said)[0]) else bare(said))[0]
        if said and len(said.split()) <= _OPEN_ANSWER_WORDS and not _is_placeholder(said):
            found.append(_open_answer(said, form))
    return found[-1:]


def _is_measure(said: str) -> bool:
    return quantities.parse(said.strip()) is not None


def _open_answer(said: str, form: str) -> str | None:
    """The answer of one line. The signs that a measure begins or ends with ($5, > 5 %, 6'2") are no decoration."""
    return answer_forms.canonical(said.strip() if _is_measure(said) else bare(said), form)


def _open_whole(text: str, form: str) -> list[str | None]:
    """A reply that is an answer and nothing else, in one short line, or that opens with yes or no."""
    lines = [line for line in text.splitlines() if bare(line)]
    if not lines:
        return []
    outright = form == "yes_no" or (form == "auto" and _OUTRIGHT.match(bare(lines[0])))
    if outright and (said := answer_forms.canonical(lines[0], "yes_no")) is not None:
        return [said]
    said = LABEL.sub("", lines[0])
    if len(lines) > 1 or _is_placeholder(said) or len(said.split()) > _OPEN_ANSWER_WORDS:
        return []
    return [_open_answer(said, form)]
