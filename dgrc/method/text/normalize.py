"""Text in one spelling: what two writers may write differently and still mean the same, made equal."""

import functools
import re
import unicodedata

_SUPERSCRIPT = re.compile("[\u2070\u00b9\u00b2\u00b3\u2074-\u207b]+")
_NUMERAL = re.compile(r"(?<![\w.,])([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(\.[0-9]+)?(?!\w|[.,][0-9])")
_NUMBER = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?")
_MARKS = re.compile("(?:[^\\w\\s\\x00-\\x7f]|[\uff9e\uff9f]){31,}")
"""More signs in a row, none a letter, than any script puts on one; some of them may be combining marks."""
_JOINER = "\u034f"
_QUOTES = "\"'`\u201c\u201d\u2018\u2019\u300c\u300d\u300e\u300f*"


def fold(text: str) -> str:
    """NFKC, with one kind of minus and apostrophe, and exponents kept apart (10\u00b2 is 10^2, not 102)."""
    text = _SUPERSCRIPT.sub(lambda match: "^" + match.group(), text)
    return nfkc(text).replace("\u2212", "-").replace("\u2019", "'")


def nfkc(text: str) -> str:
    """NFKC in linear time: runs of more than 30 combining marks are broken up (Unicode's Stream-Safe Text Format).

    Marks are sorted by insertion, so that a run of 100,000 would take minutes.
    """
    return unicodedata.normalize("NFKC", _MARKS.sub(_broken_up, text))


def _broken_up(match: re.Match[str]) -> str:
    run = match.group()
    if not any(unicodedata.combining(unicodedata.normalize("NFKD", sign)[0]) for sign in run):
        return run
    return _JOINER.join(run[at : at + 30] for at in range(0, len(run), 30))


@functools.lru_cache(maxsize=1024)  # the chains of a question give few answers, each asked about several times
def normalize(text: str) -> str:
    """The form in which answers are compared: case, width, spacing, outer quotes and final punctuation do not
    count, and a number has one spelling (`1,000.0` is `1000`, `.50` is `0.5`).

    Inside longer text only thousands commas and all-zero decimals are dropped: section 12.10 is not 12.1.
    """
    text = " ".join(nfkc(fold(text).casefold()).split())
    text = text.strip(_QUOTES + " ").rstrip(".,;:? \u3002\u3001" + _QUOTES)
    text = _NUMERAL.sub(_plain_numeral, text)
    number = _NUMBER.fullmatch(text)
    return _number(*number.groups(default="")) if number and any(map(str.isdigit, text)) else text


def _plain_numeral(match: re.Match[str]) -> str:
    decimals = match.group(2) or ""
    return match.group(1).replace(",", "") + (decimals if decimals.strip(".0") else "")


def _number(sign: str, whole: str, decimals: str) -> str:
    value = (whole.lstrip("0") or "0") + ("." + decimals.rstrip("0")).rstrip(".")
    return "-" + value if sign == "-" and value != "0" else value
