"""A text in tokens. What a model wrote flows in; numbers, words, signs flow out, in one spelling of each sign.

Case is kept: it tells units apart. A text that is too long for a measure, or says no number, has no tokens.
"""

import re

from dgrc.method.quantities import chinese, european
from dgrc.method.quantities.numerals import FIGURES, SCHEDULES, WORDS
from dgrc.method.quantities.units.currencies import YUAN_SIGN
from dgrc.method.text.markup import unwrap
from dgrc.method.text.normalize import fold

LONGEST = 160
"""Characters; no measure is longer."""
END = ""
_AHEAD = (END,) * 5
"""What follows the last token, so that looking ahead needs no care."""
_VULGAR = re.compile("([0-9]?)([\u00bc-\u00be\u2150-\u215e])")
_SIGNS = str.maketrans({
    "\u2032": "'", "\u2033": '"', "\u02da": "\u00b0", "\u00ba": "\u00b0", "\u201c": '"', "\u201d": '"',
    "\u2018": "'", "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2015": "-",
    "\u2236": ":", "\u22c5": "\u00b7", "\u2219": "\u00b7", "\u2022": "\u00b7", "\u2a7d": "\u2264", "\u2a7e": "\u2265",
    "\u2266": "\u2264", "\u2267": "\u2265", "\uff5e": "~", "\u301c": "~", "\uffe5": YUAN_SIGN, "\u2044": "/",
    "\u2126": "\u03a9", "\u212b": "\u00c5", "\u200b": "", "\ufeff": "", "\u00ad": "",
})  # fmt: skip
_SHORT = re.compile(r"\b((?:[A-Za-z]\.){1,5}[A-Za-z])\b\.?|\b([A-Za-z])\.(?=[A-Za-z]\b)")
_NUMBERS = re.compile(
    "[0-9\uff10-\uff19\u00bc-\u00be\u2150-\u215e零〇一二两三四五六七八九十百千半壹贰叁肆伍陆柒捌玖拾佰仟兩]"
)
_DIGIT = re.compile("[0-9]")
_LETTERS = re.compile(r"[A-Za-z]+")
_HAN = re.compile("[\u3007\u4e00-\u9fff]")
_TOKEN = re.compile(
    rf"{FIGURES}|(?:(?:US|AU|CAN|CA|HK|NZ|SG|NT|MX) ?|[ACSR])\$|(?:CN|RMB|JP)\u00a5|[cm]m ?H2O|"
    r"[A-Za-z\u03bc\u03a9\u00c5\u00e5\u00b0_]+(?:'s\b|(?<=s)'(?![0-9])|[23](?![0-9A-Za-z]))?|<=|>=|\S"
)
_BRACKETS = re.compile(r"[(\[](?![0-9]+/[0-9]+\))([^()\[\]]{1,160})[)\]]")
_SAID = WORDS | SCHEDULES
_QUOTES = "\"'`"


def tokens(text: str) -> list[str]:
    """The tokens of a text that may state a number, followed by some `END`; none if it states none for sure."""
    said = european.english(plain(text))
    if not 0 < len(said) <= LONGEST or not _may_state(said):
        return []
    return [*split(said), *_AHEAD]


def split(said: str) -> list[str]:
    """The tokens of a text alone, of one that states no number too."""
    if not said.isascii():
        said = _ascii(said)
        if _HAN.search(said):
            said = chinese.english(said)
    if "." in said:
        said = _SHORT.sub(lambda match: match.group().replace(".", ""), said)
    found = [_word(token) for token in _TOKEN.findall(said)]
    return [token for at, token in enumerate(found) if token != "." or not at or not found[at - 1][0].isalpha()]


def plain(text: str) -> str:
    """Without markup, outer quotes and closing punctuation."""
    said = unwrap(text).strip() if len(text) <= 20 * LONGEST else ""
    if said and said[0] in _QUOTES:
        said = said.strip(_QUOTES)
    said = said.rstrip(".;:,!\u3002\uff1b\uff0c ")
    inside = _BRACKETS.fullmatch(said) if said[:1] in ("(", "[") else None
    return inside.group(1).strip() if inside else said


def _may_state(said: str) -> bool:
    lower = said.lower()
    return (
        (_DIGIT if said.isascii() else _NUMBERS).search(said) is not None
        or not _SAID.isdisjoint(_LETTERS.findall(lower))
        or lower.startswith(("a ", "an "))
    )


def _ascii(said: str) -> str:
    """One sign for each meaning, and `\u00bd` as ` 1/2` before it would become a part of the number before it."""
    return fold(_VULGAR.sub(r"\1 \2 ", said).translate(_SIGNS)).replace("\u2044", "/").replace("\u00b5", "\u03bc")


def _word(token: str) -> str:
    if token.endswith("'s") and len(token) > 2:
        return token[:-2]
    if token.endswith("'") and len(token) > 1:
        return token[:-1]
    return token.replace(" ", "") if token.endswith(("H2O", "$")) else token
