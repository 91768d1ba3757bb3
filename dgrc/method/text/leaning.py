"""Whether a question leans on options that it does not show. An atomic question flows in, yes or no flows out.

Whoever answers an atom has not seen the question it came from, so `which of the following` or 下列哪项 asks of nothing,
unless the alternatives stand in the atom itself. In doubt it does not lean: the word `option` has a life of its own in
contracts, shares and treatments, and 以下 is also `under` (14周岁以下).
"""

import re

from dgrc.method.text.normalize import nfkc

_OPTIONS = "(?:answer )?(?:options?|choices?|alternatives?)"
_TRUE = "(?:correct|incorrect|true|untrue|false|right|wrong|accurate|inaccurate)"
_NO_OPTIONS = "(?! (?:equation|formula|sentence|passage)s?\\b)"
_LEANING = re.compile(
    # `which of the following`, `all of the following`, `of the following drugs, which`, and a list that is to come
    r"\b(?:which|what|who|one|all|each|any|none|some|either|both|two|three|most|of|among|amongst|from) (?:of )?"
    rf"the following\b{_NO_OPTIONS}|\bwhich(?: one)? of following\b"
    rf"|^(?:given |in |for )?the following\b{_NO_OPTIONS}|\bthe following(?: \w+)?\W*$"
    r"|\bwhich(?: one)? of the (?:above|below|listed|given|mentioned|statements?\b(?! (?:of|by|made|in|under)))"
    r"|\bwhich(?: one)? of the (?:\w+ ){1,2}(?:above|below|listed)\b(?! (?:in|on|by|at)\b)"
    # options by that name, where they are no rights or treatments
    r"|\b(?:of|among|amongst|from|in) (?:all )?(?:the|these|those) (?:\w+ )?"
    r"(?:options(?! (?:granted|held|exercised))|answer choices|choices(?! of)|alternatives)\b"
    r"|\b(?:which|what) (?:answer )?(?:option|choice|alternative)s?\b(?! (?:of|for|to|contracts?|agreements?|holders?|"
    r"prices?|pricing|exists?|does|do|did|can|could|may|might|must|should|has|have|had)\b)"
    rf"|\bthe (?:(?:in)?correct|right|wrong|given|listed|provided|above|other|remaining) {_OPTIONS}\b(?! of\b)"
    r"|\bthe (?:first|second|third|fourth|fifth|last) option\b(?! (?:contract|agreement|to)\b)"
    # statements one of which is true, and lists that all but one belong to
    r"|\b(?:which|what) (?:of the )?(?:statement|assertion|claim|proposition|answer)s?\b[^?]{0,80}?"
    rf"(?: (?:is|are)(?: [\w-]+){{0,2}}? {_TRUE}\b| (?:best|correctly|accurately|most) )"
    rf"|^which(?: one)? (?:is|are) (?:(?:not|most|least) )?{_TRUE}\b"
    r"|^which(?: one)? (?:is|are) not\b"
    r"|\bexcept(?: for)?\b\W*(?:(?:which|what)(?: one)?)?\W*$",
    re.IGNORECASE,
)
_OF_THESE = re.compile(
    r"^(?:[\w-]+ ){0,2}(?:which|what|who)(?: one)? of (?:these|those)\b|^of (?:these|those)\b", re.IGNORECASE
)
"""Further back in a sentence these are what was named before."""
_BY_LETTER = re.compile(
    r"\b(?:[Oo]ptions?|[Cc]hoices?|[Aa]nswers?|[Ss]tatements?) \(?(?:[A-E]|[1-5]|I{1,3}|IV)\)?(?![\w'-])"
)
_SHOWN = re.compile(
    r":\s*\S.*(?:\bor\b|[,;])"
    r"|[,;]\s*(?:is it |either )?[^,;?]+(?:, [^,;?]+)*,? or [^,;?]+\W*$"
    r"|, [^,?]+(?:, [^,?]+)*,? and [^,?]+, (?:which|what|who)\b"
    r"|(?:\((?:[A-E])\) ?(?!and\b|or\b|both\b)\w[^()]*){2}"
    r"|(?:[\"\u201c][^\"\u201c\u201d]+[\"\u201d].*){2}",
    re.IGNORECASE | re.DOTALL,
)
"""Alternatives that stand in a question: behind a colon, at its end with an `or`, with letters, in quotation marks."""

_UNITS = "0-9一二三四五六七八九十百千万岁年月日天周时分秒度元级柱位克升米倍%"
_HERE = f"(?:[下上]列|[上前]述|[下上]面|以上|(?<![{_UNITS}])以下)"
_SAYING = "(?:说法|表述|叙述|描述|陈述|观点|判断)"
_RIGHT = "(?:不?正确|错误|不对|有误|不当)"
_LEANING_HAN = re.compile(
    f"{_HERE}(?!情[形况]之一)[^。？?:]{{0,40}}?(?:哪|何种|各项|{_SAYING})"
    f"|{_HERE}[^。？?:]{{0,40}}(?:{_RIGHT}|中，?[^，。？?]{{0,4}}(?:属于|符合))"
    f"|{_HERE}[^。？?]{{0,60}}(?:是|有|为)\\W*$"
    "|(?<!治疗)(?<!用药)(?<!手术)选项"
    "|(?<![A-Za-z])[A-E]项"
    f"|哪一?[项个种条些]?(?:的)?{_SAYING}[^，。？?]{{0,12}}?{_RIGHT}"
    f"|哪一?[项个](?:是|为)?{_RIGHT}的"
    f"|{_SAYING}中?，?{_RIGHT}的(?:是|有)"
    "|除外\\W*$"
)
_SHOWN_HAN = re.compile("还是|:.*(?:或|[、，；;,])")
_LONGEST = 2000
"""Characters that are looked at; nothing longer is one question."""
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")


def leans_on_options(atom: str) -> bool:
    """Whether a question asks of options, statements or a list that it does not show, in English or Chinese."""
    text = " ".join(nfkc(atom[:_LONGEST]).split())
    han = _HAN.search(text) is not None
    patterns, shown = ((_LEANING_HAN,), _SHOWN_HAN) if han else ((_LEANING, _OF_THESE, _BY_LETTER), _SHOWN)
    if han:
        text = text.replace(",", "，")
    found = [match.start() for pattern in patterns if (match := pattern.search(text))]
    return bool(found) and shown.search(text, min(found)) is None  # what stands before is the case, not its options
