"""What a model wrote, cut into numbers, signs and stops. Text flows in; a list of tokens for each line flows out.

A number takes its unit with it. What is understood by no rule is a stop: no calculation reaches over it, so that prose
between two numbers is never taken for a sign between them.
"""

import functools
import re
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from dgrc.method import quantities
from dgrc.method.quantities.numerals import FIGURES, figures
from dgrc.method.quantities.values import NO_UNIT, PERCENT, Date, Quantity, Schedule, Unit
from dgrc.method.text.markup import unwrap
from dgrc.method.text.normalize import fold

MOST_TOKENS = 400
"""Of one line; a longer one is no calculation."""
_ALIGNED = re.compile(r"\\(?:begin|end)\s*\{[a-z]{1,12}\*?\}|(?<!\\)&")
_NEXT_LINE = re.compile(r"\\\\(?:\[[^\]\n]{0,8}\])?")
_GOES_ON = re.compile(r"\s*\n\s*(?=[=\u2248\u2243])")
_BULLET = re.compile(r"^\s*(?:>\s*)?(?:[-+*\u2022\u00b7]\s+|\(?[0-9]{1,2}[.)、]\s+|\([0-9]{1,2}\)\s*)+")
_MEASURE = r"[$\u20ac\u00a3\u00a5]?[0-9][0-9,.]*(?<![,.])%?(?: ?[A-Za-z\u00b5\u03bc/]{1,12}){0,3}?"
_REWRITTEN = tuple((re.compile(pattern, re.IGNORECASE), to) for pattern, to in (
    (rf"\bmultipl(?:y|ying|ied) ({_MEASURE}) (?:by|with|and) ({_MEASURE})(?![\w.]*[0-9])", r"\1 * \2"),
    (rf"\bdivid(?:e|ing) ({_MEASURE}) by ({_MEASURE})(?![\w.]*[0-9])", r"\1 / \2"),
    (rf"\bsubtract(?:ing)? ({_MEASURE}) from ({_MEASURE})(?![\w.]*[0-9])", r"\2 - \1"),
    (rf"\badd(?:ing)? ({_MEASURE}) (?:and|to) ({_MEASURE})(?![\w.]*[0-9])", r"\1 + \2"),
    (rf"\bsum of ({_MEASURE}) and ({_MEASURE})(?![\w.]*[0-9])", r"\1 + \2"),
    (rf"\bproduct of ({_MEASURE}) and ({_MEASURE})(?![\w.]*[0-9])", r"\1 * \2"),
    (rf"\bquotient of ({_MEASURE}) and ({_MEASURE})(?![\w.]*[0-9])", r"\1 / \2"),
    (rf"\bdifference (?:between|of) ({_MEASURE}) and ({_MEASURE})(?![\w.]*[0-9])", r"\1 - \2"),
))  # fmt: skip
_RELATION = re.compile(
    r"(?:,? ?\bwhich (?:is|equals|gives)\b|,? ?\b(?:to get|we get|giving|gives?|equals?|yields?|makes|results? in|"
    r"comes to|(?:is|are) equal to|is|are)\b|=|[\u2248\u2243\u2245]|~=|等于|得出|得到|得|"
    r"约为|约等于|为|是)"
    r"( ?(?:about|approximately|roughly|around|nearly|约|大约|约为)(?![a-z]))?",
    re.IGNORECASE,
)
_STRONG = ("=", "equal", "等于", "\u2248", "\u2243", "\u2245")
_ABOUT = ("\u2248", "\u2243", "\u2245", "~=", "约")
_OPERATIONS = re.compile(
    r"\b(?:multiplied by|divided by|times(?= ?[$(0-9.])|plus|minus|over(?= ?[0-9]))\b|x(?=[ (0-9$])|X(?=[ (0-9$])|"
    r"乘以|除以|加上|减去|[乘加减]|\*\*|[-+*/^\u00d7\u00b7\u22c5\u2217\u00f7\u2212\u2013]",
    re.IGNORECASE,
)
_SIGN = {
    "multiplied by": "*", "times": "*", "x": "*", "\u00d7": "*", "\u00b7": "*", "\u22c5": "*", "\u2217": "*",
    "乘以": "*", "乘": "*", "divided by": "/", "over": "/", "\u00f7": "/", "除以": "/",
    "plus": "+", "加上": "+", "加": "+", "minus": "-", "\u2212": "-", "\u2013": "-",
    "减去": "-", "减": "-", "**": "^",
}  # fmt: skip
_PARTS = re.compile(r"\b(?:(?:a|one) )?(half|third|quarter|fourth|fifth|tenth)(?= of\b)|\btwo (thirds)(?= of\b)|"
                    r"\bthree (quarters)(?= of\b)", re.IGNORECASE)  # fmt: skip
