"""A text to the words that are counted and compared, whatever its script. Text in, words or their number out.

Most scripts put spaces between words, and there a word is what stands between spaces. Han, Kana, Thai, Lao, Khmer,
Myanmar and some others do not, and which characters make a word there only a dictionary can say. So a run of theirs
gives its *bigrams*, each two neighbouring characters, as is usual in their retrieval; a lone character is itself. Where
scripts meet, words end: `COVID-19患者` is `COVID-19` and one bigram. Hangul has spaces.
"""

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from dgrc.method.text.normalize import nfkc

IDEOGRAPHIC = (
    "\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303b\u3041-\u3096\u3099\u309a\u309d-\u309f"
    "\u30a1-\u30fa\u30fc-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua48c\uf900-\ufaff"
    "\uff66-\uff9f\U00016fe0-\U00018d8f\U0001aff0-\U0001b2ff\U00020000-\U0003fffd"
)
"""Han with its marks of repetition and zero, Kana with the prolonged sound mark, Bopomofo, Yi, Tangut, Khitan, Nushu;
inside a character class."""
COMPLEX = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ecf\u0edc-\u0edf\u1000-\u103f\u1050-\u108f\u109a-\u109d\u1780-\u17d3\u17d7"
    "\u17dc\u17dd\u1950-\u1974\u1980-\u19c9\u1a00-\u1a1b\u1a20-\u1a7c\u1b00-\u1b4b\ua980-\ua9c0\ua9e0-\ua9ef\ua9fa-\ua9fe"
    "\uaa60-\uaadf\U00011700-\U0001172b"
)
"""Thai, Lao, Myanmar, Khmer, the Tai scripts, Balinese, Javanese, Ahom: letters and the marks on them, no digits."""
WEIGHT, IDEOGRAPH_WEIGHT, COMPLEX_WEIGHT = 8, 5, 2
"""What a word between spaces, and a character of the two kinds of runs, weigh: a Chinese word has 1.6 characters
(Chinese Treebank 6.0, LDC2007T36: 781,351 words of 1,285,149 characters), a Thai one about four."""

_LEADS = bytes([0xE0, 0xE1, *range(0xE3, 0xF5)])
"""With which one the UTF-8 of every character of these begins, and of most others does not."""
_SPACELESS = re.compile(f"[{IDEOGRAPHIC}{COMPLEX}]")
_IDEOGRAPHS, _COMPLEX = re.compile(f"[{IDEOGRAPHIC}]+"), re.compile(f"[{COMPLEX}]+")
_WEIGHTS = ((_IDEOGRAPHS, IDEOGRAPH_WEIGHT), (_COMPLEX, COMPLEX_WEIGHT))
_LETTER = re.compile(r"[^\W_]")
# A variation selector asks for another drawing of the same ideograph.
_VARIANT = re.compile(f"(?<=[{IDEOGRAPHIC}])[\ufe00-\ufe0f\U000e0100-\U000e01ef]+")
_PART = re.compile(f"[{IDEOGRAPHIC}]+|[{COMPLEX}]+|[^\\s\u3001-\u3003\u3008-\u3020{IDEOGRAPHIC}{COMPLEX}]+")
_PUNCTUATION = re.compile(
    "[!\"'(),./:;?\\[\\]{}\u00b7\u2010-\u2027\u2032-\u2043\u2045-\u2051\u2053-\u205e\u3030\u30fb-]+"
)
_NAMES = {
    "CJK": "Han", "KANGXI": "Han", "IDEOGRAPHIC": "Han", "HIRAGANA": "Kana", "KATAKANA": "Kana",
    "KATAKANA-HIRAGANA": "Kana",
}  # fmt: skip
_ASCII_LETTER = re.compile("[A-Za-z]")
_MOST_LOOKED_AT = 20_000


def segments(text: str) -> list[str]:
    """The words of a text in order, in normal form (NFKC), repeats included.

    In a text with no script without spaces, that is what white space parts. Else runs of such scripts are their
    bigrams, and punctuation that stands between them is no word.
    """
    text = text if text.isascii() else _parted(nfkc(text))
    if not spaceless(text):
        return text.split()
    found: list[str] = []
    for part in _parts(text):
        if _SPACELESS.match(part):
            found += bigrams(part)
        else:
            found.append(part)
    return found


def runs_and_words(text: str) -> tuple[set[str], set[str]]:
    """What `segments` is made of: the distinct runs of scripts without spaces in a text, and its other words."""
    text = text if text.isascii() else _parted(nfkc(text))
    if not spaceless(text):
        return set(), set(text.split())
    parts = set(_parts(text))
    runs = set(filter(_SPACELESS.match, parts))
    return runs, parts - runs


