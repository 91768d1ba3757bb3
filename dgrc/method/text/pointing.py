"""Whether a question points at a case that it does not describe. An atomic question flows in, yes or no flows out.

Whoever answers an atom has not seen where it came from, so `this child` is nobody, and its answer would be held against
chains of other questions. Only nouns for what a case is made of are looked at, and only where nothing before them in
the atom can be what they point at: in doubt a question stands.
"""

import re

from dgrc.method.text.normalize import nfkc

_PERSONS = (
    "patient child infant baby boy girl man woman person adult individual client worker employee employer tenant "
    "landlord buyer seller claimant defendant plaintiff party offender company debtor creditor"
).split()
_THINGS = (
    "case scenario situation question problem calculation example context passage text statement reasoning solution "
    "answer step comparison claim contract lease agreement judgment suit order settlement drug medicine medication "
    "dose treatment drip infusion bag syrup tablet powder bottle condition disease rule statute law section provision "
    "test"
).split()
_NOUN = "|".join([*_PERSONS, *_THINGS])
_POINTING = re.compile(
    rf"\b(?:this|these|the (?:above|aforementioned|said|given|described|stated|mentioned)) (?:\w+ )?({_NOUN})(?:e?s)?\b"
    rf"(?! (?:of|that|which|who|whose|where|in which|to|for)\b)",
    re.IGNORECASE,
)
_SOURCE = re.compile(
    r"\b(?:in|by|from|to|of|according to) (?:the|your|my|either|both|each) (?:two )?"
    r"(?:passage|question|scenario|reasonings?|problem statement|line of reasoning|lines of reasoning)\b"
    r"(?! (?:of|as to)\b)"
    r"|\b(?:reasoning|analysis|chain|response) (?:A|B|1|2|one|two)\b(?! cells?)"
    r"|\b(?:in|by|of) (?:either|both|each|the two) solutions?\b"  # the solution may well be a glucose solution
    r"|\b(?:what|which) does the (?:passage|text|question|scenario)\b"
    r"|\b(?:mentioned|described|stated|given|listed) "
    r"(?:above|earlier|before|in the (?:question|problem|scenario|passage))\b",
    re.IGNORECASE,
)
_PERSON_BEFORE = re.compile(
    rf"\b(?:{'|'.join(_PERSONS)})(?:s|ren)?\b|\b(?:Mr|Mrs|Ms|Dr|men|women|children|people|year-old|he|she|who)\b",
    re.IGNORECASE,
)
_HAN_NOUN = (
    "患者|病人|患儿|孩子|男子|女子|病例|案件|案例|案|情况|情形|药物|药品|药|剂量|问题|题目|题|合同|当事人|被告人|"
    "被告|原告|公司|员工|行为|规定|条款|判断|推理|步骤|结果"
)
_POINTING_HAN = re.compile(f"(?:该|此|本|上述|前述|这[名位个种项一]?)({_HAN_NOUN})(?!例)")
_BEFORE_HAN = 6
"""Characters before which nothing can have been described."""
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_LONGEST = 2000
"""Characters that are looked at; nothing longer is one question."""


def points_elsewhere(atom: str) -> bool:
    """Whether a question speaks of `this child`, `the above case` or 该患者, and describes none of them."""
    text = " ".join(nfkc(atom[:_LONGEST]).split())
    if _HAN.search(text) is not None:
        return any(match.start() <= _BEFORE_HAN for match in _POINTING_HAN.finditer(text))
    if _SOURCE.search(text) is not None:
        return True
    found = _POINTING.finditer(text)
    return any(not _described(text[: m.start()], m.group(1).lower(), text[m.end() :]) for m in found)


def _described(before: str, noun: str, after: str) -> bool:
    """Whether what stands before may be what a noun points at."""
    if re.search(rf"\b{noun}(?:e?s)?\b", before, re.IGNORECASE):
        return True
    if re.match(r", [^,]{1,40},", after):  # `this condition, gout, ...` says which
        return True
    if noun not in _PERSONS and re.match(r"[^.?:]{0,60}: \w", after):  # `does this rule hold: ...?`
        return True
    if noun in _PERSONS:
        return _PERSON_BEFORE.search(before) is not None
    return re.search(r"[.;:]", before) is not None  # a sentence before it may describe a thing in other words
