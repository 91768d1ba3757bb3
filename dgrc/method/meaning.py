"""When two answers are the same. Answers flow in; groups of those that mean the same flow out.

One place decides it, for chains, for the repeated answers to an atom and for scores, cheapest first: by form
(quantities, yes and no), by normalized text, and by content words, where one answer is a sentence that gives the
other. What is left apart may be put together by a grader (`grade`), where one is asked for.
"""

import functools
import re
from collections import Counter
from collections.abc import Collection, Sequence

from dgrc.method import quantities
from dgrc.method.quantities.numerals import ONES
from dgrc.method.reading import answer_forms
from dgrc.method.reading.verdicts import same_modal
from dgrc.method.screen import content_words, decisive, words_of
from dgrc.method.text.contained import conditions, gives
from dgrc.method.text.listed import same_list
from dgrc.method.text.markup import unwrap
from dgrc.method.text.normalize import normalize
from dgrc.method.text.segment import spaceless

STEM = 5
_CONDITIONS = frozenset(
    "if unless except only when without rarely sometimes until but "
    "most usually generally normally provided assuming depending depends partly partially probably possibly".split()
)
"""Words that make a yes or no another one."""
_REASON = re.compile(r"\b(?:because|since)\b", re.IGNORECASE)
_CLAUSE = re.compile(r"([,;:)!?]|(?<![\w)])\(|\.(?=\s|$))")
"""Where clauses part; a bracket right behind a word, as in 10(b), is a part of it."""
_MARKS = frozenset(",;:()!?.")
_ENDS = frozenset(";(!?.")
_BEFORE = frozenset("answer called named known it its by from on to as , :".split())
"""What may stand before an answer in a sentence, beside small words and the question's own."""
_AFTER = frozenset("is are was were because since which who whose where so".split())
"""What may begin an explanation after it."""
_COPULAS = frozenset("is are was were".split())
_NARROWING = frozenset(
    "and or nor plus both either if only when rarely sometimes up also alternatively however instead although though "
    "contraindicated avoided discouraged inappropriate ineffective insufficient unnecessary unlikely harmful unsafe "
    "wrong incorrect false excluded prohibited forbidden discontinued stopped withheld".split()
)
"""Words that make another answer of the same words: a second thing beside the first, a condition, or that it is
spoken against (`aspirin is contraindicated`)."""
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth"
).split()
_ORDINAL = re.compile(r"(?<![\w.-])(1[0-9]|20|[1-9])(?:st|nd|rd|th)\b", re.IGNORECASE)
_ROMANS = {numeral: number for number, numeral in enumerate(
    "I II III IV V VI VII VIII IX X XI XII XIII XIV XV XVI XVII XVIII XIX XX".split(), 1)}  # fmt: skip
_ROMAN = re.compile(
    r"\b((?i:article|chapter|stage|grade|class|phase|title|type|nerve|factor|level|part|tier)s?) ([IVX]{1,5})\b(?!-)"
)
_CARDINALS = {word: str(number) for word, number in ONES.items() if 2 <= number <= 12}
_CARDINAL = re.compile(rf"(?<![\w-])({'|'.join(_CARDINALS)})(?![\w-])", re.IGNORECASE)
_FIRST_SIGN = 0x10000
_PLACES = 8
"""Of the short answer in the long one that are looked at."""
_SIGNS = {0x2265: ">=", 0x2264: "<="}


