"""Whether one answer is a sentence that gives the other, in a script without spaces between words. Two answers and
their question in, yes or no out.

What `meaning` asks of words, this asks of characters, since nothing says where a word ends: the short answer stands in
the long one as it is, before it only what leads up to an answer or repeats the question, and after it the same, or an
explanation. `胰岛素抵抗` is not `胰岛素`, and `甲和乙` is not `甲`. In doubt two answers are two.
"""

import re
from itertools import pairwise

from dgrc.method.screen import decisive, words_of
from dgrc.method.text.normalize import normalize
from dgrc.method.text.unspaced import set_apart

_CONDITIONS = re.compile(
    "如果|如|若|倘|假如|除|只|仅|但|直到|有时|偶尔|很少|例外|"
    "附(?:条件|期限)|经[^,。;]{0,6}?(?:同意|批准|许可)|ただし|のみ"
)
_NARROWING = re.compile(
    "[和与與及或并並兼左右]|以及|同时|加上|也(?!就是|即)|亦(?!即)|其次|另外|此外|然而|免责|至少|至多|以上|以下|超过|最多|最少|避免|慎用|禁|または|と|や|และ|หรือ"
)
"""What makes another answer of the same characters: a second thing, a side, a bound."""
_LEADS = re.compile(
    "(?:最终|正确|标准|参考|本题|最佳)?的?(?:答案|选项|结论|结果)|应该?(?=[是为由选叫在])|应当(?=[是为由选叫在])"
    "|就是|是|为|即|乃|系|叫做?|称为|称作|称之为|名为|属于|位于|在于?|来自|来源于|由于?|因此|所以|故|选择?|[它其该此这那]|指的?是?"
    "|答え|正解|です|は|が|คำตอบ|คือ|เป็น|[的了]"
)
_LEADS_OUTRIGHT = re.compile("(?:是|为|选|即|由|は|คือ|[:,])$")
_EXPLAINS = re.compile("[,、]?(?:因为|因|由于|其中|它|其|该|这|即|也就是|所以|因此|ので|から|なぜなら|เพราะ)|[。;.!?(]")
_MARKS = re.compile(r"[,、:;。.!?()「」『』\s]+|である|です|だ")
_QUOTED = re.compile("[《》〈〉「」『』“”‘’\"]|(?<=[A-Za-z\u03b1-\u03c9])-(?=[\u4e00-\u9fff])")
"""Marks of titles and quotes, and the hyphen of `β-受体`."""
_BETWEEN = re.compile(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])")
_LONGEST = 20_000
"""Characters of what may still be an answer."""
_PLACES = 8
"""Of the short answer in the long one that are looked at."""


def gives(a: str, b: str, question: str) -> bool:
    """Whether one answer says the other, and nothing beside it that makes another answer."""
    short, long = sorted((_spelled(a), _spelled(b)), key=len)
    if not short or len(long) > _LONGEST or (question and short != long and long in _spelled(question)):
        return False  # a term of the question that holds the answer is another one
    asked = {one + two for one, two in pairwise(_spelled(question))}
    at = long.find(short)
    for _ in range(_PLACES):
        if at < 0:
            return False
        if _stands_whole(long, at, at + len(short)) and _adds_nothing(long[:at], long[at + len(short) :], short, asked):
            return True
        at = long.find(short, at + 1)
    return False


def conditions(answer: str) -> set[str]:
    """What in an answer makes a yes or no another one."""
    return set(_CONDITIONS.findall(answer))


def _spelled(text: str) -> str:
    """In one spelling, numbers in digits, without the marks of titles and quotes and those at its ends."""
    words = set_apart(_QUOTED.sub("", normalize(text))).split()  # long rows of spaces would be gone through from each
    return _BETWEEN.sub("", " ".join(words)).strip("。,;:.!? 、")


def _stands_whole(text: str, start: int, end: int) -> bool:
    """Whether a range does not begin or end within a number or a word of letters."""
    edges = (text[max(start - 1, 0) : start + 1] if start else "", text[end - 1 : end + 1])
    return not any(len(edge) == 2 and edge.isascii() and edge.isalnum() for edge in edges)


def _adds_nothing(before: str, after: str, short: str, asked: set[str]) -> bool:
    if len(short) == 1 and before and not _LEADS_OUTRIGHT.search(before):
        return False  # `权` is not `选择权`
    explains = _EXPLAINS.match(after)
    new = [_new(before, asked), _new(after, asked)]
    for part in new:
        if decisive(words_of(part)) or _NARROWING.search(part) or _CONDITIONS.search(part):
            return False
    return not _LEADS.sub("", new[0]).strip() and (explains is not None or not _MARKS.sub("", new[1]).strip("的了 "))


def _new(text: str, asked: set[str]) -> str:
    """A text without marks and what the question says, by its bigrams."""
    said = [text[at : at + 2] in asked or (at > 0 and text[at - 1 : at + 1] in asked) for at in range(len(text))]
    return _MARKS.sub(" ", "".join(" " if known else sign for sign, known in zip(text, said, strict=True)))
