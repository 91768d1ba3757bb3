"""Chinese measures in the words of English ones. A text in Chinese flows in; one that the same grammar reads flows out.

Numerals become figures (`三万` is 30000, `百分之五` is 5 %), units and what stands beside them words. What is in no
table stays, so that no reader takes the rest for a measure.
"""

import re
from fractions import Fraction

from dgrc.method.text.numerals import DIGITS, UNITS, by_units

_ONE_SIGN = str.maketrans(
    "壹贰叁肆伍陆柒捌玖拾佰仟圆萬億兩週歲個時鐘點號", "一二三四五六七八九十百千元万亿两周岁个时钟点号"
)
"""Numerals of contracts, and traditional signs."""
_RUN = "[零〇一二两三四五六七八九十百千万亿]"
_NUMBER = rf"(?:{_RUN}+(?:点[零〇一二三四五六七八九]+)?|[0-9]+(?:,[0-9]{{3}})*(?:\.[0-9]+)?[十百千万亿]*)"
_SHARE = re.compile(rf"({_NUMBER})分之({_NUMBER})")
_WHOLE = re.compile(rf"(?!千[克米帕卡焦瓦伏])(?:{_NUMBER})")
_HALVES = re.compile(rf"(?<![0-9])半(?=个|年|天|日|小时|月|周)|({_NUMBER})(个)半(?=[^0-9])|(年|天|日|周|小时|个月)半")
_BETWEEN = re.compile(r"([0-9.]+)(年|个月|月|天|日|元|万元|岁)以上([0-9.]+)\2以下")
_TIMES = re.compile(r"(?:(?:每|一|1)(天|日|周|星期|月|年)|(?<![0-9])(日))(?:服用|服|给药)?([0-9]+)次")
_EVERY = re.compile(r"每(?:隔)?([0-9.]+)(小时|天|日|周|个月)(?:1次|一次)?")
_EACH = re.compile(r"每(分钟?|小时|时)([0-9.]+)([^0-9\s]{1,4}$)")
"""A rate with its time first: `每分钟50滴`."""
_PER_HOUR = re.compile("/时(?!间)")
_SPACED = re.compile(r"(?<=[0-9]) +(?=[万亿])")
_LEAD = re.compile(r"^(?:答[:：]\s*)?(?:一共|总共|共计|合计|共|需要|需)*(?=[0-9])")
_PERIODS = {"天": "day", "日": "day", "周": "week", "星期": "week", "月": "month", "个月": "month", "年": "year",
            "小时": "hour"}  # fmt: skip
_WORDS = {
    "微克": "mcg", "毫克": "mg", "公斤": "kg", "千克": "kg", "克": "g", "吨": "tonne", "市斤": "jin", "斤": "jin",
    "公里": "km", "千米": "km", "厘米": "cm", "毫米": "mm", "微米": "um", "纳米": "nm", "英里": "mile", "英尺": "ft",
    "英寸": "inch", "米": "m", "平方": "square", "立方": "cubic", "公顷": "hectare", "亩": "mu_land", "毫升": "mL",
    "微升": "uL",
    "分升": "dL", "升": "L", "小时": "h", "分钟": "min", "秒钟": "s", "秒": "s", "个工作日": "business day",
    "工作日": "business day", "个自然日": "day", "自然日": "day", "日历日": "day", "天": "day", "日": "day",
    "个星期": "week", "星期": "week", "个礼拜": "week", "周岁": "years old", "岁": "years old", "周": "week",
    "个月": "month", "个季度": "quarter_year", "季度": "quarter_year", "年": "year", "元人民币": "CNY", "人民币": "CNY",
    "美元": "USD", "美金": "USD", "欧元": "EUR", "英镑": "GBP", "日元": "JPY", "港元": "HKD", "港币": "HKD",
    "元": "CNY", "日間": "day", "日间": "day", "週間": "week", "周間": "week", "年間": "year", "時間": "h", "时間": "h",
    "か月": "month", "ヶ月": "month", "ケ月": "month", "カ月": "month", "箇月": "month", "か月間": "month",
    "ヶ月間": "month", "カ月間": "month", "歳": "years old", "円": "JPY", "ミリグラム": "mg", "グラム": "g",
    "キログラム": "kg",
    "块钱": "CNY", "摄氏度": "degree_celsius", "华氏度": "degree_fahrenheit", "摄氏": "", "毫米汞柱": "mmHg",
    "兆帕": "MPa", "千帕": "kPa", "千卡": "kcal",
    "千焦": "kJ", "千瓦": "kW", "千伏": "kV",
    "帕": "Pa", "焦耳": "J", "焦": "J", "大卡": "kcal", "卡路里": "cal", "卡": "cal", "瓦特": "W",
    "瓦": "W", "伏特": "V", "伏": "V", "毫安": "mA", "兆赫": "MHz", "赫兹": "Hz", "毫摩尔": "mmol", "微摩尔": "umol",
    "摩尔": "mol", "国际单位": "IU", "单位": "unit", "毫当量": "mEq", "滴": "drop", "片": "tablet", "粒": "capsule",
    "次": "times", "人": "person", "名": "", "每次": "", "比": ":", "内": "or less", "元整": "CNY", "个": "",
    "倍": "fold", "每": "per", "至少": "at least",
    "不少于": "at least", "不低于": "at least", "不得少于": "at least", "不得低于": "at least", "至多": "at most",
    "最多": "at most", "不超过": "at most", "不多于": "at most", "不高于": "at most", "不得超过": "at most",
    "超过": "more than", "多于": "more than", "高于": "more than", "大于": "more than", "少于": "less than",
    "低于": "less than", "小于": "less than", "不足": "less than", "不满": "less than", "未满": "less than",
    "及以上": "or more", "以上": "or more", "及以下": "or less", "以下": "or less", "以内": "or less",
    "之内": "or less",
    "约为": "about", "大约": "about", "大概": "about", "约": "about", "左右": "", "之间": "", "到": "to", "至": "to",
    "负": "-", "口服": "orally", "静脉注射": "intravenously", "静脉滴注": "intravenously",
    "静注": "intravenously",
    "肌内注射": "intramuscularly", "肌肉注射": "intramuscularly", "肌注": "intramuscularly",
    "皮下注射": "subcutaneously", "舌下含服": "sublingually", "有期徒刑": "of imprisonment", "监禁": "of imprisonment",
    "拘役": "of detention", "缓刑": "of probation", "胰岛素": "of insulin", "每日": "daily", "每天": "daily",
    "每周": "weekly", "每月": "monthly", "度": "degree", "分": "min", "票": "vote", "例": "case",
}  # fmt: skip
_WORD = re.compile("|".join(sorted(_WORDS, key=len, reverse=True)))
DAY = re.compile(r"(?:([12][0-9]{3})年)?(?:([0-9]{1,2})月(?:([0-9]{1,2})[日号])?)?")
"""A date in Chinese, with figures."""


