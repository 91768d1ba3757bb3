"""Where a document's authors cut it: lines that stand over what follows, and blocks of code that nothing cuts. A line
or a text in, yes or no, or ranges out."""

import re
from collections.abc import Iterator

from dgrc.method.text.segment import IDEOGRAPHIC, WEIGHT, spaceless, weight

LONGEST_HEADING = 12
"""Words of a line that can be a heading (`segment.count`)."""
_HEADING = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]|§+[ \t]*\d"
    r"|(?:article|section|sec\.|chapter|part|title|rule|schedule|annex|clause)[ \t]+[\dIVXLC]+\b"
    r"|[IVXLC]{1,6}\.[ \t]+\S|\d{1,3}(?:\.\d{1,3})*\.?[ \t]+[A-Z])",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"^[ \t]*(?:[IVXLC]{1,6}\.|\d{1,3}(?:\.\d{1,3})*\.?)[ \t]+")
_DIGIT = "0-9０-９零〇○一二两三四五六七八九十百千"
_UNSPACED_HEADING = re.compile(
    rf"\s*(?:#{{1,6}}\s|第\s?[{_DIGIT}]{{1,9}}\s?(?:分?编|編|章|节|節|条|條|款|部分|篇|卷|回|讲|課|课|单元)"
    rf"|[（(〔]\s?[{_DIGIT}]{{1,4}}\s?[）)〕]|[{_DIGIT}]{{1,4}}\s?[、．]"
    rf"|[0-9]{{1,3}}(?:\.\s*|(?:\.[0-9]{{1,3}}){{0,4}}\s+)(?=[{IDEOGRAPHIC}])"
    r"|[①-⑳㈠-㈩]|附\s?[则則录錄件表]|[总總分]\s?则\s*$|(?:序言|前言|引言|目录|目次|摘要|结论|结语|参考文献)\s*$|【[^】]{1,40}】"
    r"|[（(][^（）()]{1,30}[）)]\s*$|(?:หมวด|ภาค|ลักษณะ|ส่วนที่|บทที่|ข้อ|มาตรา)\s*\d)"
)
_ARTICLE = re.compile(
    rf"\s*(?:第\s?[{_DIGIT}]{{1,9}}\s?[条條](?:[之の][{_DIGIT}]{{1,3}})*(?![{_DIGIT}之の])"
    r"(?!\s?(?:第|规定|規定|所|的|和|与|及|或|至|、|，|中|以|后|前|到|までの|から|に|の|を))"
    r"|【[^】]{1,40}】|มาตรา\s*\d)"
)
_WITHIN = re.compile(rf"第(?<=[\s。；！？”）]第)(?=[{_DIGIT}]{{1,9}}(?:分?编|編|章|节|節|条|條)\s)")
_SAID = frozenset("。；;，,、.！!？?…")
"""How a line ends that says something; what a heading has is a name."""
_IN_CODE = re.compile(r"(?: {4}| {0,3}\t)[ \t]*#")
"""A comment in code that is set in: Markdown takes four spaces or a tab before a `#` for that."""
_FENCE = re.compile(r"(?:[ \t]*(?:>|[-*+][ \t]|\d{1,9}[.)][ \t]))*[ \t]*(`{3,}(?=[^`]*$)|~{3,})")


def is_heading(line: str) -> bool:
    """Whether a line stands over what follows: marked as a heading, or short and in capitals."""
    bare = line.strip()
    if _IN_CODE.match(line):
        return False
    if spaceless(bare):
        named = _UNSPACED_HEADING.match(bare) or _HEADING.match(line)
        says = bare[-1] in _SAID and bare[0] != "#"
        return named is not None and not says and weight(bare) <= LONGEST_HEADING * WEIGHT
    if bare.isupper():
        return _is_short(bare)
    if not bare or not _HEADING.match(line) or not _is_short(bare):
        return False
    return not (_NUMBERED.match(line) and bare[-1] in ".;,:")  # an item of a list, not a heading


def opens_article(line: str) -> bool:
    """Whether a line is the beginning of an article that has its number and its text in one line, as in the statutes of
    scripts without spaces; not a line that only speaks of one (`第三条规定的情形`)."""
    return not line.isascii() and _ARTICLE.match(line) is not None


def lines(text: str) -> Iterator[str]:
    """The lines of a text with their ends; a line that runs on over several articles, as what is taken from a web page
    does, is as many lines."""
    for line in text.splitlines(keepends=True):
        start = 0
        for found in _WITHIN.finditer(line) if not line.isascii() else ():
            yield line[start : found.start()]
            start = found.start()
        yield line[start:]


def _is_short(text: str) -> bool:
    """Whether a text has no more words than a heading, without looking at the rest of it."""
    return len(text.split(None, LONGEST_HEADING)) <= LONGEST_HEADING


def fences(text: str) -> list[tuple[int, int]]:
    """The ranges of Markdown's blocks of code, with their fences, in order.

    As CommonMark has it: a block opens with three or more backticks or tildes and closes with as many or more of the
    same alone in a line; one that is never closed reaches to the end, or to that of the quotation it stands in. It
    may be indented, as in a list.
    """
    return list(_fences(text)) if "```" in text or "~~~" in text else []


def _fences(text: str) -> Iterator[tuple[int, int]]:
    mark, quoted, start, place = "", False, 0, 0
    for line in text.splitlines(keepends=True):
        found = _FENCE.match(line)
        if mark and quoted and not line.lstrip().startswith(">"):
            yield start, place
            mark = ""
        if found and not mark:
            mark, start, quoted = found.group(1), place, ">" in found.group()
        elif found and found.group(1).startswith(mark) and not line[found.end() :].strip():
            yield start, place + len(line)
            mark = ""
        place += len(line)
    if mark:
        yield start, place
