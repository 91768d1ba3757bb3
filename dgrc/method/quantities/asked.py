"""Which unit a question asks for. A question flows in; values whose bare numbers have that unit flow out.

A bare number is a measure only where the question says of what: `5` answers "How many mg?" as `5 mg` does.
"""

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from dgrc.method.quantities import chinese, clock, units
from dgrc.method.quantities.numerals import SCALES
from dgrc.method.quantities.tokens import END, LONGEST, split
from dgrc.method.quantities.units.expressions import unit_at
from dgrc.method.quantities.units.nouns import COUNTED, NOUNS
from dgrc.method.quantities.values import (
    NO_UNIT,
    PERCENT,
    Clock,
    Comparison,
    Date,
    Pair,
    Quantity,
    Range,
    Ratio,
    Schedule,
    Unit,
    Value,
)

_MANY = re.compile(
    r"\bhow (?:many|much)(?: (?:full|whole|total|more|additional|of the))? (?=([^?;!\n]{1,80}))", re.IGNORECASE
)
_IN = re.compile(
    r"(?:\bin |\bunits?: ?|\bexpressed as |\bnumber of |\bunit of )(?=([^?;!\n]{1,80}))", re.IGNORECASE
)
_IN_BRACKETS = re.compile(r"[(\[](?:in )?([^()\[\]]{1,40})[)\]]")
_PERCENT = re.compile(
    r"\b(?:what|which) (?:\w{1,20} )?(?:percent|per cent|percentage)\b|\bpercentage (?:of|is|are)\b|"
    r"\bas a percent(?:age)?\b|"
    r"百分之(?:多少|几)|百分比",
    re.IGNORECASE,
)
_PH = re.compile(r"(?<![A-Za-z])pH(?![A-Za-z])[^.?!\u3002\uff1f]{0,80}[.?!\u3002\uff1f\s]*\Z")
_OLD = re.compile(
    r"\bhow old\b|\bwhat age\b|\b(?:minimum|legal|average|mean|median|maximum) age\b|\bage of (?:majority|consent)\b|"
    r"多大年龄",
    re.IGNORECASE,
)
_HAN_OLD = re.compile("(?:多少|几)周?[岁歲]")
_WIDE = str.maketrans("（）［］", "()[]")
_SCALED = re.compile("([十百千]?[万亿萬億])(?=[^之分])|(hundred|thousand|million|billion|trillion) ", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:what|which) year\b|哪一?年", re.IGNORECASE)
_HAN_MANY = re.compile(r"(?:多少|几)\s*(.{1,8})")
_HAN_UNIT = re.compile(r"以(.{1,12}?)为?(?:单位|计)|单位(?:是|为|:|：)\s*(.{1,12})")
_CLOCK = re.compile(
    r"\b(?:at )?what time\b|\bHH:MM\b|\b(?:24|twelve|12)-hour (?:clock|time)\b|几点|何时刻|什么时刻|几时几分",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\b(?:which|what|give the|on what) (?:date|calendar day)\b|YYYY-MM-DD|哪一?[天日]|何日|什么日期|几月几[日号]",
    re.IGNORECASE,
)
_PERIOD = re.compile(
    r"\bhow (?:many|much)\b[^?.;!\n0-9]{0,200}?\b(?:(?:per|(?:in |for )?(?:one|a|an|each|every)) "
    r"(?:single |whole |full )?(minute|hour|day|week|month|year)|(hourly|daily|weekly|monthly|yearly))\b"
    r"(?=[^?.;!\n0-9]{0,200}(?:[?.;!\n]|\Z))",
    re.IGNORECASE,
)
_HAN_PERIOD = re.compile("(?:每|一)(?:(分钟?|小时|[天日周月年]))[^？?。；0-9]{0,30}(?:多少|几)")
_ADVERBS = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month", "yearly": "year"}
_HAN_PERIODS = {"分": "minute", "分钟": "minute", "小时": "hour", "天": "day", "日": "day", "周": "week"}
_HAN_PERIODS |= {"月": "month", "年": "year"}
_LONGEST_QUESTION = 20_000
_NOT_IN = frozenset((*COUNTED, *"second minute bar degree foot century decade grain cup fold".split()))
_NOT_IN |= frozenset("indian_rupee canadian_dollar swiss_franc terabyte newton carat real".split())
"""What "in" which, or brackets, are hardly the unit that is asked for: `in patients`, `in second place`, `(INR)`."""
_NOT_ALONE = frozenset("a an in as at is be he me us am pm do go no so to or c f k b g m s h d l t w y u v".split())