def english(text: str) -> str:
    """The text with what is Chinese in the words of the grammar; dates stay (`figures` and `DAY` read them)."""
    said = _PER_HOUR.sub("/小时", _LEAD.sub("", figures(text)))
    said = _EACH.sub(lambda m: f"{m.group(2)}{m.group(3)}/{'小时' if m.group(1) == '时' else m.group(1)}", said)
    said = _BETWEEN.sub(r"\1 to \3\2", said)
    said = _TIMES.sub(lambda m: f" {m.group(3)} times a {_PERIODS[m.group(1) or m.group(2)]} ", said)
    said = _EVERY.sub(lambda m: f" every {m.group(1)} {_PERIODS[m.group(2)]} ", said)
    return _WORD.sub(lambda match: f" {_WORDS[match.group()]} ", said)


def figures(text: str) -> str:
    """The text with its numerals in figures."""
    text = _SPACED.sub("", text.translate(_ONE_SIGN)).replace("零下", "负")
    text = _HALVES.sub(_half, text)
    text = _SHARE.sub(_share, text)
    return _WHOLE.sub(lambda match: match.group() if match.group().isascii() else _written(_value(match.group())), text)


def _half(match: re.Match[str]) -> str:
    if match.group(1):
        return _written(_value(match.group(1)) + Fraction(1, 2)) + match.group(2)
    return f"{match.group(3)} and a half " if match.group(3) else "0.5"


def _share(match: re.Match[str]) -> str:
    below, above = _value(match.group(1)), _value(match.group(2))
    if below == 100:
        return _written(above) + "%"
    return f"({above.numerator}/{below.numerator})" if below and above.denominator == 1 else match.group()


def _written(value: Fraction) -> str:
    """In figures; what is read here has few decimals."""
    if value.denominator == 1:
        return str(value.numerator)
    return f"{float(value):.12f}".rstrip("0")


def _value(said: str) -> Fraction:
    """The number of a numeral: figures, signs, or figures with signs for powers of ten behind them."""
    head = re.match(r"[0-9][0-9,.]*", said)
    if head:
        value = Fraction(head.group().replace(",", ""))
        for sign in said[head.end() :]:
            value *= UNITS[sign]
        return value
    whole, _, decimals = said.partition("点")
    value = Fraction(_whole(whole))
    return value + Fraction(int("".join(str(DIGITS[d]) for d in decimals)), 10 ** len(decimals)) if decimals else value


def _whole(said: str) -> int:
    if len(said) > 1 and all(sign in DIGITS for sign in said):
        return int("".join(str(DIGITS[sign]) for sign in said))  # a year is said sign by sign
    return by_units(said)
