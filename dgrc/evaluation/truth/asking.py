"""What a small question names: its quantities, its dates, what it asks for, and the words that may turn it round.

A question's text flows in; what decides whether two questions are one, or whether one can be worked out, flows out.
"""

import functools
import re
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from dgrc.evaluation.truth.signs import DATE, Token, lines, unit_of
from dgrc.method.quantities.asked import asked
from dgrc.method.quantities.values import NO_UNIT, Powers, Unit

_TIMES_OF = {"once": "1 time", "twice": "2 times", "thrice": "3 times"}
_ONES = "two three four five six seven eight nine ten eleven twelve".split()
_WORDS = re.compile(
    rf"\b(?:{'|'.join([*_TIMES_OF, *_ONES])})\b|\b(?:one|two)[ -](?:half|thirds?|quarters?|fifths?)\b", re.IGNORECASE
)
_PARTS = {"half": 2, "third": 3, "quarter": 4, "fifth": 5}
_CUES = {
    "divide": "divid|split|equal(?:ly)? (?:in|sh)|each\\b|per dose|single|one dose|every dose|a dose|"
    "分成|平均|每次",
    "subtract": "left\\b|remain|\\bless\\b|minus|lower|reduc|subtract|deduct|decreas|discount|剩|减|扣",
    "add": "\\badd|plus|\\bsum\\b|increas|extra|additional|加|额外",
    "round": "round|nearest|whole\\b|approximat|\\babout\\b|四舍五入|取整|约",
    "bound": "maxim|minim|at least|at most|no more|no less|limit|exceed|cap\\b|safe|usual|typical|average|normal|"
    "至少|最多|最大|最小|最高|最低|不超|安全|常用",
    "order": "\\bfirst|second\\b|\\blast|before|after|final|next|until|之前|之后|首|最后",
    "not": "\\bnot\\b|n't\\b|without|except|unless|ignor|\\bno\\b|不|除了|未",
    "if": "\\bchang|instead|differ|ratio|fraction|percent|double|half|triple|error|mistake|compar|比例|倍|半",
    "kind": "working|business|weekend|holiday|inclusiv|includ|工作日|节假|含|包括",
}  # fmt: skip
_CUE = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _CUES.items()}
_SPANS = {
    "day": "\\bdays?\\b|daily|天|日(?!期)", "week": "week|周|星期", "month": "month|月",
    "year": "\\byears?\\b|yearly|annual|年", "hour": "hour|/h\\b|小时", "minute": "minute|/min\\b|分钟",
}  # fmt: skip
_SPAN = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _SPANS.items()}

_LETTER = re.compile(r"\b[Hh]ow many ([gL]) (?=is|are|of|in|does|do|will|would)")
"""Units of one letter, which elsewhere may be anything."""

Measured = tuple[Fraction, Powers]
"""A number in base units, and their powers."""


@dataclass(frozen=True)
class Named:
    """The quantities and the dates that a text names."""

    tokens: tuple[Token, ...]
    days: frozenset[date]

    @property
    def amounts(self) -> frozenset[Measured]:
        """What was measured, whatever its unit."""
        return frozenset((t.value * t.unit.factor + t.unit.zero, t.unit.base) for t in self.tokens)

    @property
    def unit(self) -> Unit:
        """That of the one quantity; none where there are more."""
        return self.tokens[0].unit if len(self.tokens) == 1 else NO_UNIT


@functools.lru_cache(maxsize=4096)
def named(text: str) -> Named:
    """The quantities and dates of a text; numbers in words too, but not `one`, which counts nothing as a rule."""
    said = _WORDS.sub(_figure, text)
    found = [token for line in lines(said) for token in line]
    days = frozenset(t.day for t in found if t.day is not None)
    return Named(tuple(t for t in found if t.kind == "number"), days)


def _figure(match: re.Match[str]) -> str:
    word = match.group().lower()
    if word in _TIMES_OF:
        return _TIMES_OF[word]
    if word in _ONES:
        return str(_ONES.index(word) + 2)
    count, part = re.split("[ -]", word)
    below = next(n for name, n in _PARTS.items() if part.startswith(name))
    return f"({1 if count == 'one' else 2}/{below})"


def cues(text: str) -> frozenset[str]:
    """The kinds of words in a text that turn a question into another with the same numbers."""
    return frozenset(name for name, pattern in _CUE.items() if pattern.search(text))


def spans(text: str) -> frozenset[str]:
    """The lengths of time of which a text speaks."""
    return frozenset(name for name, pattern in _SPAN.items() if pattern.search(DATE.sub(" ", text)))


def unit_asked(question: str) -> Unit | None:
    """The unit that a question asks for."""
    unit = asked(question).unit
    if unit is None and (match := _LETTER.search(question)) is not None:
        return unit_of(match.group(1))
    return unit


def written(value: Fraction, unit: Unit | None = None) -> str | None:
    """A number in figures with its unit's name; None if its decimals do not end within six digits."""
    if (value * 10**6).denominator > 1:
        return None
    number = str(value.numerator) if value.denominator == 1 else f"{float(value):.6f}".rstrip("0")
    if unit is None or not unit.name:
        return number
    return f"{number} {unit.name.replace('_', ' ')}"