@dataclass(frozen=True)
class Asked:
    """What a question says of its answer: a unit, nouns, that it is a year or a time of day, or its period."""

    unit: Unit | None = None
    nouns: tuple[str, ...] = ()
    year: bool = False
    period: str = ""
    clock: bool = False


def resolved(value: Value, question: str) -> Value:
    """The value with the unit that the question says for a bare number, and the noun that it says for a measure."""
    if not question:
        return value
    wanted = asked(question)
    if isinstance(value, Quantity) and value.unit == NO_UNIT and wanted.year and 1000 <= value.value < 3000:
        return Date(int(value.value), None, None, value.tail) if value.value.denominator == 1 else value
    if wanted.clock and isinstance(value, Ratio):
        return clock.of_ratio(value) or value
    if wanted.unit is not None and wanted.unit.name.startswith("time/") and isinstance(value, Quantity):
        often = f"{value.value} times a {wanted.unit.name.removeprefix('time/')}"
        return Schedule((often, *value.tail)) if value.unit == NO_UNIT and value.value.denominator == 1 else value
    if wanted.unit is not None:
        value = _with_unit(_in_the_period(value, wanted.unit, wanted.period), wanted.unit)
    if wanted.nouns and not isinstance(value, Date) and not {*value.tail} & {*NOUNS.values()}:
        if len(wanted.nouns) == 1:
            value = replace(value, tail=tuple(sorted({*value.tail, *wanted.nouns})))
    return value


@functools.lru_cache(maxsize=512)
def asked(question: str) -> Asked:
    """What a question says of its answer; of several units the one after "how many", else the last one "in" which."""
    text = question[-_LONGEST_QUESTION:].translate(_WIDE)
    # A time that is only spoken of ("starts at 14:30 on a 24-hour clock") takes nothing from what else is asked for.
    return replace(_asked(text), clock=_CLOCK.search(text) is not None)


def asks(question: str) -> bool:
    """Whether a question asks for a measure: so many of a unit, a year, a date or a time of day."""
    wanted = asked(question)
    return wanted.unit is not None or wanted.year or wanted.clock or _DATE.search(question) is not None


def is_asked(value: Value, question: str) -> bool:
    """Whether a value is of the kind that a question asks for; any is where it asks for none in words."""
    wanted, value = asked(question), resolved(value, question)
    if wanted.clock:
        return isinstance(value, Clock)
    if wanted.year or (wanted.unit is None and _DATE.search(question)):
        return isinstance(value, Date)
    if wanted.unit is not None:
        often = any("times a" in words for words in value.tail)  # so many a day, where no day was asked for
        return isinstance(value, Quantity) and value.unit.base == wanted.unit.base and not often
    return True


def _asked(text: str) -> Asked:
    if _YEAR.search(text):
        return Asked(year=True)
    nouns = tuple(sorted({NOUNS[word] for word in re.findall(r"[a-z]{5,}", text.lower()) if word in NOUNS}))
    if _HAN_OLD.search(text):
        return Asked(_unit("years"), ("old",))
    many = [*_after(_MANY, text), *_han(_HAN_MANY, text)]
    if many:
        return Asked(many[0] if len({*many}) == 1 else None, nouns, period=_period(text))
    if _OLD.search(text):
        return Asked(_unit("years"), ("old",))
    if _PERCENT.search(text):
        return Asked(PERCENT, nouns)
    told = [*_after(_IN, text), *_after(_IN_BRACKETS, text, whole=True)]
    told = [unit for unit in told if unit.name not in _NOT_IN] + [*_han(_HAN_UNIT, text)]
    if not told and _PH.search(text):
        told = [units.unit("ph")]
    return Asked(told[-1] if told else None, nouns)


