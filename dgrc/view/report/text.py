"""Text of a run in a page: anybody's words flow in, markup in which they are only words flows out.

As the pages of `dgrc view` have it (`static/dom.js`): what a reader would not see, or what turns the direction of all
that follows, is spelled out. There is no script in a report, so that long text is folded by the browser's own means,
and what is left out is said.
"""

import re

from markupsafe import Markup, escape

FOLD, MOST = 6_000, 24_000
"""Characters of a text that are shown at once, and at most; the page would have a megabyte else."""
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ud800-\udfff]"
)  # fmt: skip


def pieces(text: str) -> Markup:
    """The text with controls spelled out."""
    found, at = [], 0
    for match in HIDDEN.finditer(text):
        found += [escape(text[at : match.start()]), _spelled(match)]
        at = match.end()
    return Markup("").join([*found, escape(text[at:])])


def said(text: object, name: str = "bdi") -> Markup:
    """Somebody's words, kept apart from ours in direction too; in a `span` they go on in that of what is around."""
    of = Markup(name), Markup(" dir=auto" if name == "bdi" else "")
    return Markup("<{0}{1}>{2}</{0}>").format(*of, pieces("" if text is None else str(text)))


def folded(text: str, name: str = "bdi") -> Markup:
    """The text, the end of a long one behind a click, and of a very long one left out."""
    if len(text) <= FOLD:
        return said(text, name)
    rest, left_out = text[FOLD:MOST], len(text) - MOST
    words = f" … {left_out:,} more characters are not in this file." if left_out > 0 else ""
    return said(text[:FOLD], name) + Markup(
        "<details class=rest><summary>… the next {} of {} characters</summary>{}<span class=quiet>{}</span></details>"
    ).format(f"{len(rest):,}", f"{len(text):,}", said(rest, name), words)


def marked(text: str, span: tuple[int, int] | None) -> Markup:
    """The text with the sentence at which it parts from another marked."""
    if span is None:
        return folded(text)
    start, end = span
    before, sentence, after = (folded(part, "span") for part in (text[:start], text[start:end], text[end:]))
    return Markup(
        "<bdi dir=auto>{}<mark class=parting><span class=hidden>[they part here] </span>{}</mark>{}</bdi>"
    ).format(before, sentence, after)


def _spelled(match: re.Match[str]) -> Markup:
    return Markup('<span class=control title="a control character">U+{}</span>').format(f"{ord(match.group()):04X}")
