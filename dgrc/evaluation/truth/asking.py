"""What a small question names: its quantities, its dates, what it asks for, and the words that may turn it round.

A question's text flows in; what decides whether two questions are one, or whether one can be worked out, flows out.
"""

import functools
import re
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from dgrc.evaluation.truth.signs import DATE, Token, lines
from dgrc.method.quantities.asked import asked
from dgrc.method.quantities.values import Powers, Unit

_TIMES_OF = {"once": "1 time", "twice": "2 times", "thrice": "3 times"}
_ONES = "two three four five six seven eight nine ten eleven twelve".split()
_WORDS = re.compile(rf"\b(?:{'|'.join([*_TIMES_OF, *_ONES])})\b|\b(?:one|two)[ -](?:half|thirds?|quarters?|fifths?)\b", re.I)
_PARTS = {"half": 2, "third": 3, "quarter": 4, "fifth": 5}
_CUES = {
    "divide": "divid|split|equal(?:ly)? (?:in|sh)|each\\b|per dose|single|one dose|every dose|a dose|"
    "\u5206\u6210|\u5e73\u5747|\u6bcf\u6b21",
    "subtract": "left\\b|remain|\\bless\\b|minus|lower|reduc|subtract|deduct|decreas|discount|\u5269|\u51cf|\u6263",
    "add": "\\badd|plus|\\bsum\\b|increas|extra|additional|\u52a0|\u989d\u5916",
    "round": "round|nearest|whole\\b|approximat|\\babout\\b|\u56db\u820d\u4e94\u5165|\u53d6\u6574|\u7ea6",
    "bound": "maxim|minim|at least|at most|no more|no less|limit|exceed|cap\\b|safe|usual|typical|average|normal|"
    "\u81f3\u5c11|\u6700\u591a|\u6700\u5927|\u6700\u5c0f|\u6700\u9ad8|\u6700\u4f4e|\u4e0d\u8d85|\u5b89\u5168|\u5e38\u7528",
    "order": "\\bfirst|second\\b|\\blast|before|after|final|next|until|\u4e4b\u524d|\u4e4b\u540e|\u9996|\u6700\u540e",
    "not": "\\bnot\\b|n't\\b|without|except|unless|ignor|\\bno\\b|\u4e0d|\u9664\u4e86|\u672a",
    "if": "\\bchang|instead|differ|ratio|fraction|percent|double|half|triple|error|mistake|compar|\u6bd4\u4f8b|\u500d|\u534a",
    "kind": "working|business|weekend|holiday|inclusiv|includ|\u5de5\u4f5c\u65e5|\u8282\u5047|\u542b|\u5305\u62ec",
}  # fmt: skip
_CUE = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _CUES.items()}
_SPANS = {
    "day": "\\bdays?\\b|daily|\u5929|\u65e5(?!\u671f)", "week": "week|\u5468|\u661f\u671f", "month": "month|\u6708",
    "year": "\\byears?\\b|yearly|annual|\u5e74", "hour": "hour|/h\\b|\u5c0f\u65f6", "minute": "minute|/min\\b|\u5206\u949f",
}  # fmt: skip
_SPAN = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _SPANS.items()}

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
    return asked(question).unit


def written(value: Fraction, unit: Unit | None = None) -> str | None:
    """A number in figures with its unit's name; None if its decimals do not end within six digits."""
    if (value * 10**6).denominator > 1:
        return None
    number = str(value.numerator) if value.denominator == 1 else f"{float(value):.6f}".rstrip("0")
    if unit is None or not unit.name:
        return number
    return f"{number} {unit.name.replace('_', ' ')}"
