"""The options of a question. A short piece of a reply flows in and the option that it names flows out.

A piece names an option by its letter, by its letter and its text, or by its text alone. A piece that names two, or
whose letter and text are of different options, is in conflict: it must not be read by looking at a part of it.
"""

import functools
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from dgrc.method import quantities
from dgrc.method.reading import chinese, european
from dgrc.method.reading.marks import HAN, plain
from dgrc.method.reading.wordings import DENIED
from dgrc.method.text.normalize import fold, normalize

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MOST_CHOICES = 26 + 26 * 26
"""Options that can be told apart by one or two letters."""
DECORATION = "*_`$\"'#>~ \t\u201c\u201d\u2018\u2019"
_CAPITAL = re.compile(r"[A-Z][a-z]{2,}(?![^\W_])")
_QUOTES = "*_`\"' \u201c\u201d\u2018\u2019"
_TAGS = re.compile(r"</?[a-z][a-z0-9_]{0,15}>|\\[\[\]()]|\$\$", re.IGNORECASE)
LEAD = re.compile(
    r"^(?:(?:(?:option|choice|letter|answer|alternative)s?\b|[故应本题可则]{0,2}选择?|(?:正确|最终)?答案[是为选]?)"
    r" ?[:.#]? ?){1,6}",
    re.IGNORECASE,
)
_MARKED = re.compile(r"^[(\[{]\s*([A-Za-z]{1,2})\s*[)\]}]\s*(.*)$", re.DOTALL)
_SEPARATED = re.compile(r"^([A-Za-z]{1,2})\s*(?:[).:,;\]\u2013\u2014=/|]|-+(?=\s)|\s-+)+\s*(.*)$", re.DOTALL)
_BARE = re.compile(r"^([A-Z]{1,2})(?:\s+(.*))?$", re.DOTALL)
_GLUED = re.compile(rf"^([A-Z])([{HAN}].*)$", re.DOTALL)
_AFTER = re.compile(
    rf"^(?:because|since|(?:{european.REASONS})\b|only\b|alone\b|here\b|in this case\b|as my\b|as the\b"
    r"|吧|[了だ]$|です|\(|[-\u2013\u2014]|[是即]?因|由于|理由)",
    re.IGNORECASE,
)
_AS_LETTER = re.compile(r"(?:(?<=[(\[])|\b(?=[A-Z][.):,])|(?<=option )|(?<=answer )|(?<=choice ))([A-Z])\b")
_GENUS = re.compile(r"([A-Z])\. ([a-z]{3,40})")
_OTHER = re.compile(r"(?:^|[\s(*])([A-Z])[.):](?=\s)")
_BECAUSE = re.compile(rf"\b(?:because|since|whereas|unlike|{european.REASONS})\b|因为|由于")
_TOKEN = re.compile(rf"[0-9]+(?:[.:/,][0-9]+)*|[{HAN}]|[^\W\d_{HAN}]+|[%\u00b0$\u20ac\u00a3+]")
_NOT = re.compile(
    rf"^[,;: ]*(?:(?:(?:and |but )?not|rather than|instead of|{european.NOT_IT}) (?:option |the )?"
    r"|[而并]?(?:不是|非|不选|不应选|不能选)\s?)[(\[*]*[A-Z]\b",
    re.IGNORECASE,
)
_DENIED_TAIL = re.compile(
    rf"[,;: ]{{0,4}}(?:(?:(?:and |but )?not|rather than|instead of|{european.NOT_IT}) (?:option |the )?"
    r"|[而并]?(?:不是|非|不选))"
    r"(?=[(\[*]{0,3}[A-Z](?![A-Za-z0-9]))"
)
_TWO = re.compile(
    r"^\s*(?:,|/|&|and\b|or\b|und\b|oder\b|或者?|以?及|[和与]|还是)\s*(?:option |both )?[(\[*]*([A-Za-z])"
    r"(?![A-Za-z0-9])(?! (?:is|are|was|would be) (?:not|wrong|incorrect|false)\b)",
    re.IGNORECASE,
)
_NEXT = re.compile(
    r"[(\[*\"]{0,4}([A-Z])(?![A-Za-z0-9])[)\]*\"]{0,4}"
    r"(?=\s{0,2}(?:[,;/&]|and\b|or\b|$|[和与及或两三四五六各都均等皆全]))"
)
"""What goes on a list of options: `C, D`, `C and`, `C 都`."""
ARE_WRONG = re.compile(
    r"[(\[*\"]{0,4}[A-Z](?:[)\]*\"]{0,4}\s{0,2}(?:[,;/&]|and\b|or\b|[和与及])[\s(\[*\"]{0,6}[A-Z]){0,25}"
    r"(?![A-Za-z0-9])[)\]*\"]{0,4}\s{0,2}(?:[均都也皆是为全则]|are |is |all ){0,3}"
    r"(?:[^.,;A-Z]{0,3}(?:不|错|非|无|没)|有误|wrong\b|incorrect\b|not\b|false\b)"
)
"""A list of options that are denied."""
CONFLICT = ""
"""What is named where a piece names two options."""
OPENING = 4
"""Words from which a shortened option is known."""
_DENIALS = frozenset("not no n't never cannot incorrect wrong false neither nor unlikely except".split())
_JOINING = ("AND", "OR", "NOT", "和", "与", "及", "或")
_SUPPOSED = frozenset("isn aren wasn weren doesn don didn couldn wouldn shouldn whether if unless unclear unlike "
                      "than instead except".split())  # fmt: skip
