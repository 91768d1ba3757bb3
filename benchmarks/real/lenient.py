"""Whether a reply ends with the right answer, in whatever form. A reply, its question and the truth in; a bool out.

The product's reader wants a form, or at least a clear wording. A student that has learned the form alone would gain by
it, so this one asks for less: the last quantity of the reply, or a quantity of its last sentence that the question does
not give. It knows the truth, so it may only ever be used to score. How often it is wrong is found by hand (`checked`).
"""

import json
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from dgrc.errors import EvaluationError
from dgrc.method import quantities
from dgrc.method.quantities import Clock, Date, Quantity, Value
from dgrc.method.text.normalize import normalize

MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DATE = re.compile(
    rf"\b(?:\d{{4}}-\d{{2}}-\d{{2}}|(?:{MONTHS})\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?(?:{MONTHS}),?\s+\d{{4}})\b"
    r"|\d{4}\s?年\s?\d{1,2}\s?月\s?\d{1,2}\s?日"
    r"|(?<![\d:])\d{1,2}:\d{2}(?:\s?[AaPp]\.?[Mm]\b\.?)?(?![\d:])|\d{1,2}\s?[时点]\s?\d{1,2}\s?分"
)
"""Dates and times of day."""
_NUMBER = re.compile(r"(?<![\w.])[$€£¥]?\s?-?\d[\d,]*(?:\.\d+)?")
_UNIT = re.compile(r"[ ]?(?:[a-zA-Zµμ%°]+|[\u4e00-\u9fff]{1,3})(?:[ ]?(?:/|per|a|an|each)[ ]?[a-zA-Z]+)?")
_SENTENCE = re.compile(r"(?<=[.!?。！？])(?<!i\.e\.)(?<!e\.g\.)\s+|(?<=[。！？])|\n+")
_LATEX = (
    (re.compile(r"\\(?:boxed|text|mathrm|mathbf|textbf)\s*\{([^{}]*)\}"), r"\1"),
    (re.compile(r"\\[d]?frac\{([^{}]*)\}\{([^{}]*)\}"), r"\1/\2"),
    (re.compile(r"\\(?:times|cdot)"), " x "),
    (re.compile(r"\\[,;: ]|~"), " "),
    (re.compile(r"\$([^$\n]{1,200})\$(?!\d)"), r"\1"),  # not between two sums of money
    (re.compile(r"\\[()\[\]]|\\%"), " "),
)
_MARKS = re.compile(r"</?[A-Za-z]+>|\*\*|__|`|\$(?!\d)")


def plain(reply: str) -> str:
    """The reply without Markdown, tags and LaTeX around its figures."""
    text = reply.replace("\\%", "%")
    for _ in range(2):  # \boxed{300 \text{ mg}} has one inside the other
        for pattern, instead in _LATEX:
            text = pattern.sub(instead, text)
    return _MARKS.sub("", text)


def values(text: str) -> list[list[Value]]:
    """The quantities, dates and times of a text in their order, each in all readings that it allows: `300 mg/day` says
    300 mg too, but never 300 alone."""
    found: list[tuple[int, list[Value]]] = []
    taken: list[tuple[int, int]] = []
    for match in _DATE.finditer(text):
        said = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b|\bof\s", "", match.group())
        if (value := quantities.parse(said)) is not None:
            found.append((match.start(), [value]))
            taken.append(match.span())
    for match in _NUMBER.finditer(text):
        if any(start <= match.start() < end for start, end in taken):
            continue
        if readings := list(_readings(match.group().strip(), text[match.end() : match.end() + 60])):
            found.append((match.start(), readings))
    return [readings for _, readings in sorted(found, key=lambda each: each[0])]


