"""Screening atoms. Atomic questions and their repeated answers flow in; identities and keep-or-drop flow out.

Two wordings are one atom if their content words are the same in the same order. Look-alikes must stay apart
(another name, number, negation or direction is another fact), so in doubt two atoms are two: a missed merger
costs a few calls, a wrong one teaches a wrong fact.
"""

import re
import unicodedata
from collections.abc import Sequence

from dgrc.method.text.normalize import fold, nfkc, normalize
from dgrc.method.text.segment import segments, spaceless
from dgrc.method.text.unspaced import NEGATIONS, opposed, set_apart, without_small_words
from dgrc.records import hash64

# Words that carry no fact. Negations, quantifiers, modals, `to`, `from`, `by`, `and`, `or`, `who` are not among them.
_FUNCTION_WORDS = frozenset(
    "a an the is are was were be been being am do does did of in at for with that this these those there "
    "what which please".split()
)
_NEGATIONS = frozenset("not no never neither nor none without cannot except unless".split()) | NEGATIONS
_CONTRACTION = re.compile(r"(\w)n't\b", re.IGNORECASE)
_POSSESSIVE = re.compile(r"(\w)'s\b", re.IGNORECASE)
_DECIMAL = re.compile(r"(?<=[0-9])[.,](?=[0-9])")
_MINUS = re.compile(r"(?<![^\s(\[])-(?=\.?[0-9])")
_POINT, _NEGATIVE = "\ue000", "\ue001"  # stand-ins (private use) while other punctuation is taken out


NEAR_DUPLICATE = "near_duplicate"
"""An atom that says what another one says that is kept; as a fact it stands."""
CONTRADICTED, CONTRADICTION = "contradicted", "contradiction"
"""An atom whose paraphrases answer otherwise: outvoted by them, or dropped with all of them."""


def atom_key(text: str) -> str:
    """The content words of an atomic question, in order; equal keys mean the same atom."""
    return " ".join(content_words(text)) or normalize(text)


def atom_id(text: str) -> int:
    """The 64-bit identity of an atomic question, the same on every machine and for every wording with its key."""
    return hash64(atom_key(text).encode("utf-8", "replace").decode())


def distinct(atoms: Sequence[str], threshold: float) -> tuple[str, ...]:
    """One question's atoms without near-duplicates of earlier ones.

    At threshold 1 only atoms with equal keys are dropped. Below it, so are those whose content words overlap
    (Jaccard) by the threshold, if numbers and negations are equal, the shared words come in the same order, and in a
    script without spaces none stands for its opposite (`unspaced.opposed`).
    """
    kept: dict[str, list[str]] = {}
    for atom in dict.fromkeys(atoms):
        words = content_words(atom) or [normalize(atom)]
        if not any(near_duplicate(words, earlier, threshold) for earlier in kept.values()):
            kept[atom] = words
    return tuple(kept)


def dropped_because(answer: str | None, agreement: float, min_agreement: float) -> str | None:
    """Why an atom is dropped: `unanswered` or `disagreement`; None if it is kept."""
    if answer is None:
        return "unanswered"
    return "disagreement" if agreement < min_agreement - 1e-9 else None


def difficulty(given: float, alone: float) -> float:
    """Instruction-following difficulty: mean loss a token of an answer given its question, over that without it.

    Below 1 the question helps; near 0 it gives the answer away (Cherry LLM, Li et al. 2023).
    """
    return given / max(alone, 1e-9)


def content_words(text: str) -> list[str]:
    """The words of a text that carry fact, in order, in lower case, repeats included; of scripts without spaces
    bigrams (`text.segment`), beside negations and numbers as words of their own (`text.unspaced`)."""
    # Capitals tell `vitamin A` from an article, unless all is in capitals or the word opens the sentence. Among scripts
    # that have neither capitals nor articles a lone letter is always a name.
    unspaced = spaceless(text)
    shouted = text == text.upper()
    words = _words(text, small=False)
    content = []
    for index, word in enumerate(words):
        name = len(word) == 1 if unspaced else word.isupper() and index > 0 and not shouted
        if name or word.casefold() not in _FUNCTION_WORDS:
            content.append(nfkc(word.casefold()))
    return content


def words_of(text: str) -> list[str]:
    """All words of a text in lower case, numbers and symbols too, in order."""
    return [nfkc(word.casefold()) for word in _words(text)]


def _words(text: str, small: bool = True) -> list[str]:
    """Words, numbers and symbols. Punctuation goes, but decimal points, minus signs, % and \u00a7 stay."""
    text = _POSSESSIVE.sub(r"\1", _CONTRACTION.sub(r"\1 not", fold(text)))
    if spaceless(text):
        text = set_apart(text if small else without_small_words(text))
    text = _NEGATIVE.join(_MINUS.split(_POINT.join(_DECIMAL.split(text))))
    return segments("".join(map(_character, text)).replace(_POINT, ".").replace(_NEGATIVE, "-"))


def _character(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] in "LMN" or character in (_POINT, _NEGATIVE):
        return character
    if category in ("Sm", "Sc", "So") or character in "%\u2030\u00a7^":
        return f" {character} "
    return "" if category == "Cf" else " "


def near_duplicate(words: Sequence[str], earlier: Sequence[str], threshold: float) -> bool:
    """Whether two atoms, by their content words, are one: see `distinct`."""
    shared = set(words) & set(earlier)
    in_order = [word for word in words if word in shared] == [word for word in earlier if word in shared]
    overlap = len(shared) >= threshold * len({*words, *earlier})  # at 1, with the order, this is equality
    return in_order and overlap and decisive(words) == decisive(earlier) and not opposed(words, earlier)


def decisive(words: Sequence[str]) -> list[str]:
    """The words whose change always makes another fact: numbers and negations."""
    return sorted(word for word in words if word in _NEGATIONS or any(map(str.isdigit, word)))
