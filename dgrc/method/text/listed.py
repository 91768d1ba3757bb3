"""Answers that list the same things in another order. Two answers and their question flow in; yes or no flows out.

Only lists of single words, each with an article or none, joined by `and` or commas: of more words one may go with all
(`left kidney and ureter`). Where the question asks for an order, or two things, the order says which is which.
"""

import re

from dgrc.method.text.markup import unwrap
from dgrc.method.text.normalize import normalize

_LONGEST = 200
_AND = "and|und|et|y|e|en"
_PARTS = re.compile(rf"\s*,\s*(?:(?:{_AND})\s+)?|\s+(?:{_AND})\s+")
_ARTICLE = re.compile(r"(?:the|an?|der|die|das|den|dem|le|la|les|el|los|las|il|lo|gli|i|os|as|o|de|het) |l'")
_ORDER = re.compile(
    r"\b(?:orders?|respective\w*|sequence|first|then|before|after|whom|former|rank\w*|between|from|ratio|steps?|than"
    r"|reihenfolge|zuerst|wen|wem|ordre|orden|ordine|ordem|volgorde|primer[oa]?|premi[eè]re?)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\b(?:which|what|who|whose|where|when|how|welche\w*|wer|wo|quels?|quelles?|qui|qu[ée]|qui[ée]n(?:es)?"
    r"|cu[áa]l(?:es)?|quali?|chi|cosa|qual|quais|quem|welke?|wie|wat)\b",
    re.IGNORECASE,
)
_SMALL = frozenset("or not no only either both then nor without except versus first second".split())


def same_list(a: str, b: str, question: str) -> bool:
    """Whether two answers are lists of the same words."""
    if not question or _ORDER.search(question) or len(_ASKS.findall(question)) != 1 or max(len(a), len(b)) > _LONGEST:
        return False
    one = _items(a)
    return len(one) > 1 and one == _items(b)


def _items(answer: str) -> list[str]:
    """The sorted words of a list; empty where it is none."""
    found = [_ARTICLE.sub("", part, count=1) for part in _PARTS.split(normalize(unwrap(answer)))]
    plain = all(part.isalpha() for part in found)
    return sorted(found) if plain and _SMALL.isdisjoint(found) and len({*found}) == len(found) else []
