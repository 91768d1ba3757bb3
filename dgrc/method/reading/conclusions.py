"""A last sentence that concludes with a measure: `Therefore, the fee for a claim of 5,500 dollars is 270 dollars.`

A text and its question flow in; the measure flows out, as it is written. What is asked for is a measure, and the
sentence says one of that kind, at its end or nowhere else: a step on the way, a condition or a choice of two is no
conclusion.
"""

import re

from dgrc.method import quantities
from dgrc.method.reading.options import bare
from dgrc.method.text.markup import unwrap

_CONCLUDES = re.compile(
    r"\b(?:so(?! (?:that|far|much|many|long|called)\b)|therefore|thus|hence|accordingly|consequently|altogether|overall"
    r"|as a result|in (?:total|short|conclusion|summary)|in all(?=,))\b"
    r"|(?:^|[,;:] )(?:this|that|which|it) (?:means|gives|implies)\b"
    r"|因此|所以|因而|(?<![事缘])故(?![意障事乡])|综上|(?<![对关])于是(?!否)|由此|从而|总共|一共|合计|(?<![立随])即(?![使可将便时日])",
    re.IGNORECASE,
)
_SAYS = r"is|are|was|were|equals|(?:will|would|must|should|can) be|(?:equal|equivalent|comes?|amounts?|adds? up) to"
_HAN_SAYS = "等于|需要|得到|应为|就是|为|是|得|共|需"
_BEFORE = re.compile(
    rf"(?:\b(?:{_SAYS}|takes?|needs?|gets?|receives?|owes?|pays?|costs?|lasts?|gives?|totals?|becomes?|(?:total|sum) of"
    rf"|on|at|betr(?:ä|ae)gt|bedraagt|est de|es de|è di|é de)"
    rf"(?: (?:about|approximately|exactly|only|a total of))?|[=\u2248:]|{_HAN_SAYS})[ $(\[]*\Z",
    re.IGNORECASE,
)
"""What stands before the measure that a sentence ends with."""
_SAID = re.compile(
    rf"(?:\b(?:{_SAYS})|{_HAN_SAYS})[^\w\n]{{0,4}}(?:about |approximately |exactly |only )?\d", re.IGNORECASE
)
_NO_CONCLUSION = re.compile(
    r"\b(?:not|never|if|unless|whether|assum\w*|suppos\w*|wrong|incorrect|or|between|maybe"
    r"|perhaps|might|could|nicht|kein\w*|pas|ne|n[oã]o?|non|niet|geen|si|wenn|falls|ou|oder|se|als)\b|n't\b|不是|不等于|如果|若|假设|或者?|错误|\?|\uff1f",
    re.IGNORECASE,
)
_ONE_OF_SEVERAL = re.compile(r"\b(?:first|second|third|other)\b", re.IGNORECASE)
"""Words that tell one of several measures from what is asked for, unless the question says them too."""
_END = re.compile(r"[.!;](?=\s)|[。！；]")
_FIGURE = re.compile(r"\d[\d.,]*")
_PLACE = re.compile(r"(?<=[\s=:(\[$\u2248])(?=\S)|(?<=[\u4e00-\u9fff])(?=\d)")
_LONGEST_SENTENCE, _LONGEST_MEASURE = 400, 60


def concluded(text: str, form: str, question: str) -> str | None:
    """The measure that the last sentence of an open answer concludes with; None if it concludes with none.

    In the form `auto` the question must ask for a measure, and in both forms the measure must be of the kind that it
    asks for.
    """
    if form not in ("auto", "number") or (form == "auto" and not quantities.asks(question)):
        return None
    lines = [line for line in text.splitlines() if bare(line)]
    if not lines or len(lines[-1]) > 10 * _LONGEST_SENTENCE:
        return None
    line = unwrap(lines[-1]).strip(" *_>#-\u2022").rstrip(".。! ")
    said = _END.split(line)[-1].strip()
    if not said or len(said) > _LONGEST_SENTENCE or _NO_CONCLUSION.search(said):
        return None
    if {*map(str.lower, _ONE_OF_SEVERAL.findall(said))} - {*map(str.lower, _ONE_OF_SEVERAL.findall(question))}:
        return None
    alone = "=" in said and len(lines) > 1 and quantities.parse(said) is not None
    if alone:
        return said if quantities.fits(said, question) else None
    if form == "number" and said == line and len(lines) == 1 and len(_FIGURE.findall(said)) <= 1:
        if (found := _at_the_end(said, question)) is not None:
            return found  # a reply of one sentence: `The period is 3 years.`
    opened = _CONCLUDES.search(said)
    if opened is None or len(_SAID.findall(said, opened.start())) > 1:
        return None
    return _at_the_end(said, question) or _alone(said[opened.end() :], question)


def _at_the_end(said: str, question: str) -> str | None:
    """The longest measure that stands at the end, if it is of the kind that is asked for."""
    for place in _PLACE.finditer(said, max(0, len(said) - _LONGEST_MEASURE)):
        measure = said[place.start() :]
        if _BEFORE.search(said, 0, place.start()) and quantities.parse(measure) is not None:
            given = "=" not in measure and _is_given(measure, question)
            return measure if quantities.fits(measure, question) and not given else None
    return None


def _alone(said: str, question: str) -> str | None:
    """The one measure of the kind that is asked for, wherever it stands (`she can claim 190 dollars of lost wages`); a
    bare number or what the question says itself may be of anything."""
    found = {measure for measure in quantities.measures_in(said) if quantities.fits(measure, question)}
    measure = found.pop() if len(found) == 1 else ""
    bare_number = measure.replace(",", "").replace(".", "").isdecimal()
    return None if not measure or bare_number or _is_given(measure, question) else measure


def _is_given(measure: str, question: str) -> bool:
    """Whether the question says this value itself, in this unit, so that a sentence may only say it again."""
    value = quantities.parse(measure)
    given = (quantities.parse(said) for said in quantities.measures_in(question))
    spelled = {quantities.spell(other) for other in given if other is not None}
    return value is not None and quantities.spell(value) in spelled