_IF, _PLACES = frozenset(("if", "unless")), 8
"""Words before a text that deny it, compare with it or only suppose it."""
_WRONG, _IS = frozenset(("incorrect", "wrong", "false", *"错误不非")), frozenset(("is", "was", "are", "would", *"是为"))
GLUED = 0.8
"""Likeness that a text must have to an option whose letter stands before it without a space."""
ALIKE = 0.6
"""Shared words (of all) from which a text is taken for a wording of an option."""


def letter(index: int) -> str:
    """The letter of an option: A to Z, then AA, AB and so on."""
    return (_LETTERS[index // 26 - 1] if index >= 26 else "") + _LETTERS[index % 26]


def lettered(choices: Sequence[str]) -> tuple[str, ...]:
    """The options as lines `A. text`; line breaks inside an option become spaces, so that none can pose as two."""
    return tuple(f"{letter(index)}. {' '.join(choice.split())}" for index, choice in enumerate(choices))


@functools.lru_cache(maxsize=64)  # a piece of a reply is held against each of the options
def tokens(text: str) -> tuple[str, ...]:
    """Words, numbers and signs of a text in lower case."""
    return tuple(_TOKEN.findall(fold(text).casefold()))


@dataclass(frozen=True)
class Options:
    """A question's options, ready to be looked for. Where `several` of them may be right, an answer is a set.

    Options of one text are one answer, which `same` gives the letter of the first for each.
    """

    letters: tuple[str, ...]
    texts: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]
    exact: tuple[str, ...]
    several: bool = False
    values: tuple[quantities.Value | None, ...] = ()

    @classmethod
    def of(cls, choices: Sequence[str], several: bool = False) -> "Options":
        """Made once a question."""
        letters = tuple(letter(index) for index in range(len(choices)))
        texts = tuple(map(plain, choices))
        exact = tuple(map(spelled, texts))
        values = tuple(map(quantities.parse, choices))
        return cls(letters, tuple(map(normalize, texts)), tuple(map(tokens, texts)), exact, several, values)

    def same(self, named: str) -> str:
        """The letter of the first option that has the text of this one."""
        text = self.exact[self.letters.index(named)]
        return self.letters[self.exact.index(text)] if text else named

    def named(self, said: str) -> str | None:
        """The letter of the one option that a short piece of text names as a whole; None if it names none, `CONFLICT`
        if more than one."""
        if (exact := spelled(said)) in self.exact and exact.upper() not in self.letters and exact:
            return self.letters[self.exact.index(exact)]  # as a whole: `> 5` is not `5`
        as_written = bare(said)
        said = bare(LEAD.sub("", as_written))
        if (by_genus := self._by_genus(said)) is not None:
            return by_genus
        for whole in (as_written, said):
            if whole.upper() in self.letters:  # letters are asked for, so they win over texts that are letters
                return whole.upper()
            if (by_text := self.by_whole_text(whole)) is not None:
                return by_text
        marked = _MARKED.match(said) or _SEPARATED.match(said)
        match = marked or _BARE.match(said) or _GLUED.match(said)
        if match is None or match.group(1).upper() not in self.letters:
            return None
        named, rest = match.group(1).upper(), bare(match.group(2) or "")
        if not rest or _NOT.match(rest) or spelled(rest) == self.exact[self.letters.index(named)]:
            return named
        if ARE_WRONG.match(rest):
            return None  # `A, B wrong` says either that A is right or that both are wrong
        if self.names_another(named, rest):
            return CONFLICT
        own = self.likeness(self.letters.index(named), rest)
        denied = DENIED.match(rest) or chinese.DENIED.match(rest)
        if (own < ALIKE and denied) or self.denies(named, rest):
            return None
        prose = marked is None and own < (ALIKE if match.re is _BARE else GLUED) and not _AFTER.match(rest)
        return None if prose or (match.group(1).islower() and own < ALIKE and _MARKED.match(said) is None) else named

    def _by_genus(self, said: str) -> str | None:
        """The option that a shortened name of a species is (`E. coli`); a letter before it names none."""
        match = _GENUS.fullmatch(said)
        if match is None:
            return None
        found = [name for name, own in zip(self.letters, self.words, strict=True)
                 if len(own) == 2 and own[1] == match.group(2) and own[0][0] == match.group(1).lower()]  # fmt: skip
        return found[0] if len(found) == 1 else None

    def mentioned(self, text: str) -> set[str]:
        """Letters of the options whose text, or its first four words, stands in a text; an option inside a longer one
        that stands there does not count, nor does a bare number, nor one that the words beside it deny."""
        said = tokens(text)
        runs = [_longest_opening(said, words) for words in self.words]
        found = {i for i, words in enumerate(runs) if any(len(word) > 2 for word in words if word.isalpha())}
        found |= {i for i, words in enumerate(self.words) if chinese.speaks_of(text, self.exact[i], len(words))}
        inside = {i for i in found for j in found if i != j and len(runs[j]) > len(runs[i]) and _has(runs[j], runs[i])}
        # Of an option that is there otherwise it is not known what is said: no other one can be meant beyond doubt.
        there = {i for i, option in enumerate(self.exact) if i not in found and chinese.is_left_open(text, option)}
        if any(not any(self.exact[i] in self.exact[j] for j in found) for i in there):
            return set()
        others = (i for i in range(len(self.words)) if i not in found)
        if any(_cross(said, runs[j], self.words[i]) for i in others for j in found):
            return set()
        return {self.letters[index] for index in found - inside}

    def likeness(self, index: int, said: str) -> float:
        """Shared words of an option and a text, of all their words or (less sure) of the text's; 1.0 where the option
        opens the text or the text, of several words, opens the option."""
        own, words = self.words[index], tokens(said)
        if not own or not words:
            return 0.0
        if words[: len(own)] == own or (len(words) > 1 and own[: len(words)] == words):
            return 1.0
        shared = len({*own} & {*words})
        within = 0.8 * shared / len({*words}) if len(words) >= OPENING else 0.0
        return max(shared / len({*own} | {*words}), within)

    def by_whole_text(self, said: str) -> str | None:
        """The option of this text; of several that differ in capitals alone (`Aa`, `aa`) the one that is written so."""
        wanted = normalize(said)
        whole = [name for name, text in zip(self.letters, self.texts, strict=True) if text and text == wanted]
        if len(whole) > 1 and (as_written := spelled(said)) in self.exact:
            return self.letters[self.exact.index(as_written)]
        if not whole and (value := quantities.parse(said)) is not None:  # `10mg` is the option `10 mg`
            whole = [name for name, own in zip(self.letters, self.values, strict=True)
                     if own is not None and quantities.same(own, value)]  # fmt: skip
        return whole[0] if len({*map(self.same, whole)}) == 1 else None

    def denies(self, named: str, rest: str) -> bool:
        """Whether what follows an option's letter is its own text, and then that it is wrong."""
        own, said = self.words[self.letters.index(named)], tokens(rest)
        tail = said[len(own) :] if said[: len(own)] == own else ()
        return bool(tail) and (tail[0] in _WRONG or (tail[0] in _IS and bool({*tail[1:4]} & {"not", *_WRONG})))

    def names_another(self, named: str, rest: str) -> bool:
        """Whether what follows a letter is another option's text, or another letter, which it does not deny."""
        rest = _DENIED_TAIL.split(rest, maxsplit=1)[0]
        if (two := _TWO.match(rest)) and two.group(1).upper() in self.letters and two.group(1).upper() != named:
            return True
        if (two := _NEXT.match(rest)) and two.group(1) in self.letters and two.group(1) != named:
            return True
        letters = re.findall(r"[A-Za-z]+|[" + HAN + "]+", rest)
        if letters and all(word.upper() in (*self.letters, *_JOINING) for word in letters):
            return True
        if any(other in self.letters and other != named for other in _OTHER.findall(_BECAUSE.split(rest)[0])):
            return True
        mine = self.letters.index(named)
        others = [i for i in range(len(self.letters)) if i != mine]
        own, best = self.likeness(mine, rest), max((self.likeness(i, rest) for i in others), default=0.0)
        opens = max((self._opens(i, rest) for i in others), default=0)
        return (best >= ALIKE and best > own) or opens >= self._opens(mine, rest) + OPENING

    def _opens(self, index: int, said: str) -> int:
        """With how many words in a row an option and a text begin alike."""
        pairs = zip(self.words[index], tokens(said), strict=False)
        return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))

    def lettered_in(self, text: str) -> set[str]:
        """Letters of options that stand in a text as such: `B.`, `(B)`, `option B`."""
        return {name for name in _AS_LETTER.findall(text) if name in self.letters}


