"""Echoes: a small model that does not know what to say gives back what it was told. A text flows in; whether it is the
prompt pack's own wording flows out.

What a pack says for itself, apart from what is inserted, is its fixed text. A reply whose words run as they run there
is refused as an atom, an answer, a judgement or a finding: it says nothing of the case, and would be learned as if it
were knowledge.
"""

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from dgrc.method.prompts import Pack
from dgrc.method.screen import content_words
from dgrc.method.text.normalize import nfkc
from dgrc.method.text.segment import WEIGHT, known, segments, spaceless, windows, word_weight
from dgrc.method.write import FORMS

ECHO = "echo"
"""Why a text is refused that is the prompt's own."""
RUN = 4
"""Words in a row that two texts share by chance too seldom to matter; shorter runs are terms of the field. Of bigrams
it takes as many as weigh so much (`segment.windows`): eight characters of Han."""
STEM = 6
"""Letters of a word that are compared; a bigram is shorter and is compared as a whole."""
SHARE = 0.6
"""A text is an echo if so much of it stands in runs of the fixed text: a few words changed make no content."""
_CODE = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_INSERTED = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_QUOTED = re.compile(
    r"[\"\u201c\u00ab\u300c\u300e]([^\"\u201c\u201d\u00ab\u00bb\u300c-\u300f\n]{3,200})[\"\u201d\u00bb\u300d\u300f]"
    r"|<[^<>\n]{3,200}>"
)
_PRONOUNS = frozenset("i me my we us our you your he him his she her it its they them their who whom one".split())
"""Words that speak of nothing by themselves: `What is it?` is about no case."""
_NUMBERED = "[一二三四五甲乙丙丁戊1-5A-Ea-e](?![0-9A-Za-z])"
_OF_NOTHING = re.compile(
    "[我你您他她它咱]们?|自己|[上前]述|下列|[前后]者|双方|[这那][个些种位样里]?|[本该此](?:案|题|例|文|处|项)|"
    "该(?:选项|答案|结论|分析|推理|思路|观点|说法|患者|链)|"
    f"(?:选项|答案|结论|分析|推理|思路|方案|链条?){_NUMBERED}|"
    "(?:[甲乙两]|第[一二])(?:个选项|份分析|[段条]推理|种思路|条链)|"
    "是否|能否|多[少久长大高重远]|[如为]何|怎[么样]?|哪[个些种里]?|几(?!乎)|还是|[是为在于由与和及或之最]"
)
"""The same in Chinese, with what a diagnosis calls the chains and options that nobody sees who is asked the atom, and
the small words that would make bigrams with their neighbours."""
_WORD = re.compile(r"[^\W_]+")
_ENDINGS = ("s", "ed", "ing")
_ASKS_FOR = r"(?:\b(?:which|what)\s+(?:(?:kind|type|sort|form)s?\s+of\s+)?|(?:哪一?[个种类项条位些]?|什么|何种)的?)"
"""What stands before the name of the thing that is asked for: `Which enzyme`, 哪种酶."""


@dataclass(frozen=True)
class _Fixed:
    """A pack's fixed text: its runs of words, and the shorter texts that it gives as examples."""

    runs: frozenset[tuple[str, ...]]
    examples: frozenset[tuple[str, ...]]


def is_echo(pack: Pack, text: str) -> bool:
    """Whether a text is the pack's own wording.

    A text shorter than a run is one only if the pack quotes it whole: terms such as `burden of proof` may stand
    in a prompt and be the right answer too.
    """
    words = _words(text)
    fixed = _fixed(pack)
    if _is_term(words):
        return tuple(words) in fixed.examples
    inside = [False] * len(words)
    for start, end in windows(words, RUN):
        if tuple(words[start:end]) in fixed.runs:
            inside[start:end] = [True] * (end - start)
    return sum(inside) >= SHARE * len(words)


def stems(text: str) -> list[str]:
    """Content words that speak of something by themselves, in order, cut so that endings do not count."""
    return [word[:STEM] for word in _speaking(text)]


def _speaking(text: str) -> list[str]:
    return [word for word in content_words(_OF_NOTHING.sub(" ", text)) if word not in _PRONOUNS]


@functools.lru_cache(maxsize=64)
def own_words(pack: Pack, step: str) -> frozenset[str]:
    """The stems of the content words that the template of a step has itself; its numbers are nobody's."""
    words = stems(_INSERTED.sub(" ", _CODE.sub(" ", pack.templates[step])))
    return frozenset(word for word in words if word.isalpha())


def has_only_words_of(pack: Pack, step: str, text: str, besides: str) -> bool:
    """Whether all that a few words say, beyond the words that were inserted (`besides`), are words of the prompt of a
    step, its system message included.

    A small teacher that is asked for a "question of law" answers `Law`, whatever is asked, and agrees with itself.
    """
    words = _speaking(text)
    if not _is_term(words):
        return False
    said = {*words} - known(words, {*_speaking(besides)})
    return bool(said) and said <= known(words, _prompt_words(pack, step))


def restates(question: str, answer: str) -> bool:
    """Whether an answer only names what the question asks for (`Which enzyme is it?` Enzyme), or says all of its
    words again and no other (`What is strict liability?` Strict liability)."""
    words = _speaking(answer)
    named = re.sub(r"^(?:an?|the) ", "", " ".join(_WORD.findall(nfkc(answer).casefold())))
    asked = " ".join(_WORD.findall(nfkc(question).casefold()))
    if named and re.search(f"{_ASKS_FOR}{re.escape(named)}(?![a-z0-9])", asked):
        return True
    return len(words) > 0 and {*words} == {*_speaking(question)}


@functools.lru_cache(maxsize=64)
def _prompt_words(pack: Pack, step: str) -> frozenset[str]:
    template = _INSERTED.sub(" ", _CODE.sub(" ", pack.templates[step]))
    words = [word for word in _speaking(f"{pack.system(step)}\n{template}") if word.isalpha()]
    inflected = (word + ending for word in words if word.isascii() and len(word) > 3 for ending in _ENDINGS)
    return frozenset([*words, *inflected])


@functools.lru_cache(maxsize=16)
def _fixed(pack: Pack) -> _Fixed:
    runs: set[tuple[str, ...]] = set()
    examples: set[tuple[str, ...]] = set()
    for source in (*pack.templates.values(), *FORMS.values()):
        # What is inserted parts two runs; a condition or loop does not: its branches are written one after the other.
        for part in _INSERTED.split(_CODE.sub(" ", source)):
            words = _words(part)
            runs.update(tuple(words[start:end]) for start, end in windows(words, RUN))
            quoted = (_words(match.group(1) or match.group()) for match in _QUOTED.finditer(part))
            examples.update(tuple(words) for words in quoted if len(words) > 1 and _is_term(words))
    return _Fixed(frozenset(runs), frozenset(examples))


def _words(text: str) -> list[str]:
    words = _WORD.findall(nfkc(text).casefold())
    return segments(" ".join(words)) if spaceless(text) else words


def _is_term(words: Sequence[str]) -> bool:
    """Whether so few words are less than a run."""
    return sum(map(word_weight, words)) < RUN * WEIGHT