def _period(text: str) -> str:
    """The one period for which something is asked: `day` of "How many mg does she get in one day?"; empty if none.

    With numbers in that sentence (`5 tablets a day for 3 days`) it cannot be told whose the period is.
    """
    found = {unit or _ADVERBS[adverb.lower()] for unit, adverb in _PERIOD.findall(text)}
    found |= {_HAN_PERIODS[said] for said in _HAN_PERIOD.findall(text)}
    return found.pop().lower() if len(found) == 1 else ""


def _in_the_period(value: Value, unit: Unit, period: str) -> Value:
    """What is said for a period that the question names: of so many mg in one day, `5 mg/day` and `5 mg daily` say
    `5 mg`; of so many mL per hour, `5 mL` says `5 mL/hour`."""
    if not period or not isinstance(value, Quantity):
        return value
    said = value.unit.name
    if said == f"{unit.name}/{period}" or unit.name == f"{said}/{period}":
        return replace(value, unit=unit)
    often = f"1 times a {period}"
    if said == unit.name and often in value.tail:
        return replace(value, tail=tuple(words for words in value.tail if words != often))
    return value


def _with_unit(value: Value, unit: Unit) -> Value:
    match value:
        case Quantity(unit=own) if own == NO_UNIT:
            return replace(value, unit=unit)
        case Range(low, high) if low.unit == high.unit == NO_UNIT:
            return replace(value, low=replace(low, unit=unit), high=replace(high, unit=unit))
        case Comparison(_, than) if than.unit == NO_UNIT:
            return replace(value, than=replace(than, unit=unit))
        case Pair(first, second) if first.unit == second.unit == NO_UNIT:
            return replace(value, first=replace(first, unit=unit), second=replace(second, unit=unit))
    return value


def _after(pattern: re.Pattern[str], text: str, whole: bool = False) -> Iterator[Unit]:
    for match in pattern.finditer(text):
        if (unit := _scaled(match.group(1), lambda said: _unit(said, whole))) is not None:
            yield unit


def _han(pattern: re.Pattern[str], text: str) -> Iterator[Unit]:
    for match in pattern.finditer(text):
        said = next(filter(None, match.groups()))
        if (unit := _scaled(said, lambda said: _unit(chinese.english(said).replace("个", "")))) is not None:
            yield unit


def _scaled(text: str, read: Callable[[str], Unit | None]) -> Unit | None:
    """The unit with which a text begins, so many times as a word before it says: `万元`, `million dollars`."""
    scale = _SCALED.match(text)
    found = read(text[scale.end() :] if scale else text)
    if scale is None or found is None:
        return found
    word = scale.group(2)
    times = SCALES[word.lower()] if word else int(chinese.figures(f"1{scale.group(1)}"))
    return replace(found, name=f"{times} {found.name}", factor=found.factor * times)


def _unit(text: str, whole: bool = False) -> Unit | None:
    """The unit with which a text begins, or which it is as a whole."""
    tokens = [*split(text[:LONGEST]), *(END,) * 5]
    found = unit_at(tokens, 0)
    if whole and found is not None and tokens[found[1]]:
        return None
    if found is not None and found[1] == 1 and tokens[0].lower() in _NOT_ALONE:
        return found[0] if tokens[1] in (END, "?", ".", ",", ")", "]") else None
    return None if found is None or not found[0].name or found[0].factor == Fraction(0) else found[0]
