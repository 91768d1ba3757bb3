r"""LaTeX and Markdown round an answer. A text flows in; what it says without its markup flows out.

`\boxed{5\,\text{mg}}`, `**5 mg**`, `$5$ mg` and `5 mg` mean the same. A dollar sign is maths only where a second one
closes it as it would in a document (nothing but the answer stands between, and no digit follows): `$5` is money.
"""

import re

_ANY = re.compile(r"[\\*_`${}#~]")
_ESCAPED = re.compile(r"\\([%$&#_])")
_MATHS = re.compile(r"\\[()\[\]]|\$\$")
_DOLLARS = re.compile(r"(?<![\w$\\])\$(?!\s)((?:[^$\\\n]|\\[^\n]){1,400})(?<!\s)\$(?![0-9$])")
_WRAPPED = re.compile(
    r"\\(?:boxed|fbox|mbox|text(?:bf|it|rm|sf|tt|sc|up|normal)?|math(?:rm|bf|it|sf|tt|bb|cal|normal)|operatorname|emph|"
    r"underline|bm|boldsymbol|mathop|hbox|ensuremath|displaystyle|ce|pu)\s*+\{([^{}]*+)\}"
)
_UNIT = re.compile(r"\\(?:SI|qty)\s*+\{([^{}]*+)\}\s*+\{([^{}]*+)\}")
_FRACTION = re.compile(r"([0-9]?) ?\\[dtc]?frac\s*+(?:\{([^{}]*+)\}\s*+\{([^{}]*+)\}|([0-9])\s*+([0-9]))")
_POWER = re.compile(r"([\^_])\s*+\{([^{}]*+)\}")
_GROUPED = re.compile(r"(?<=[0-9])\{,\}(?=[0-9])")
_SPACE = re.compile(
    r"\\(?:[,;:! ]|quad\b|qquad\b|enspace\b|thinspace\b|displaystyle\b|textstyle\b|left\b|right\b|[bB]igg?[lr]?\b)"
)
_TIE = re.compile(r"(?<=[\w}{%)])~(?=[^\W0-9]|\\)")
_DEGREE = re.compile(r"\^? ?(?:\{ ?)?\\(?:circ|degree)\b(?: ?\})?")
_SIGNS = {
    "times": "\u00d7", "cdot": "\u00b7", "pm": "\u00b1", "leqslant": "\u2264", "leq": "\u2264", "le": "\u2264",
    "geqslant": "\u2265", "geq": "\u2265", "ge": "\u2265", "lt": "<", "gt": ">", "approx": "\u2248", "sim": "~",
    "mu": "\u03bc", "Omega": "\u03a9", "percent": "%", "textdegree": "\u00b0", "textmu": "\u03bc", "pounds": "\u00a3",
    "euro": "\u20ac", "textdollar": "$", "neq": "\u2260", "div": "/", "to": "\u2192", "rightarrow": "\u2192",
}  # fmt: skip
_SIGN = re.compile(r"\\(" + "|".join(_SIGNS) + r")(?![A-Za-z])\s?")
_BRACES = re.compile(r"(?<![\\A-Za-z])\{([^{}]*+)\}")
_BOLD = re.compile(r"\*{2,3}([^*]++)\*{2,3}")
_STARRED = re.compile(r"(?<![\w*])\*(?!\s)([^*]*+)(?<!\s)\*(?![\w*])")
_UNDERLINED = re.compile(r"(?<![^\W_])(_{1,3})(?![\s_])([^_]++)(?<!\s)_{1,3}(?![^\W_])")
_CODE = re.compile(r"`{1,3}([^`]++)`{1,3}")
_HEADING = re.compile(r"^#{1,6}[ \t]++", re.MULTILINE)
DEPTH = 6
"""Layers of markup that are taken off; no answer has more."""


def unwrap(text: str) -> str:
    """The text without LaTeX's and Markdown's marks: `\\frac{1}{2}` is `1/2`, `5\\%` is `5%`, `10^{9}` is `10^9`.

    What is no markup stays as it is, single spaces and money among it. Linear in the length of the text.
    """
    for _ in range(DEPTH):
        if _ANY.search(text) is None:
            return text
        plain = _once(text)
        if plain == text:
            return text
        text = plain
    return text


def _once(text: str) -> str:
    if "{" in text:
        text = _GROUPED.sub(",", _POWER.sub(r"\1\2", text))
    if "\\" in text:
        text = _latex(text)
    if "$" in text:
        text = _DOLLARS.sub(r"\1", _MATHS.sub("", text))
    if "\\" in text:
        text = _ESCAPED.sub(r"\1", text)
    if "*" in text:
        text = _STARRED.sub(r"\1", _BOLD.sub(r"\1", text))
    if "_" in text:
        text = _UNDERLINED.sub(r"\2", text)
    if "`" in text:
        text = _CODE.sub(r"\1", text)
    if "#" in text:
        text = _HEADING.sub("", text)
    return text


def _latex(text: str) -> str:
    text = _MATHS.sub("", _TIE.sub(" ", text.replace("{~", "{ ")))
    text = _SIGN.sub(lambda match: _SIGNS[match.group(1)], _DEGREE.sub("\u00b0", text))
    text = _UNIT.sub(r"\1 \2", _WRAPPED.sub(r"\1", text))
    text = _FRACTION.sub(_fraction, text)
    return _BRACES.sub(r"\1", _SPACE.sub(" ", text))


def _fraction(match: re.Match[str]) -> str:
    before, above, below, one, other = match.groups()
    above, below = (one, other) if above is None else (above.strip(), below.strip())
    parts = [part if part.isalnum() or part.replace(".", "").isdigit() else f"({part})" for part in (above, below)]
    return (f"{before} " if before else "") + "/".join(parts)
