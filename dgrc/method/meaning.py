"""When two answers are the same. Answers flow in; groups of those that mean the same flow out.

One place decides it, for chains, for the repeated answers to an atom and for scores, cheapest first: by form
(quantities, yes and no), by normalized text, and by content words, where one answer only says more words around the
other. What is left apart may be put together by a grader (`grade`), where one is asked for.
"""

from collections import Counter
from collections.abc import Sequence

from dgrc.method.reading import answer_forms
from dgrc.method.screen import content_words, decisive
from dgrc.method.text.normalize import normalize

GOOD_PART = 0.34
"""Share of the longer answer's content words."""
_NARROWING = frozenset("and or nor plus both either if only when rarely sometimes".split())
"""Words that make another answer of the same words: a second thing beside the first, or a condition."""


def group(answers: Sequence[str], form: str, tolerance: float, question: str = "") -> list[list[str]]:
    """Distinct answers that are the same, together, in order of appearance; `question` is what they answer.

    An answer joins the first group with all of whose members it is the same: containment does not carry over from one
    pair to the next, and a group must not drift.
    """
    groups: list[list[str]] = []
    for answer in dict.fromkeys(answers):
        for members in groups:
            if all(same(member, answer, form, tolerance, question) for member in members):
                members.append(answer)
                break
        else:
            groups.append([answer])
    return groups


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
    if normalize(a) == normalize(b) or answer_forms.same(a, b, form, tolerance):
        return True
    return form in ("auto", "text") and _contains(a, b, question)


def _contains(a: str, b: str, question: str) -> bool:
    """Whether the content words of one answer all stand in the other, with equal numbers, negations and conditions, and
    open it or make up a good part of it: a word that a long sentence also has is not what the sentence says.

    Words of the question say nothing new in an answer, unless it has no others. In doubt two answers are two: a lost
    agreement drops an atom, a wrong one teaches it.
    """
    asked = {*_content(question)}
    whole = _content(a), _content(b)
    told = [[word for word in words if word not in asked or _decides(word)] for words in whole]
    short, long = sorted(told if all(told) else whole, key=len)
    if not short or _fixed(short) != _fixed(long) or not {*short} <= {*long}:
        return False
    return long[: len(short)] == short or len({*short}) >= GOOD_PART * len({*long})


def _content(answer: str) -> list[str]:
    return [_singular(word) for word in content_words(answer)]


def _fixed(words: Sequence[str]) -> tuple[list[str], list[str]]:
    return decisive(words), sorted(word for word in words if word in _NARROWING)


def _decides(word: str) -> bool:
    return bool(decisive([word])) or word in _NARROWING


def _singular(word: str) -> str:
    """The word without an English plural's ending."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