def group(answers: Sequence[str], form: str, tolerance: float, question: str = "") -> list[list[str]]:
    """Distinct answers that are the same, together, in order of appearance; `question` is what they answer.

    Who is together depends on which answers there are, not on their order. Measures are grouped by value
    (`quantities.groups`). Then, the shortest first, an answer joins the first group with all of whose members it is the
    same: containment does not carry over from one pair to the next, and a group must not drift.
    """
    distinct = list(dict.fromkeys(answers))
    values = {a: v for a in distinct if (v := answer_forms.value(a, form, question)) is not None}
    measured = list(values)
    alike = [[measured[place] for place in places] for places in quantities.groups([*values.values()], tolerance)]
    groups: list[list[str]] = []
    for item in sorted([*alike, *([a] for a in distinct if a not in values)], key=lambda item: min(map(_brief, item))):
        for members in groups:
            if all(_may_join(a, b, values) and same(a, b, form, tolerance, question) for a in members for b in item):
                members += item
                break
        else:
            groups.append(list(item))
    place = {answer: number for number, answer in enumerate(distinct)}
    return sorted((sorted(members, key=place.__getitem__) for members in groups), key=lambda members: place[members[0]])


def _brief(answer: str) -> tuple[int, str]:
    return len(answer), answer


def _may_join(a: str, b: str, values: Collection[str]) -> bool:
    """Measures were put together before."""
    return not (a in values and b in values)


def agreement(answers: Sequence[str | None], groups: Sequence[Sequence[str]]) -> tuple[int | None, float]:
    """The index of the answer that most of the answers mean, and the share of all, unreadable ones included, that do.

    Of the largest group the most frequent wording speaks for all; ties go to what is seen first; (None, 0.0) if nothing
    was answered.
    """
    group_of = {wording: number for number, members in enumerate(groups) for wording in members}
    sizes = Counter(group_of[answer] for answer in answers if answer is not None)
    if not sizes:
        return None, 0.0
    largest, size = sizes.most_common(1)[0]  # most_common() is stable
    said = [None if answer is None or group_of[answer] != largest else normalize(answer) for answer in answers]
    wording, _ = Counter(text for text in said if text is not None).most_common(1)[0]
    return said.index(wording), size / len(answers)


def same(a: str, b: str, form: str = "auto", tolerance: float = 0.0, question: str = "") -> bool:
    """Whether two answers to a question are the same; `form` and `tolerance` are those of `answer_forms`."""
    a, b = quantities.without_working(a), quantities.without_working(b)
    one, two = answer_forms.value(a, form, question), answer_forms.value(b, form, question)
    if one is not None and two is not None:  # 5 mW and 5 MW are one text in lower case, and two answers
        return quantities.same(one, two, tolerance)
    alike = (one is None) == (two is None) and normalize(unwrap(a)) == normalize(unwrap(b))
    if alike or answer_forms.same(a, b, form, tolerance, question):
        return True
    if form in ("auto", "text") and same_list(a, b, question):
        return True
    said = [answer_forms.canonical(answer, "yes_no_maybe") for answer in (a, b)] if form == "auto" else [None]
    if None not in said and same_modal(a, b):
        return said[0] == said[1] and _conditions(a) == _conditions(b)
    return form in ("auto", "text") and _units(a) == _units(b) and _says(a, b, question)


def _units(answer: str) -> list[str]:
    return quantities.units_in(_one_spelling(answer))


def _says(a: str, b: str, question: str) -> bool:
    """Whether one answer is a sentence that gives the other: its words in a row, with nothing before them but words
    that lead up to an answer or repeat the question, and after them the same, or an explanation.

    Numbers, negations and conditions must be equal. In doubt two answers are two: a lost agreement drops an atom, a
    wrong one teaches it. So a noun beside the answer makes another answer (`insulin resistance` is not `insulin`).
    """
    if spaceless(a) or spaceless(b):
        return gives(a, b, question)
    short, long = sorted((_tokens(a), _tokens(b)), key=lambda tokens: sum(map(_is_content, tokens)))
    said = [token for token in short if _is_content(token)]
    asked = {_stem(token) for token in _tokens(question) if _is_content(token)}
    # What the question says itself is no answer, unless the answer says nothing else.
    wanted = [token for token in said if _stem(token) not in asked and token not in _BEFORE] or said
    if not wanted or _fixed(said) != _fixed([token for token in long if _is_content(token)]):
        return False
    return all(_gives(tokens, wanted, asked - {*map(_stem, wanted)}) for tokens in (short, long))


