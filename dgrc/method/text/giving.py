"""Whether a question gives its own answer away. An atomic question flows in, yes or no flows out.

Small models go on where a question ends (`How many mg is that? 120 mg.`). Who answers such an atom repeats what stands
there, all answers agree, and a wrong one becomes a fact. Only what stands behind the question is looked at: how an
answer is to be written may stand there, a value or a name may not. Before it only what is worked out there is
looked at.
"""

import re

from dgrc.method import quantities
from dgrc.method.text.normalize import nfkc

_QUESTION_MARK = re.compile("[?\u061f]")
_LEAD = re.compile(
    r"(?:^|[.!。]\s*)[(\[*]*(?:the )?(?:(?:right|correct|final) )?(?:answer|solution)(?: is|:)|答(?:案)?(?:是|为|:)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!])\s+|(?<=。)")
_VERDICT = re.compile(r"(?:yes|no|true|false)\b\s*[,;:-]|(?:是的|不是|否|对|不对)[,;]", re.IGNORECASE)
_SUBJECT = re.compile(r"(?:it|that|this|they|there) (?:is|are|was|were|would be|will be) ", re.IGNORECASE)
"""Words before a value in a sentence that answers: `That is 120 mg.`"""
_WORDS = frozenset("yes no true false correct incorrect 是 否 对 错 正确 错误 可以 不可以 不是".split())
_MOST_WORDS = 4
_ASKS = frozenset(
    "answer explain give state assume assuming ignore consider round use using express name list note show include "
    "justify cite describe specify write provide calculate compute compare discuss identify define be do not please "
    "say tell suppose refer choose select take let see think why how in under for with without if per at to by on from "
    "as only and or nor both either".split()
)
"""What a remark on how to answer begins with."""
_NAMED_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fffA-Za-z0-9]{2,10}。")
_ASKS_HAN = re.compile("请|以|用|说明|回答|解释|假设|假定|按|根据|不考虑|仅|只|在|从|单位|列|写|给出|简|注|例|举")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_LONGEST = 2000
"""Characters that are looked at; nothing longer is one question."""


def gives_answer(atom: str) -> bool:
    """Whether a value, a date, yes or no, or anything behind `Answer:` follows the last question mark, or what is asked
    for is worked out before it (`21.6 g x 1000 = 21,600 mg. How many mg is that?`)."""
    text = " ".join(nfkc(atom[:_LONGEST]).split())
    *asked, behind = _QUESTION_MARK.split(text)
    if not asked:
        return False
    if _is_worked_out(asked[-1]):
        return True
    if not behind.strip():
        return False
    if _LEAD.search(behind.strip()):
        return True
    if _is_name(behind.strip()):
        return True
    return any(_is_value(sentence.strip(" ()[]*\"'-:=")) for sentence in _SENTENCE.split(behind))


def _is_worked_out(asked: str) -> bool:
    """Whether a calculation gives what a last sentence asks for that has no number of its own."""
    said = _SENTENCE.split(asked)
    before, last = asked[: len(asked) - len(said[-1])], said[-1]
    if "=" not in before or any(sign.isdecimal() for sign in last):
        return False
    return any("=" in measure and quantities.fits(measure, last) for measure in quantities.measures_in(before))


def _is_name(behind: str) -> bool:
    """Whether what follows is one short sentence without a verb that asks for something: `Vitamin K.`"""
    if _HAN.search(behind):
        return bool(_NAMED_HAN.fullmatch(behind)) and not _ASKS_HAN.search(behind)
    words = behind.rstrip(".").split()
    if not words or len(words) > _MOST_WORDS or not behind[0].isupper() or not behind.endswith("."):
        return False
    return words[0].casefold().strip(",:") not in _ASKS and "." not in behind[:-1]


def _is_value(said: str) -> bool:
    if said.rstrip(".。!").strip().casefold() in _WORDS:
        return True
    if _VERDICT.match(said):
        return True
    value = _SUBJECT.sub("", said, count=1)
    return bool(value) and quantities.parse(value) is not None