_PART = {"half": Fraction(1, 2), "third": Fraction(1, 3), "quarter": Fraction(1, 4), "fourth": Fraction(1, 4),
         "fifth": Fraction(1, 5), "tenth": Fraction(1, 10), "thirds": Fraction(2, 3),
         "quarters": Fraction(3, 4)}  # fmt: skip
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?"
DATE = re.compile(
    rf"[12][0-9]{{3}}-[0-9]{{1,2}}-[0-9]{{1,2}}|[0-9]{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH},? [12][0-9]{{3}}|"
    rf"{_MONTH} [0-9]{{1,2}}(?:st|nd|rd|th)?,? [12][0-9]{{3}}|[12][0-9]{{3}}年[0-9]{{1,2}}月[0-9]{{1,2}}[日号]"
)
"""A whole date, as a calendar needs it."""
_NUMBER = re.compile(rf"([$\u20ac\u00a3\u00a5\uffe5] ?)?({FIGURES})( ?%)?")
_WORD = r"(?:[A-Za-z\u00b5\u03bc\u00b0]+(?:\^-?[0-9]|[\u00b2\u00b3])?|[\u4e00-\u9fff]{1,8})"
_UNIT_WORD = re.compile(r"[A-Za-z\u00b5\u03bc\u00b0]+(?:\^-?[0-9]|[\u00b2\u00b3])?|[\u4e00-\u9fff]")
_PHRASE = re.compile(rf" ?{_WORD}(?:(?: ?/ ?| per | (?!per )){_WORD}){{0,5}}| ?(?:/|per ){_WORD}")
_LABEL = re.compile(
    r"\b(?:steps?|day|dose|parts?|case|section|article|art|question|option|phase|line|rule|no|number|example|chapter|"
    r"item|clause|figure|table|page|pages|paragraph|level|grade|type|stage|version|problem|task)\.? ?#?\Z|#\Z|"
    r"[第\u00a7]\Z", re.IGNORECASE)  # fmt: skip
_SMALL = frozenset("in a at of is as for the so to and or on by then from an i we it this that he she if".split())
_NOISE = re.compile(
    r" ?(?:(?:per|a|an|each|every|of|/) ?)?[A-Za-z]{2,20}(?= ?(?:[-+*/=\u00d7\u00b7\u00f7\u2248\u2212)]|x \d))"
)
_NOT_NOISE = frozenset(
    "so then the is thus and gives which we it this that therefore hence if but to or are was total equals get be "
    "than minus plus times over more less".split()
)
_IN_BRACKETS = re.compile(r" ?\([A-Za-z][A-Za-z /]{1,40}\)")


@dataclass(frozen=True)
class Token:
    """A part of a line. `kind` is `number`, `date`, a sign (`+ - * / ^ ( )`), `of`, `relation` or `stop`.

    Of a relation `strong` says that it can be nothing else, `about` that it claims no more than nearness. Of a sign
    `tight` says that no space is around it, `led` that none follows.
    """

    kind: str
    text: str
    value: Fraction = Fraction(0)
    decimals: int = 0
    unit: Unit = NO_UNIT
    day: date | None = None
    strong: bool = False
    about: bool = False
    tight: bool = False
    led: bool = False


def lines(text: str) -> list[list[Token]]:
    """The tokens of each line of a chain, its markup taken off."""
    text = _NEXT_LINE.sub("\n", _ALIGNED.sub("", text))
    said = fold(unwrap(text)).replace("\u00a0", " ").replace("\uff1d", "=")
    said = _GOES_ON.sub(" ", said)
    return [_tokens(line) for line in said.split("\n") if any(map(str.isdigit, line))]


def _tokens(line: str) -> list[Token]:
    line = " ".join(_BULLET.sub("", line).split())
    for pattern, to in _REWRITTEN:
        line = pattern.sub(to, line)
    found: list[Token] = []
    at = 0
    while at < len(line) and len(found) < MOST_TOKENS:
        token, at = _next(line, at)
        if token is not None:
            found.append(token)
    return found


def _next(line: str, at: int) -> tuple[Token | None, int]:
    if line[at] == " ":
        return None, at + 1
    for read in (_date, _number, _part, _relation, _operation):
        if (found := read(line, at)) is not None:
            return found
    if line[at] in "()":
        return _bracket(line, at)
    word = re.compile(r"[A-Za-z]+|.").match(line, at)
    assert word is not None, line
    return Token("of" if word.group() == "of" else "stop", word.group()), word.end()


def _date(line: str, at: int) -> tuple[Token, int] | None:
    match = DATE.match(line, at)
    if match is None or line[at - 1 : at].isdigit():
        return None
    found = day_of(match.group())
    return (Token("stop" if found is None else "date", match.group(), day=found), match.end())