def _gives(tokens: Sequence[str], wanted: Sequence[str], asked: Collection[str]) -> bool:
    """Whether these words stand in a row in an answer, with nothing around them that makes another answer."""
    places = [at for at, token in enumerate(tokens) if _is_content(token)]
    signs: dict[str, str] = {}  # a sign a word: a string is searched in linear time, whatever repeats in it
    said, searched = ("".join(signs.setdefault(token, chr(_FIRST_SIGN + len(signs))) for token in words)
                      for words in ((tokens[at] for at in places), wanted))  # fmt: skip
    first = said.find(searched)
    for _ in range(_PLACES):
        if first < 0:
            return False
        start, end = places[first], places[first + len(wanted) - 1]
        if not _MARKS & {*tokens[start:end]}:
            return _leads_up(tokens[:start], asked) and _explains(tokens[end + 1 :], asked)
        first = said.find(searched, first + 1)
    return False


def _leads_up(before: Sequence[str], asked: Collection[str]) -> bool:
    return all(token in _BEFORE or _stem(token) in asked or not _is_content(token) for token in before)


def _explains(after: Sequence[str], asked: Collection[str]) -> bool:
    """Whether what follows an answer ends it, repeats the question, or begins an explanation."""
    rest = [token for token in after if token in _AFTER or _stem(token) not in asked]
    said_again = len(rest) < len(after)
    if said_again:  # the small words around the question's own: `in the body`
        ends = (at for at, word in enumerate(rest) if word in _MARKS or word in _AFTER or _is_content(word))
        rest = rest[next(ends, len(rest)) :]
    if said_again and after[0] in _COPULAS and after[1:2] and after[1] in ("a", "an"):
        return True  # what the answer is, in words of the question: `is a drug that is given after an overdose`
    if rest and asked and rest[0] in _COPULAS:  # what is said of the answer, and not asked, may be that it is none
        ends = (at for at, word in enumerate(rest[1:], 1) if word in _MARKS or word in _AFTER)
        return not any(map(_is_content, rest[1 : next(ends, len(rest))]))
    if not rest or rest[0] in _ENDS or rest[0] in _AFTER:
        return True
    return rest[0] == "," and len(rest) > 1 and rest[1] in _AFTER


def _tokens(answer: str) -> list[str]:
    """Words without an English plural's ending, and the marks between them."""
    found: list[str] = []
    for clause in _CLAUSE.split(_one_spelling(answer)):
        found += [clause] if clause in _MARKS else [_singular(word) for word in words_of(clause)]
    return found


@functools.lru_cache(maxsize=8192)  # the answers to one atom share most of their words
def _is_content(token: str) -> bool:
    return token not in _MARKS and bool(content_words(token))


def _one_spelling(answer: str) -> str:
    """What is numbered, and signs, in one spelling: `4th Amendment` is `Fourth Amendment`, `type II` is `type 2`,
    `three years` is `3 years`."""
    answer = _ORDINAL.sub(lambda match: _ORDINALS[int(match.group(1)) - 1], answer.translate(_SIGNS))
    answer = _CARDINAL.sub(lambda match: _CARDINALS[match.group(1).casefold()], answer)
    return _ROMAN.sub(lambda match: f"{match.group(1)} {_ROMANS.get(match.group(2), match.group(2))}", answer)


def _fixed(words: Sequence[str]) -> tuple[list[str], list[str]]:
    return decisive(words), sorted(word for word in words if word in _NARROWING)


def _stem(token: str) -> str:
    """A word without its ending, near enough to know it again in the question."""
    return token[:STEM]


def _conditions(answer: str) -> set[str]:
    said = _REASON.split(answer, maxsplit=1)[0]  # a reason may speak of most courts
    return ({*words_of(said)} & _CONDITIONS) | (conditions(answer) if spaceless(answer) else set())


def _singular(word: str) -> str:
    """The word without an English plural's ending."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
