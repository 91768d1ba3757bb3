"""The usual wordings in which a model says in Chinese which answer it gives: what `wordings` is for English.

They are written for text whose marks are `plain` (`marks`), in which an option's letter stands apart. Repetitions are
bounded, as there.
"""

import re
from collections.abc import Iterator

from dgrc.method.reading.marks import HAN

ANY = re.compile(f"[{HAN}]")
"""Where a text has none of these, no wording here is looked for."""
_KIND = r"(?:(?:正确|最终|最后|最佳|最优|标准|参考|合适|本题|该题|此题|这道题|题目|[的之])(?:的)?){0,5}"
_SURELY = (
    r"(?:应该|应当|应|就|便|即|当然|显然|只能|确实|一定|很?可能|最可能|最终|因此|所以"
    r"|还|其实|实际上|当|(?:很|最)?明显|显而易见|如下|明确|清楚)"
)
_OPENING = r"[(\[\"*: ]{0,8}"
ANSWER_IS = re.compile(
    rf"{_KIND}(?:答\s?案|答(?=:)|答え|正解|正答|选项|选择(?=[是为:])|结论)"
    rf"(?:选项|字母|编号|序号){{0,2}}[*\"\])_ ]{{0,6}}"
    rf"(?:{_SURELY}{{0,2}}(?:是|为|选择?|定为|包括|包含|有|は|[:=])|[:=]"
    r"|(?<=答案)(?=[ \[*\"(]{0,4}[A-Z](?![A-Za-z]))|(?<=\]))"
    rf"(?:{_OPENING}(?:{_SURELY}|是|为|选择?(?=[ \[*\"(]{{0,4}}[A-Z]))){{0,3}}[*: ]{{0,8}}"
)
OPEN_ANSWER_IS = re.compile(
    rf"{_KIND}(?:答案|结论)[*\"\])】_ ]{{0,6}}(?:{_SURELY}{{0,2}}(?:是|为)|[:：=]|(?<=[\]】]))[*: ：]{{0,8}}"
    r"(?![*: ：]|根据|依据|依照|按照|基于|取决|如下|由|从|答案|结论)"
)
"""The same before an answer that is no option, in text as it was written."""
CORRECT_IS = re.compile(
    r"(?:最(?:可能|合适|恰当|佳|适宜|适当|优|合理|符合题意)的?|符合题意的|应(?:当)?选的)"
    rf"[{HAN}]{{0,12}}?{_SURELY}{{0,2}}(?:是|为)[*: ]{{0,8}}"
)
CHOSEN = re.compile(
    r"(?:选择?(?:了|的是|出|定|中|答案|为)?|而是|应是|应为|应该是|就是|改为|(?:猜|认为|觉得)(?:应该|可能)?是|锁定(?:为)?|确定(?:为)|判断(?:为))"
    r"(?=[(\[\"*: ]{0,6}[A-Z])[: ]{0,3}"
)
_ONE = r"[(\[\"*]{0,4}[A-Z]{1,8}(?![A-Za-z0-9])[)\]\"*.]{0,4}"
_LIST = rf"{_ONE}(?:\s{{0,2}}[,/和与及]\s{{0,2}}{_ONE}){{0,25}}"
LETTER_CHOSEN = re.compile(
    rf"(?<![A-Za-z0-9])({_LIST})(?![A-Za-z0-9])[^.;\nA-Z]{{0,30}}?(?:当选|入选|符合(?:题意|题目|题干|要求)|[是为即][本该此]?题?(?:的)?{_KIND}(?:答案|选项))"
)
"""`B 错误, 当选`: the letters are the group; a denial between the two makes it none."""
DENIED_BETWEEN = re.compile(r"不|非|未|没|除|[?]|吗")
_SAYING = (
    r"\s{0,3}(?:[\"\u201c(][^\"\u201d)\nA-Z]{1,80}[\"\u201d)]\s{0,2})?"
    r"(?:的?(?:说法|表述|描述|观点|做法|理解|判断|分析|选项))?"
    r"(?:是|为|均|都|也|亦|同样|才|最|完全|全部|显然|无疑|确实){0,3}"
)
RIGHT = re.compile(
    rf"(?<![A-Za-z0-9])({_LIST}){_SAYING}(?:正确|对的?(?=[,.;!\n ]|$)|最?合适|恰当|准确)(?!与否|性|的是|吗)"
)
WRONG = re.compile(
    rf"(?<![A-Za-z0-9])({_LIST}){_SAYING}(?:错误|错的?(?=[,.;!\n ]|$)|不正确|不对|有误|不准确|不符合|不成立"
    r"|不合适|不恰当|不当选|不选|排除)"
)
"""Statements on options: the letters are the group. In a question for what is wrong they are not the answer."""
RIGHT_IS = re.compile(r"(?<!不)正确的(?:说法|表述)?(?:是|为|有|包括)[(\[\"*: ]{0,6}(?=[A-Z](?![a-z]))")
TAKEN_BACK = re.compile(
    r"不对|等等|等一下|更正|纠正|改为|改选|应该是|应为|重新|但是?|然而|不过|实际上|其实|最终|最后|因此|所以|故|综上|总之|因而|可见|由此"
)
DENIED = re.compile(
    r"^[\s.,:;()\u2013\u2014-]{0,8}(?:的?(?:说法|表述|描述|观点))?(?:是|为|均|都|就|显然|也|并){0,2}"
    r"(?:错误|错的?(?=[,.;! ]|$)|有误|不正确|不对|不准确|不符合|不成立|不合适|不恰当"
    r"|不当?选|不是|非|不属于|不应|不能|不可|应?排除|存疑)"
    r"(?!的(?:是|有|为|选项)|\s?选?[(\[\"*]{0,4}[A-Z](?![a-z]))"
)
DENIED_BEFORE = re.compile(
    r"(?:不(?!如|妨|得不|外乎)|没|未|[并绝]非|勿|别|如果|若|假如|假设|假定|是否|为什么|为何|何以|误|错|排除|除了?|哪[个项些]|要是|倘若|有人|同学|"
    r"学生的?|你的|用户的?|考生|其他|其它|其余|另外?一?个?|干扰|备选|候选|部分|还是|或者?|能否|可否|与其)[^,.;:?!\n]{0,6}\Z|也(?:可以?|可能|能)?\Z"
    r"|(?:如果|若|假如|假设|倘若|要是|一旦)[^.;\n]{1,30},\s?(?:[则就应可]|那么?|可以){0,3}"
    r"(?:(?:正确)?(?:答案|选项|结论))?\Z"
)
ASKED = re.compile(r"^[\s)\]\"*]{0,4}(?:[?]|还是|[^.,;\n?]{0,12}?[吗呢])")
_DENIALS = re.compile(r"不|非|未|无|没|否|错|误|勿|排除|除外|除了|而不|少见|可能性[小低]|相反|区别|鉴别")
_LEADS = re.compile(
    r"(?:因此|所以|是|为|属于|选择?|选用|首选|构成|认定|诊断|考虑|应(?:当|该)?|即|给予|采用|使用|[:\"(,.;!?\s]|^)(?:了|成)?$"
)
_DENIED_JUST_BEFORE = re.compile(r"(?:不是|并非|而非|非|(?<!得)不|未|没有|排除|除外"
    r"|不考虑|不支持|不选|不能诊断为|不应诊断为)[\s\"(]?$")
