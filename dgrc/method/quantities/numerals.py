"""Numbers in figures and in words. Tokens flow in; exact fractions flow out, with how many tokens they took."""

import re
from collections.abc import Sequence
from fractions import Fraction

_GROUPED = r"[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]{1,3}(?: [0-9]{3})+(?![0-9])|[0-9]{1,3}(?:'[0-9]{3})+(?![0-9])"
_INDIAN = r"[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}(?![0-9])"
_POWER = r"(?:[eE][+-]?[0-9]{1,3}(?!\w))?"
FIGURES = rf"(?:{_GROUPED}|{_INDIAN}|[0-9]+)(?:\.[0-9]+)?{_POWER}|\.[0-9]+{_POWER}"
"""A number without a sign: thousands by comma, space or apostrophe, decimals by a point, a power of ten."""
_MARKS = re.compile(r"[ ,']")
LARGEST_POWER = 99
MOST_DIGITS, MOST_BITS = 100, 326
"""Larger powers of ten, and numbers of more digits, measure nothing."""

_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
ONES = {word: n for n, word in enumerate(f"zero one two three four five six seven eight nine {_TEENS}".split())}
TENS = {word: 10 * n for n, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
PARTS = {
    word: Fraction(1, n)
    for n, words in {2: "half halves", 3: "third thirds", 4: "quarter quarters fourth fourths", 5: "fifth fifths",
                     6: "sixth sixths", 8: "eighth eighths", 10: "tenth tenths"}.items()
    for word in words.split()
}  # fmt: skip
SCALES = {
    "hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "lakh": 10**5,
    "crore": 10**7, "millions": 10**6, "billions": 10**9, "dozen": 12,
}  # fmt: skip
OF_MONEY = {
    "k": 10**3, "K": 10**3, "m": 10**6, "M": 10**6, "mn": 10**6, "mln": 10**6, "mio": 10**6, "mm": 10**6,
    "MM": 10**6, "b": 10**9, "B": 10**9, "bn": 10**9, "Bn": 10**9, "BN": 10**9, "bln": 10**9, "tn": 10**12,
    "trn": 10**12, "T": 10**12, "mil": 10**6,
}  # fmt: skip
"""What is short for a scale beside a currency; elsewhere `m` is the metre."""
WORDS = frozenset((*ONES, *TENS, *PARTS, *SCALES)) - {"third", "thirds", "fourth", "fifth", "sixth", "eighth", "tenth"}
"""A text without figures and without any of these states no number."""
SCHEDULES = frozenset("once twice thrice daily weekly monthly hourly bid tid qid qd every".split())
"""Words that may state how often without a number."""


def figures(token: str) -> Fraction | None:
    """The number of a token that `FIGURES` matches; None if it is another, or beyond anything that is measured."""
    if not token.isascii():  # other scripts, and signs as \u2780, have digits too
        return None
    digits, _, power = token.lower().partition("e")
    whole, _, decimals = _MARKS.sub("", digits).partition(".")
    exponent = int(power or 0)
    if abs(exponent) > LARGEST_POWER or len(digits) > MOST_DIGITS:
        return None
    value = Fraction(int(whole + decimals), 10 ** len(decimals))
    if exponent:
        value *= Fraction(10) ** exponent
    return value if measurable(value) else None


def measurable(value: Fraction) -> bool:
    """Whether a number is of a size that can be written with a power of ten that `figures` reads."""
    return max(value.numerator.bit_length(), value.denominator.bit_length()) <= MOST_BITS


def in_words(tokens: Sequence[str], at: int) -> tuple[Fraction, int] | None:
    """The number that words state from a place on, and the place after it: `twenty - one`, `one and a half`, `two
    thirds`, `a hundred`; None if there is none."""
    word = tokens[at]
    if word in PARTS and word in ("half", "quarter"):
        return PARTS[word], _past(tokens, at + 1, ("a", "an", "of"))
    found = _below_hundred(tokens, at)
    if found is None:
        if word not in ("a", "an") or tokens[at + 1] not in (*SCALES, *PARTS):
            return None
        found = 1, at + 1
    count, at = found
    if tokens[at] == "hundred":
        count, at = _hundreds(tokens, 100 * count, at + 1)
    elif count and tokens[_past(tokens, at, ("-",))] in PARTS:
        at = _past(tokens, at, ("-",))
        return count * PARTS[tokens[at]], _past(tokens, at + 1, ("a", "an", "of"))
    return with_half(tokens, Fraction(count), at)


def with_half(tokens: Sequence[str], count: Fraction, at: int) -> tuple[Fraction, int]:
    """The number with the half or quarter that follows it: `one and a half`."""
    if tokens[at] == "and" and tokens[at + 1] in ("a", "one", "three"):
        past = _past(tokens, at + 2, ("-",))
        if tokens[past] in ("half", "quarter", "third", "quarters"):
            times = 3 if tokens[at + 1] == "three" else 1
            return count + times * PARTS[tokens[past]], past + 1
    return count, at


def _below_hundred(tokens: Sequence[str], at: int) -> tuple[int, int] | None:
    word = tokens[at]
    if word in ONES:
        return ONES[word], at + 1
    if word not in TENS:
        return None
    past = _past(tokens, at + 1, ("-",))
    one = ONES.get(tokens[past], 0)
    return (TENS[word] + one, past + 1) if 0 < one < 10 else (TENS[word], at + 1)


def _hundreds(tokens: Sequence[str], count: int, at: int) -> tuple[int, int]:
    past = _past(tokens, at, ("and",))
    rest = _below_hundred(tokens, past)
    return (count + rest[0], rest[1]) if rest is not None else (count, at)


def _past(tokens: Sequence[str], at: int, small: tuple[str, ...]) -> int:
    return at + 1 if tokens[at] in small else at
