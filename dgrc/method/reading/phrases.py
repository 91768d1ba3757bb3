"""What a reply says its answer is, in the usual wordings. A text and a question's options flow in; answers flow out.

An empty list means that nothing is said, an empty answer that what is said is no answer: two options, or an option and
the text of another. English and Chinese wordings are looked for in every text: models mix them.
"""

import itertools
import re
from collections import deque
from collections.abc import Iterator

from dgrc.method.reading import chinese, european
from dgrc.method.reading.options import CONFLICT, Options, bare
from dgrc.method.reading.sets import also_right, answer_in, is_text_of, joined, lists_on, names_more, stands_beside
from dgrc.method.reading.wordings import (
    ANSWER_IS,
    ANSWERS_ARE,
    CHOSEN,
    CONDITIONAL,
    CORRECT_IS,
    COUNTERFACTUAL,
    DENIED,
    DENIED_AFTER,
    DENIED_BEFORE,
    LETTER_IS,
    LETTERS_ARE,
    MORE,
    NOT_BUT,
    ON_CONDITION,
    REMAINS,
    TAKEN_BACK,
    TEXT_IS,
    VERDICT,
)

_BEHIND = re.compile(
    r"[,\s]*[(\[](?:(?i:option|choice|answer) )?([A-Z])\s?[)\]]|[,\s]*(?:which is )?[(\[]?option ([A-Z])\b(?! is\b)"
)
_ITEM = re.compile(r"^[\s>#*+\u2022-]*(?:[0-9]{1,2}[.)]\s+)?")
LAST = 40
"""So many of the last wordings of a kind are looked at: a reply may be one of them 10,000 times."""
REACH = 2000
"""Characters in which an answer stands after "the answer is"; options may be paragraphs."""
_PIECES, _PIECES_OF_SETS = 8, 40
"""Beginnings of a line that are held against the options."""
_LINES = 26
_JOINS = re.compile(r"[\s*(]{0,4}(?:and|or|and/or|also|和|与|及|或者?|以及|还有)[\s:,*)]{0,4}", re.IGNORECASE)
_END = r"[.!?](?=\s|$)|[,;](?=\s)|\s[(\[\u2013\u2014-]|\s(?=[因由理这其故即而"
_ENDS, _SET_ENDS = re.compile(_END + "正符是更最])"), re.compile(_END + "])")
"""Where a piece of a line may end; after a list a predicate may be the last letter's alone."""

_BEFORE = re.compile(
    r"(不选|排除|不是|非|除了?|误选|不应选)?[\s(\[\"*]{0,3}(?<![A-Za-z0-9])(?:[A-Z][, ]{1,3}){0,6}"
    r"([A-Z])(?=$|[\s,;/()*\"\]])([^A-Z.\n]{0,14})$"
)
_SAYS = re.compile("正确|错|不|对|非|排除|因|故|所以|说法|符合|[:?]|吗|认为|会|答案|则|看|是否|中|里|之间|选项"
                   "|改|后来")  # fmt: skip

_AGAIN = re.compile(r"(?<=[A-Z.)*])\s{1,3}(?=(?:final )?answer: )", re.IGNORECASE)
"""Where an answer is said again in its line: `Answer: B Answer: B`."""

Found = list[tuple[int, str | None]]
"""Where an answer is said, and which."""


def phrases(text: str, options: Options) -> list[str | None]:
    """What the last "the answer is" says; also what earlier ones say, unless the last takes them back."""
    is_chinese = chinese.ANY.search(text) is not None
    found = _leads(text, options, is_chinese)
    if is_chinese:
        found += _letters_chosen(text, options)
    if not options.several:
        found += _letters_right(text, options)
    named = sorted((at, answer) for at, answer in found if answer is not None)
    if not named:
        return _statements(text, options, is_chinese) or _verdicts(text, options)
    last_at, last = named[-1]
    if last and also_right(options, last, text[last_at + 1 :]):
        return [CONFLICT]
    other_at = max((at for at, answer in named if answer != last), default=None)
    if other_at is None or _taken_back(text, other_at, last_at + 24):
        return [last]
    return [answer for _, answer in named]


def _taken_back(text: str, start: int, end: int) -> bool:
    tables = (TAKEN_BACK, chinese.TAKEN_BACK, european.TAKEN_BACK)
    return any(table.search(text, start, end) for table in tables)


def _denied(text: str, at: int) -> bool:
    """Whether the words before a wording deny it, or only suppose it."""
    start = max(0, at - 60)
    return bool(DENIED_BEFORE.search(text, start, at) or chinese.DENIED_BEFORE.search(text, start, at))