def day_of(text: str) -> date | None:
    """The day that a text is as a whole, None if it is none."""
    value = quantities.parse(text)
    if not isinstance(value, Date) or not (value.year and value.month and value.day):
        return None
    return date(value.year, value.month, value.day)


def _number(line: str, at: int) -> tuple[Token, int] | None:
    match = _NUMBER.match(line, at)
    if match is None:
        return None
    money, written, percent = match.groups()
    value = figures(written)
    before = line[:at]
    glued = before[-1:].isalpha() and before[-1:] not in ("x", "X") and not "\u4e00" <= before[-1:] <= "\u9fff"
    cut = re.search(r"[0-9][.,:]\Z", before) or re.match(r"[.,:][0-9]|(?:st|nd|rd|th)\b", line[match.end() :])
    if value is None or glued or cut is not None or _LABEL.search(before[-16:]):
        return Token("stop", match.group()), match.end()
    unit, end = (PERCENT, match.end()) if percent else _unit(line, match.end())
    if money:
        unit = _money(money.strip())
    decimals = len(written.partition(".")[2]) if "e" not in written.lower() else 0
    return Token("number", line[at:end], value, decimals, unit), _past_noise(line, end)


@functools.cache
def _money(sign: str) -> Unit:
    found = quantities.parse(f"{sign}1")
    return found.unit if isinstance(found, Quantity) else NO_UNIT


def _unit(line: str, at: int) -> tuple[Unit, int]:
    """The unit that stands behind a number, and the place after it."""
    match = _PHRASE.match(line, at)
    if match is None:
        return NO_UNIT, at
    phrase = match.group()
    for stop in _OPERATIONS.finditer(line, at):
        if stop.start() >= match.end():
            break
        if stop.group()[0].isalpha():
            phrase = phrase[: stop.start() - at]
            break
    if (relation := _RELATION.search(phrase)) is not None:
        phrase = phrase[: relation.start()]
    ends = [m.end() for m in _UNIT_WORD.finditer(phrase)]
    for end in reversed(ends):
        if phrase[end : end + 1].isascii() and phrase[end : end + 1].isalpha():
            continue
        unit = unit_of(phrase[:end].strip())
        if unit is not None:
            return unit, at + end
    return NO_UNIT, at


@functools.lru_cache(maxsize=4096)
def unit_of(phrase: str) -> Unit | None:
    """The unit that a phrase is, a schedule (`times a day`) as no unit; None if it is neither."""
    if not phrase or phrase.lower() in _SMALL or phrase.split()[-1].lower() in _SMALL:
        return None
    found = quantities.parse(f"1 {phrase}")
    if isinstance(found, Quantity) and found.value == 1:
        return found.unit
    return NO_UNIT if isinstance(found, Schedule) else None


def _past_noise(line: str, at: int) -> int:
    """The place after words that only say what is counted: `3 = 36 mg` in `12 mg of medicine x 3 = 36 mg`."""
    for _ in range(3):
        match = _IN_BRACKETS.match(line, at) or _NOISE.match(line, at)
        if match is None or not _NOT_NOISE.isdisjoint(re.findall("[a-z]+", match.group().lower())):
            return at
        at = match.end()
    return at


def _part(line: str, at: int) -> tuple[Token, int] | None:
    match = _PARTS.match(line, at) if not line[at - 1 : at].isalpha() else None
    if match is None:
        return None
    word = next(filter(None, match.groups())).lower()
    return Token("number", match.group(), _PART[word], unit=PERCENT if word == "" else NO_UNIT), match.end()


def _relation(line: str, at: int) -> tuple[Token, int] | None:
    match = _RELATION.match(line, at)
    if match is None:
        return None
    said = match.group().lower()
    about = match.group(1) is not None or any(sign in said for sign in _ABOUT)
    strong = any(sign in said for sign in _STRONG)
    return Token("relation", said, strong=strong, about=about), match.end()


def _operation(line: str, at: int) -> tuple[Token, int] | None:
    match = _OPERATIONS.match(line, at)
    if match is None:
        return None
    said = match.group().lower()
    spaces = line[at - 1 : at], line[match.end() : match.end() + 1]
    return Token(_SIGN.get(said, said), said, tight=" " not in spaces, led=spaces[1] != " "), match.end()


def _bracket(line: str, at: int) -> tuple[Token, int]:
    if line[at] == "(":
        glued = line[at - 1 : at] if at else ""
        return Token("(", "(", tight=glued.isalnum() or glued == ")"), at + 1
    power = line[at + 1 : at + 2]
    if power in ("\u00b2", "\u00b3"):
        return Token(")", power, value=Fraction(2 if power == "\u00b2" else 3)), at + 2
    unit, end = _unit(line, at + 1)
    return Token(")", ")", unit=unit), _past_noise(line, end)
