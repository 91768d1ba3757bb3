"""What decides in a text whose script puts no spaces between words, set apart before it is cut into bigrams. Text in,
text with spaces out.

In bigrams a negation would be hidden (`不得` and `得转` of `不得转让`) and a number would be many words. So negations
become words of their own, and numbers in Han characters are written in digits, which is also how `三十日` and `30日`
are one. Some fixed words with such characters are no numbers (`一般`), and what asks (`是否`) denies nothing.
"""

import re
from collections.abc import Sequence

from dgrc.method.text.numerals import DIGITS, UNITS, by_units
from dgrc.method.text.segment import spaceless

NEGATIONS = frozenset("不 未 无 無 非 否 勿 莫 毋 没 ない ไม មិ ບໍ".split())
"""The words that negations become."""
_ASKED = re.compile("是否|(?<=[能可会應应當当需])否|([是有能会應应當当可需])(?:不|没)\\1")
_DENIED = re.compile("[没沒]有?|[不未无無非否勿莫毋]|ません|な(?:い|く|かっ|し)|ไม่|មិន|ບໍ່")
_ALIKE = {"沒": "没", "ま": "ない", "な": "ない", "ไ": "ไม", "ម": "មិ", "ບ": "ບໍ"}

_FORMAL = frozenset("壹贰貳叁肆伍陆陸柒捌玖拾佰仟")
"""For bank notes; some also stand in common words (`大陆`), so that one alone is no number."""
_LONGEST = 24
"""Characters of a number that is worked out; longer rows of numerals stay as they are."""
_NUMERAL = "".join((*DIGITS, *UNITS))
_NUMBER = re.compile(
    "(?P<word>统一|唯一|万一(?![元千百十万亿])|十分(?!之)|一(?:般|定|样|直|切|致|旦|并|律|同|起|些)|百姓)"
    f"|(?P<share>[百千])分之(?P<of>[{_NUMERAL}]+)"
    f"|(?<![\\d.,])(?P<arabic>\\d{{1,15}}(?:\\.\\d{{1,9}})?)(?P<times>[十百千]?[万亿萬億])"
    f"|(?P<whole>[{_NUMERAL}]+)(?:点(?P<decimals>[{''.join(DIGITS)}]{{1,9}})(?![{_NUMERAL}]))?"
)

# Small words of Chinese that carry no fact, as `the`, `of`, `is` and `what` carry none.
_SMALL = re.compile(
    "[请請][问問]|什[么麼]样?|甚[么麼]|哪(?:些|个|個|種|种|一[个個种種])|(?<![目标])的|(?<![还還])是(?![非否不])|(?<![为除])了(?![解结如然])"
    "|[吗嗎呢吧嘛](?=\\W|$)"
)

_OPPOSED = (
    "上下 左右 前后後 先后後 早中晚 高低 升降 增减減 大小 急慢亚 善恶惡 原被 "
    "甲乙丙丁戊己 父母 男女 子女 轻重輕重 酸碱鹼 阴阳陰陽 内外內 长短長 快慢 近远遠 主从從 买卖買賣 "
    "抵质留 动静動靜 故过過 强弱強 深浅 生死 公私 正负反負 加减減 应可必應 出承 让受 赠受 权务權務 "
    "兴抑興 缩张舒縮張 始终 进出進 入出 吸呼 老幼 新旧舊 冷热寒熱 虚实虛實 单双單雙 合违違 胜败勝敗 真假 "
    "钾钠钙镁氯磷铁 肝肾肺心脾胃脑肠胆 东南西北 民刑行 日月年周时分秒 借贷 夫妻 兄弟姐妹 首末 多少 松紧 开闭開閉"
).split()
"""Characters of which one in place of another makes another fact: `以上` and `以下`, `原告` and `被告`."""
_MOST_OPPOSED = 24
"""Words by which two texts may differ and still be held against each other so: in more there are some by chance."""
_LATIN = re.compile("[A-Za-z]")


def opposed(words: Sequence[str], others: Sequence[str]) -> bool:
    """Whether of the words that only one of two texts has, some say the opposite of some that only the other has.

    In bigrams a character that is another is two words of forty, by which two facts would be one. A name in Latin
    letters in place of another one (`A型`, `B型`) is an opposite too.
    """
    ones, twos = {*words}.difference(others), {*others}.difference(words)
    if not ones or not twos or len(ones) + len(twos) > _MOST_OPPOSED or not any(map(spaceless, words)):
        return False
    if all(any(map(_LATIN.match, only)) for only in (ones, twos)):
        return True
    one, two = {*"".join(ones)}, {*"".join(twos)}
    return any(one.difference(two).intersection(group) and two.difference(one).intersection(group)
               for group in _OPPOSED)  # fmt: skip


def set_apart(text: str) -> str:
    """The text with spaces around its negations and its numbers in digits."""
    text = _DENIED.sub(_denial, _ASKED.sub(lambda match: f" {match.group(1) or ''} ", text))
    return _NUMBER.sub(_number, text)


def without_small_words(text: str) -> str:
    """The text with spaces for the small words that carry no fact."""
    return _SMALL.sub(" ", text)


def _denial(match: re.Match[str]) -> str:
    first = match.group()[0]
    return f" {_ALIKE.get(first, first)} "


def _number(match: re.Match[str]) -> str:
    if match["word"]:
        return match.group()
    if match["share"]:
        return f" {_value(match['of'])} {'%' if match['share'] == '百' else '‰'} "
    if match["arabic"]:
        times = UNITS[match["times"][-1]] * (UNITS[match["times"][0]] if len(match["times"]) > 1 else 1)
        whole, _, decimals = match["arabic"].partition(".")
        value = str(int(whole + decimals) * times).zfill(len(decimals) + 1)
        point = len(value) - len(decimals)
        return f" {value[:point]}.{value[point:]}".rstrip("0").rstrip(".") + " "
    whole = match["whole"]
    if len(whole) > _LONGEST or (len(whole) == 1 and whole in _FORMAL):
        return match.group()
    decimals = "".join(str(DIGITS[digit]) for digit in match["decimals"] or "")
    return f" {_value(whole)}{'.' * bool(decimals)}{decimals} "


def _value(numerals: str) -> str:
    """The number that numerals name, in digits: by their places (`二〇二〇`) or by their units (`三百一十二`)."""
    if len(numerals) > _LONGEST or not any(numeral in UNITS for numeral in numerals):
        return "".join(str(DIGITS.get(numeral, numeral)) for numeral in numerals)
    return str(by_units(numerals))
