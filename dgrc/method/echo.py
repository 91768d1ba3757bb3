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
from dgrc.method.text.segment import WEIGHT, segments, spaceless, windows, word_weight
from dgrc.method.write import FORMS

ECHO = "echo"
"""Why a text is refused that is the prompt's own."""
RUN = 4
"""Words in a row that two texts share by chance too seldom to matter; shorter runs are terms of the field. Of bigrams
it takes as many as weigh so much (`segment.windows`): seven of Han."""
STEM = 6
"""Letters of a word that are compared; a bigram is shorter and is compared as a whole."""
SHARE = 0.6
"""A text is an echo if so much of it stands in runs of the fixed text: a few words changed make no content."""
_CODE = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_INSERTED = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_QUOTED = re.compile(
    r"[\"\u201c\u00ab「『]([^\"\u201c\u201d\u00ab\u00bb「」『』\n]{3,200})[\"\u201d\u00bb」』]|<[^<>\n]{3,200}>"
)
_PRONOUNS = frozenset("i me my we us our you your he him his she her it its they them their who whom one "
                       "我 你 您 他 她 它 其 谁 这 那 此 该 我们 你们 他们 她们 它们 这个 那个 这些 那些 此项 "
                       "私 彼 彼女 これ それ あれ".split())  # fmt: skip
"""Words that speak of nothing by themselves: `What is it?` is about no case."""
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class _Fixed:
    """A pack's fixed text: its runs of `RUN` words, and the shorter texts that it gives as examples."""

    runs: frozenset[tuple[str, ...]]
    examples: frozenset[tuple[str, ...]]


def is_echo(pack: Pack, text: str) -> bool:
    """Whether a text is the pack's own wording.

    A text of fewer than four words is one only if the pack quotes it whole: terms such as `burden of proof` may stand
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


def stems(text: str) -> set[str]:
    """Content words that are no pronouns, cut so that endings do not count."""
    return {word[:STEM] for word in content_words(text) if word not in _PRONOUNS}


@functools.lru_cache(maxsize=64)
def own_words(pack: Pack, step: str) -> frozenset[str]:
    """The stems of the content words that the template of a step has itself; its numbers are nobody's."""
    words = stems(_INSERTED.sub(" ", _CODE.sub(" ", pack.templates[step])))
    return frozenset(word for word in words if word.isalpha())


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