def _is_supposed(text: str, wording: re.Match[str]) -> bool:
    """Whether a wording says what the answer would be in another case."""
    if CONDITIONAL.search(wording.group()) is None:
        return False
    start, end = wording.span()
    before = COUNTERFACTUAL.search(text, max(0, start - 240), start)
    return bool(before or ON_CONDITION.match(text, end, end + 200))


def _denied_abroad(text: str, wording: re.Match[str]) -> bool:
    """Whether words in another language before a wording deny it, or only suppose it."""
    return bool(european.DENIED_BEFORE.search(text, max(0, wording.start() - 240), wording.start()))


def _leads(text: str, options: Options, is_chinese: bool) -> Found:
    """Answers after the wordings that lead up to one."""
    found: Found = []
    patterns = [ANSWER_IS, CORRECT_IS, CHOSEN]
    patterns += [chinese.ANSWER_IS, chinese.CORRECT_IS, chinese.CHOSEN] if is_chinese else []
    patterns += [ANSWERS_ARE] if options.several else []
    patterns += [european.ANSWER_IS] if european.ANY.search(text) else []
    for pattern in patterns:
        for match in deque(pattern.finditer(text), LAST):
            abroad = pattern is european.ANSWER_IS and _denied_abroad(text, match)
            if not (_denied(text, match.start()) or abroad or _is_supposed(text, match)):
                answer = _after(text, match.end(), options)
                joined_to = pattern is chinese.CHOSEN and answer and _joined_to(text, match.start(), answer, options)
                found.append((match.start(), CONFLICT if joined_to else answer))
    return found


def _joined_to(text: str, at: int, answer: str, options: Options) -> bool:
    """Whether an option stands before a place with nothing between the two that says more than `and` or `or`."""
    before = _BEFORE.search(text, max(0, at - 24), at)
    if before is None or before.group(2) not in options.letters or before.group(2) in answer:
        return False
    return not before.group(1) and not _SAYS.search(before.group(3))


def _letters_chosen(text: str, options: Options) -> Found:
    """Letters that are said, behind them, to be what is chosen."""
    found: Found = []
    for match in deque(chinese.LETTER_CHOSEN.finditer(text), LAST):
        letters = re.findall("[A-Z]", match.group(1))
        if {*letters} <= {*options.letters} and not chinese.DENIED_BETWEEN.search(match.group()[len(match.group(1)) :]):
            one = options.several or len(letters) == 1
            good = one and not _joined_to(text, match.start(), joined(letters), options)
            found.append((match.start(), joined(letters) if good else CONFLICT))
    return found


def _letters_right(text: str, options: Options) -> Found:
    """Letters and texts that are called right."""
    found: Found = []
    for match in (*deque(LETTER_IS.finditer(text), LAST), *deque(REMAINS.finditer(text), LAST)):
        if match.group(1) in options.letters and not (_denied(text, match.start()) or _is_supposed(text, match)):
            if not DENIED_AFTER.search(match.group()):
                more = names_more(options, match.group(1), text[match.end() : match.end() + REACH].partition("\n")[0])
                found.append((match.start(), CONFLICT if more else match.group(1)))
    for match in deque(european.LETTER_IS.finditer(text), LAST) if european.ANY.search(text) else ():
        letter = (match.group(1) or match.group(2)).upper()
        asked = european.ASKED.match(text[match.end() : match.end() + 60])
        if letter in options.letters and not asked and not _denied_abroad(text, match):
            found.append((match.start(), letter))
    for match in deque(TEXT_IS.finditer(text), LAST):
        if not DENIED_BEFORE.search(match.group(1)) and not DENIED.search(match.group(1)):
            found.append((match.start(), answer_in(options, match.group(1))))
    return found


def _statements(text: str, options: Options, is_chinese: bool) -> list[str | None]:
    """Options that are called right, where nothing says which is the answer.

    In a question for what is wrong, what is called right is not the answer. So it counts only if none is called wrong,
    or if, with one right answer, all the others are.
    """
    right = _stated(text, chinese.RIGHT, options) if is_chinese else []
    wrong = _stated(text, chinese.WRONG, options) if is_chinese else []
    for match in deque(chinese.RIGHT_IS.finditer(text), LAST) if is_chinese else ():
        if not _denied(text, match.start()) and (said := _after(text, match.end(), options)) is not None:
            right.append(said)
    if options.several:
        right += [joined(re.findall("[A-Z]", m.group(1))) for m in deque(LETTERS_ARE.finditer(text), LAST)]
    if not right:
        return []
    if len({*right}) > 1 or (wrong and (options.several or {*joined(wrong), *right} != {*options.letters})):
        return [CONFLICT]
    return [right[0] if {*right[0]} <= {*options.letters} and (options.several or len(right[0]) == 1) else CONFLICT]