_DENIED_JUST_AFTER = re.compile(r"[\s\")]?(?:不|错|可?排除|除外|的可能性[小低])")
_MOST_PLACES = 20


def speaks_of(text: str, option: str, size: int) -> bool:
    """Whether an option of at least two Han characters stands in a text as a thing of its own, undenied.

    Han has no spaces, so a text also stands inside longer words (`肾上腺素` in `去甲肾上腺素`): something that leads up
    to it must stand before it, and the clause must end after it.
    """
    return size > 1 and any(
        _LEADS.search(before) and re.match(rf"$|[^{HAN}A-Za-z0-9?]", after) and not _is_denied(before, after)
        for before, after in _places(text, option)
    )


def is_left_open(text: str, option: str) -> bool:
    """Whether an option stands in a text somewhere where the words next to it do not deny it."""
    return any(
        not (_DENIED_JUST_BEFORE.search(before) or _DENIED_JUST_AFTER.match(after))
        for before, after in _places(text, option)
    )


def _places(text: str, option: str) -> Iterator[tuple[str, str]]:
    """What stands before and after an option in a text, at its first places."""
    at = text.find(option) if re.search(f"[{HAN}]{{2}}", option) else -1
    for _ in range(_MOST_PLACES):
        if at < 0:
            return
        yield text[max(at - 6, 0) : at], text[at + len(option) : at + len(option) + 4]
        at = text.find(option, at + 1)


def _is_denied(before: str, after: str) -> bool:
    return bool(_DENIALS.search(before) or _DENIALS.search(after))
