"""Chinese and full-width marks in the spelling that the wordings are written for. A text flows in and out.

`答案：Ｂ。` becomes `答案: B. `, `B项` and `选项B` become the letter with spaces round it. Replies, options and labels
go through it alike, so that what is compared was spelled by one rule. Text without such marks stays as it is.
"""

import re
from collections.abc import Sequence

_WIDE = {0xFF01 + offset: 0x21 + offset for offset in range(94)} | {0x3000: " "}
_MARKS = {
    "\uff0c": ", ", "\u3001": ", ", "\uff64": ", ", "\u3002": ". ", "\uff61": ". ", "\uff1a": ": ", "\u2236": ": ",
    "\uff1b": "; ", "\uff01": "! ", "\uff1f": "? ", "\uff08": " (", "\uff09": ") ", "\u3010": " [", "\u3011": "] ",
    "\u3016": " [", "\u3017": "] ", "\u3014": " [", "\u3015": "] ", "\uff3b": " [", "\uff3d": "] ",
    "\u300c": ' "', "\u300d": '" ', "\u300e": ' "', "\u300f": '" ', "\u300a": ' "', "\u300b": '" ', "\u3008": ' "',
    "\u3009": '" ',
}  # fmt: skip
_TRADITIONAL = dict(
    zip("選擇確錯誤應該項對為說題無沒結論終標準參屬與還後實際", "选择确错误应该项对为说题无没结论终标准参属与还后实际",
        strict=True)
)  # fmt: skip
"""The characters of the wordings, as they are written in traditional Chinese."""
_TABLE = _WIDE | {ord(mark): plain for mark, plain in (_MARKS | _TRADITIONAL).items()}
HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Han characters, as a part of a character class: one of them is a word."""
_ANY_HAN = re.compile(f"[{HAN}]")
_LETTERS = r"(?<![A-Za-z0-9])([A-Z]{1,26})(?![A-Za-z0-9])"
_NAMED_AFTER = re.compile(rf"{_LETTERS}[\])\"*]{{0,4}}[ \t]{{0,2}}(?:[两二三四五六各几]个?)?(?:选项|项)(?![目链标])")
_NAMED_BEFORE = re.compile(rf"(?:选项|第(?=\s?[A-Z]{{1,2}}\s))\s{{0,2}}(?=[(\[\"*]{{0,4}}{_LETTERS})")
_GOES_ON = re.compile(
    rf"({_LETTERS}[*\"\])]{{0,4}})(?=(?:而|因|由|即|正确|错|不|是|为|都|均|最|更|符合|说|表述|当选|对(?!照|比)|与|和|及|或|以及|并|也|的|吗|呢|吧|无疑|才|较|属|です|だ))"
)


def plain(text: str) -> str:
    """The text with its full-width signs as half-width ones, and, in Chinese, the letters of options apart from the
    characters beside them."""
    if text.isascii():
        return text
    text = text.translate(_TABLE)
    if _ANY_HAN.search(text) is None:
        return text
    text = _NAMED_AFTER.sub(r"\1 ", text)
    return _GOES_ON.sub(r"\1 ", _NAMED_BEFORE.sub(" ", text))


_PLACES = {
    name: place
    for place, names in enumerate((
        "first erste 一", "second zweite 二", "third dritte 三", "fourth vierte 四", "fifth fünfte 五"))
    for name in names.split()
}  # fmt: skip
_PLACE = re.compile(
    r"(?<!\w)(?:the (first|second|third|fourth|fifth) (?:option|choice|answer)(?= is (?:the )?(?:right|correct|best)\b"
    r"(?! (?:if|only|when|except)\b))|die (erste|zweite|dritte|vierte|fünfte) (?:option|antwort|möglichkeit)"
    r"(?= ist (?:richtig|korrekt)\b)|第([一二三四五])个选项(?=是?正确))",
    re.IGNORECASE,
)
_SPECIES = re.compile(r"([A-Z])[a-z]{2,30} ([a-z]{3,40})")


def with_letters(text: str, choices: Sequence[str]) -> str:
    """The text with options that are named by their place by letter (`The third option is right`), and shortened
    species in full, for their letter names no option (`C. difficile`)."""
    species = [name for name in map(_SPECIES.fullmatch, choices) if name is not None]
    for name in species:
        at = ord(name[1]) - ord("A")
        own = choices[at].casefold() if at < len(choices) else ""
        alike = [other for other in species if other.groups() == name.groups()]
        if f"{name[1]}. {name[2]}" in text and len(alike) == 1 and (name[2] not in own or own == name[0].casefold()):
            text = re.sub(rf"\b{name[1]}\. {name[2]}\b", name[0], text)
    return _PLACE.sub(lambda match: _lettered(match, len(choices)), text)


def _lettered(match: re.Match[str], count: int) -> str:
    place = _PLACES[next(filter(None, match.groups())).casefold()]
    return f"Option {chr(ord('A') + place)}" if place < count else match.group()