def _verdicts(text: str, options: Options) -> list[str | None]:
    """The one option that a list calls right, where it calls each of the others wrong."""
    said = [(match.group(1).upper(), bool(match.group(2))) for match in deque(VERDICT.finditer(text), LAST)]
    if options.several or len({*said}) != len(said) or sorted(name for name, _ in said) != [*options.letters]:
        return []
    right = [name for name, is_right in said if is_right]
    return [right[0]] if len(right) == 1 and len(said) > 2 else []


def _stated(text: str, pattern: re.Pattern[str], options: Options) -> list[str]:
    found = []
    for match in deque(pattern.finditer(text), LAST):
        letters = re.findall("[A-Z]", match.group(1))
        asked = chinese.ASKED.match(text[match.end() : match.end() + 8])
        if {*letters} <= {*options.letters} and not asked and not _denied(text, match.start()):
            found.append(joined(letters))
            if _joined_to(text, match.start(), joined(letters), options):
                return ["", ""]
    return found


def _after(text: str, at: int, options: Options) -> str | None:
    """The answer that is named where it should stand: in the rest of the line, or in the line after it."""
    line, _, more = text[at : at + REACH].partition("\n")
    line = _AGAIN.split(line, maxsplit=1)[0]
    if not bare(line):
        if options.several and (listed := _listed_below(more.strip(), options)):
            return listed
        line, _, more = more.strip().partition("\n")
    return _beside(_in_line(line, options), more, options)


def _beside(answer: str | None, more: str, options: Options) -> str | None:
    """An answer, if the next line is not another: `A`, then perhaps `or`, then `C`."""
    lines = [line for line in more.strip().split("\n", maxsplit=3)[:3] if bare(line)]
    while lines and _JOINS.fullmatch(lines[0]):
        lines.pop(0)
    if not answer or not lines or more[:1] == "\n" or not (below := answer_in(options, lines[0])):
        return answer
    return answer if {*below} <= {*answer} else CONFLICT


def _in_line(line: str, options: Options) -> str | None:
    line = NOT_BUT.sub("", line, count=1) if NOT_BUT.match(line) else line
    if DENIED_AFTER.match(line.strip().casefold()) and not answer_in(options, line):
        return None
    return opening(line, options)


def _listed_below(more: str, options: Options) -> str:
    """The options that the next lines are, one a line."""
    found = []
    for line in more.split("\n")[:_LINES]:
        if not bare(line):
            continue
        if not (answer := answer_in(options, _ITEM.sub("", line))):
            break
        found.append(answer)
    return joined(found)


def opening(line: str, options: Options) -> str | None:
    """The answer that a line, or a beginning of it, names; in conflict where the letter that stands in brackets behind
    a text is another's, or where what follows adds an option."""
    line = line[:REACH]
    for piece in _pieces(line, options.several):
        if (named := answer_in(options, piece)) == CONFLICT:
            return CONFLICT
        if named is not None:
            rest = line[len(piece) :]
            ended = rest.startswith(". ") and is_text_of(options, named, piece) and not MORE.match(rest)
            return named if ended else _with_rest(named, rest, options)
    return None


def _with_rest(named: str, rest: str, options: Options) -> str | None:
    """What an answer is in view of what follows it in its line."""
    one = named if named in options.letters else None
    if DENIED.match(rest) or chinese.DENIED.match(rest) or (one and options.denies(one, rest)):
        return None
    if chinese.ASKED.match(rest):
        return None
    if names_more(options, named, rest) or stands_beside(options, named, rest):
        return CONFLICT
    if options.several and lists_on(options, named, rest):
        return CONFLICT
    behind = _BEHIND.match(rest)
    letter = (behind.group(1) or behind.group(2)) if behind else None
    if letter is None or letter not in options.letters:
        return named
    return named if options.same(letter) in (named, one and options.same(one)) else CONFLICT


def _pieces(line: str, several: bool) -> Iterator[str]:
    """A line as a whole, then its beginnings up to the first sentences' and clauses' ends; for sets the longest first,
    since a comma ends no list."""
    yield line
    found = (_SET_ENDS if several else _ENDS).finditer(line)
    ends = [match.start() for match in itertools.islice(found, _PIECES_OF_SETS if several else _PIECES)]
    yield from (line[:end] for end in (reversed(ends) if several else ends))


def named_lines(text: str, options: Options, strip: re.Pattern[str]) -> tuple[list[str], list[str | None]]:
    """The lines that are not empty, and the answer that each of them is."""
    lines = [line for line in text.splitlines() if bare(line)]
    named = {line: answer_in(options, strip.sub("", _ITEM.sub("", line[:REACH]))) for line in dict.fromkeys(lines)}
    return lines, [named[line] for line in lines]