def _readings(number: str, after: str) -> Iterator[Value]:
    """A number with the words behind it, the longest first; the bare number only where no unit follows."""
    number = number.rstrip(",")
    words = re.match(r"(?:[ ]?[^\s.,;:!?()=]+){1,4}", after)
    said = words.group() if words else ""
    ends = [place for place in range(1, len(said) + 1) if place == len(said) or said[place] == " "]
    unit = False
    for end in reversed(ends):
        value = quantities.parse(number + said[:end])
        if value is not None:
            unit = True
            yield value
    close = _UNIT.match(after)
    if close and not unit and (value := quantities.parse(number + close.group())) is not None:
        unit = True
        yield value
    bare = quantities.parse(number)
    if bare is not None and not unit:
        yield bare


def right(reply: str, truth: str, question: str, finished: bool = True) -> bool:
    """Whether the reply ends with the truth.

    Args:
        reply: As the model wrote it.
        truth: The computed answer.
        question: May say the unit of a bare number; quantities that it gives are no answer but at the very end.
        finished: Whether the reply ended by itself: one that was cut off has no end to look at.
    """
    if not finished:
        return False
    text, wanted = plain(reply), quantities.parse(truth)
    sentences = [part for part in _SENTENCE.split(text) if part.strip()]
    if wanted is None:
        return _names(sentences, truth, question)
    wanted = quantities.resolved(wanted, question)
    with_value = [found for part in sentences if (found := values(part))]
    if not with_value:
        return False
    last = with_value[-1]
    given = [value for readings in values(plain(question)) for value in readings]
    fresh = [said for said in last if not any(_same(value, one, question) for value in said for one in given)]
    ends = [last[-1], *fresh]
    return any(_same(value, wanted, question) for readings in ends for value in readings)


def _names(sentences: Sequence[str], truth: str, question: str) -> bool:
    """Whether the last sentence, or the last but one, names a truth in words: yes, no, Tuesday."""
    wanted = normalize(truth)
    words = normalize(sentences[-1]) if sentences else ""
    if wanted in ("yes", "no", "是", "否"):
        first = next(iter(re.findall(r"\b(yes|no)\b|(是|否)", words)), None)
        return first is not None and wanted in first
    return re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", words) is not None


def _same(value: Value, wanted: Value, question: str) -> bool:
    """Equal, a bare number in the question's unit, and the same number of a rounded decimal."""
    value = quantities.resolved(value, question)
    if isinstance(value, Date | Clock) or isinstance(wanted, Date | Clock):
        return quantities.same(value, wanted)
    if isinstance(value, Quantity) and isinstance(wanted, Quantity):
        bare = not value.unit.base and not value.unit.name
        if bare and wanted.unit.name:
            return _rounded(value.value, wanted.value)
        value = Quantity(value.value, value.unit)  # what is said behind it, how often say, is no part of the form
        wanted = Quantity(wanted.value, wanted.unit)
        if value.unit.name == wanted.unit.name:
            return _rounded(value.value, wanted.value)
    return quantities.same(value, wanted)


def _rounded(said: Fraction, wanted: Fraction) -> bool:
    """Equal, or equal after the rounding to two places that a repeating decimal forces."""
    if said == wanted:
        return True
    ends = wanted.denominator
    for prime in (2, 5):
        while ends % prime == 0:
            ends //= prime
    return ends > 1 and round(wanted, 2) == said


def precision(file: Path) -> dict[str, float | int]:
    """What a reader by hand found: of the replies that the lenient reader called right, and wrong, the share that are.

    `file` is the exported one with `hand` (true or false) filled in on each row.

    Raises:
        EvaluationError: a row has no `hand`.
    """
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    for number, row in enumerate(rows, 1):
        if not isinstance(row.get("hand"), bool) or not isinstance(row.get("lenient"), bool):
            raise EvaluationError(
                f"Line {number} of {file} has no `hand`, or it is neither true nor false. Say of each reply whether "
                "its final answer is right."
            )
    called, missed = [r["hand"] for r in rows if r["lenient"]], [r["hand"] for r in rows if not r["lenient"]]
    return {
        "replies": len(rows), "called_right": len(called), "of_these_right": sum(called),
        "called_wrong": len(missed), "of_these_right_after_all": sum(missed),
    }  # fmt: skip
