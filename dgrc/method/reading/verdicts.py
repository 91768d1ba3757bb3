"""Yes, no and maybe, in English and Chinese. An answer flows in; one of the three flows out, or none.

`maybe` is an answer of its own where the form knows it (PubMedQA) and none where it does not: it is never taken for yes
or no, and a hedged yes is neither.
"""

import re

from dgrc.method.reading.chinese import ANY
from dgrc.method.reading.marks import plain
from dgrc.method.text.markup import unwrap
from dgrc.method.text.normalize import fold

YES, NO, MAYBE = "yes", "no", "maybe"
_WORDS = {
    **dict.fromkeys(("yes", "true", "correct"), YES),
    **dict.fromkeys(("no", "false", "incorrect"), NO),
    **dict.fromkeys(
        ("maybe", "perhaps", "possibly", "uncertain", "unclear", "inconclusive", "undetermined", "indeterminate"), MAYBE
    ),
}  # fmt: skip
_ABROAD = re.compile(r"(?:(ja|oui|s[íì]|sim)|(nein|non|não|nee))(?=[,.;:!]|$)([^.;!?\n]{0,300})", re.IGNORECASE)
"""Yes and no in other languages, as a clause of their own, with the rest of the sentence."""
_UNSURE = re.compile(
    r"\b(?:vielleicht|möglicherweise|peut-être|quiz[áa]s?|tal vez|talvez|forse|misschien|aber|mais|pero|mas|ma|però"
    r"|maar|ja|nein|oui|non|s[íì]|sim|nee)\b",
    re.IGNORECASE,
)
_HEDGED = 4
"""Words of the first sentence in which a hedge beside yes or no makes it none; later ones may be of the reasons."""
_SENTENCE = re.compile(r"[.;!?\n]")
_CLAUSES = {
    **dict.fromkeys("构成 是 对 正确 属实 成立 可以 能 会 应该 应当 有 没错 真 属于 是这样".split(), YES),
    **dict.fromkeys(
        ("不构成 否 不是 不 不对 错 错误 有误 不正确 不属实 不成立 不可以 不能 不会 不应该 不应当 没有 并非 非 "
         "假").split(), NO
    ),
    **dict.fromkeys(
        "可能 可能是 也许 或许 有可能 不确定 无法确定 不能确定 难以确定 不一定 无法判断 不明确 不清楚".split(), MAYBE
    ),
}  # fmt: skip
_MODALS = frozenset("可以 能 会 应当 不可以 不能 不会 不应当".split())
_ENDS = re.compile(r"[,.;:!?\s]+")
_PARTICLES = "的了啊呀吧呢\"'*"
_MOST_CLAUSES = 40
_OPPOSITE = {"correct": "incorrect", "true": "false", "incorrect": "correct", "false": "true"}
_NOT_SO = re.compile(rf"\bnot (?:entirely |quite |strictly )?({'|'.join(_OPPOSITE)})\b", re.IGNORECASE)


def verdict(answer: str, maybe: bool = False) -> str | None:
    """`yes` or `no`, and `maybe` where that is asked for, if the answer's first word says so and no other word says
    another."""
    text = plain(fold(unwrap(answer)))
    found = _chinese(text) if ANY.search(text) else _english(text) or _abroad(text)
    return None if found == MAYBE and not maybe else found


def same_modal(a: str, b: str) -> bool:
    """Whether two answers are not two modal verbs: `应当` (`应该`) and `可以` are both a yes, and two rules."""
    said = [answer.strip(_PARTICLES + " .。").replace("应该", "应当") for answer in (a, b)]
    return said[0] == said[1] or not {*said} <= _MODALS


def _english(text: str) -> str | None:
    text = _NOT_SO.sub(lambda match: _OPPOSITE[match.group(1).casefold()], text)
    words = re.findall(r"[a-z]+", text.casefold())
    if not words or words[0] not in _WORDS:
        return None
    hedged = re.findall(r"[a-z]+", _SENTENCE.split(text.casefold(), maxsplit=1)[0])[:_HEDGED]
    said = {_WORDS[word] for word in words if word in _WORDS and (_WORDS[word] != MAYBE or word in hedged)}
    return said.pop() if len(said) == 1 else None


def _abroad(text: str) -> str | None:
    match = _ABROAD.match(text.strip(" *_"))
    return None if match is None or _UNSURE.search(match[3]) else YES if match[1] else NO


def _chinese(text: str) -> str | None:
    """Clauses that are a verdict and nothing else: the first must be one, and none another."""
    clauses = [clause.strip(_PARTICLES) for clause in _ENDS.split(text.strip(), maxsplit=_MOST_CLAUSES)]
    said = {_CLAUSES[clause] for clause in clauses if clause in _CLAUSES}
    return said.pop() if clauses[0] in _CLAUSES and len(said) == 1 else None