def _parts(text: str) -> list[str]:
    """The runs of a text in normal form, and what stands between them but punctuation."""
    found = _PART.findall(_VARIANT.sub("", text))
    return [part for part in found if not _PUNCTUATION.fullmatch(part)]


def bigrams(run: str) -> list[str]:
    """Each two neighbours of a run of characters; a lone one is itself."""
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]


def spaceless(text: str) -> bool:
    """Whether a text has characters of a script that puts no spaces between words."""
    if text.isascii():
        return False
    # Most Latin text with marks of its own is told by its bytes, many times faster than by its characters.
    raw = text.encode("utf-8", "surrogatepass")
    return len(raw.translate(None, _LEADS)) < len(raw) and _SPACELESS.search(text) is not None


def count(text: str) -> int:
    """How many words a text has, for limits: eight characters of Han or Kana are five words, four of Thai and the like
    are one, and else a word is what stands between spaces."""
    return -(-weight(text) // WEIGHT)


def weight(text: str) -> int:
    """What the words of a text weigh, `WEIGHT` each. Punctuation within runs weighs nothing, so that what a text is
    cut into weighs what the text does, wherever it is cut."""
    text = text if text.isascii() else _parted(text)
    if not spaceless(text):
        return WEIGHT * len(text.split())
    return sum(map(_token_weight, text.split()))


def _parted(text: str) -> str:
    """The text with spaces between Tibetan syllables, which are its words here and have a mark of their own between."""
    return text.replace("\u0f0b", " ").replace("\u0f0c", " ")


def _token_weight(token: str) -> int:
    total, length = 0, len(token)
    for run, each in _WEIGHTS:
        parts = run.split(token)  # what is left is little: it is quick to search
        token = " ".join(parts)
        total += each * (length - (len(token) - len(parts) + 1))
        length = len(token)
    if not total:
        return WEIGHT
    return total + WEIGHT * (_LETTER.search(token) is not None and sum(map(bool, map(_LETTER.search, token.split()))))


def word_weight(word: str) -> int:
    """What one of the words that `segments` gives weighs: a bigram as much as a character, for it begins with one."""
    if word.isascii() or not _SPACELESS.match(word):
        return WEIGHT
    return IDEOGRAPH_WEIGHT if _IDEOGRAPHS.match(word) else COMPLEX_WEIGHT


def known(words: Sequence[str], said: Collection[str]) -> set[str]:
    """Which of a text's words, in order, are among those that are said.

    A bigram between two that are said and that overlap it is, too: its characters are, and that they stand together
    (`除条` of `解除条件`) is where two words meet, not a word.
    """
    found = {*words}.intersection(said)
    for before, word, after in zip(words, words[1:], words[2:], strict=False):
        if len(word) == 2 and before in found and after in found and before[-1] == word[0] and word[1] == after[0]:
            if _SPACELESS.match(word):
                found.add(word)
    return found


def windows(words: Sequence[str], n: int) -> Iterator[tuple[int, int]]:
    """From each word the shortest range that weighs as much as n words; none from where too little is left. Of words
    between spaces these are the runs of n words."""
    end = held = 0
    for start, word in enumerate(words):
        while held < n * WEIGHT and end < len(words):
            held += word_weight(words[end])
            end += 1
        if held < n * WEIGHT:
            return
        yield start, end
        held -= word_weight(word)


def script(text: str) -> str:
    """The script that most of a text is in: `Han`, `Kana` (Japanese, which has Han too), `Latin`, `Hangul`, `Thai` and
    so on by the names of Unicode; "" if it has no letters. Of a long text the beginning is looked at.

    A letter counts one, an ideograph, Kana or Hangul syllable three, for it takes about so many letters to say it.
    """
    if text.isascii():  # by far the most texts, told many times faster
        return "Latin" if _ASCII_LETTER.search(text, 0, _MOST_LOOKED_AT) else ""
    found = Counter[str]()
    for character, number in Counter(text[:_MOST_LOOKED_AT]).items():
        if character.isalpha():
            known = _script_of(character)
            found[known] += number * (3 if known in ("Han", "Kana", "Hangul") else 1)
    if found["Kana"] * 4 >= found["Han"]:
        found["Kana"] += found.pop("Han", 0) if found["Kana"] else 0
    return max(found, key=lambda name: (found[name], name)) if found.total() else ""


@functools.lru_cache(maxsize=8192)  # most characters of a text were in the one before
def _script_of(letter: str) -> str:
    name = unicodedata.name(unicodedata.normalize("NFKC", letter)[0], "").partition(" ")[0]
    return _NAMES.get(name, name.capitalize())