def spelled(text: str) -> str:
    """A text as options are told apart by it: spacing, width, quotes, the dot at its end and a first word's capital do
    not count, other capitals do (`Aa` and `aa` are two genotypes, `mW` and `MW` two units)."""
    text = " ".join(fold(text).split()).strip(_QUOTES).rstrip(".,;: ").strip(_QUOTES)
    return text[0].lower() + text[1:] if _CAPITAL.match(text) else text


def bare(said: str) -> str:
    """A piece of text without tags, marks of emphasis and the dots around it."""
    said = " ".join(_TAGS.sub(" ", said.replace("**", " ").replace("__", " ")).split())
    said = said.strip(DECORATION)
    while len(said) > 2 and said[0] in "({[" and said[-1] in ")}]" and not any(c in said[1:-1] for c in "(){}[]"):
        said = said[1:-1].strip(DECORATION)
    return said.rstrip(".,;:! ").strip(DECORATION) if len(said) > 1 else said


def _longest_opening(said: Sequence[str], words: tuple[str, ...]) -> tuple[str, ...]:
    """The longest beginning of an option, of at least four words unless it is shorter itself, that a text has."""
    for size in range(min(len(words), len(said)), min(len(words), OPENING) - 1, -1):
        if size and _has(said, words[:size]):
            return words[:size]
    return ()


def _has(said: Sequence[str], words: Sequence[str]) -> bool:
    """Whether the words stand in a row, with no denial just before or after them."""
    size, said = len(words), list(said)
    for at in range(len(said) - size + 1):
        if said[at : at + size] == list(words):
            before, after = {*said[max(at - 4, 0) : at]}, {*said[at + size : at + size + 3]}
            if not (((_DENIALS | _SUPPOSED) & before) | ((_DENIALS | _IF) & after)) - {*words}:
                return True
    return False


def _places(said: Sequence[str], words: Sequence[str]) -> list[tuple[int, int]]:
    """Where the words stand in a row."""
    size, wanted = len(words), tuple(words)
    return [(at, at + size) for at in range(len(said) - size + 1) if size and tuple(said[at : at + size]) == wanted]


def _cross(said: Sequence[str], one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two texts share words of a place and neither holds the other: `not guilty of murder`."""
    pairs = itertools.product(_places(said, one)[:_PLACES], _places(said, other)[:_PLACES])
    return any(a < c < b < d or c < a < d < b for (a, b), (c, d) in pairs)
