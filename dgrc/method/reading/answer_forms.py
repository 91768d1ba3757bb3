"""Answers by their form: measures, yes or no, plain text. A text flows in; one spelling of it flows out.

Two notions live here and nowhere else: how an answer is written once its form is known (`canonical`), and when two such
answers are the same (`same`). What a measure says is `quantities`' matter. Letters of options are `sample`'s: they are
equal or not.
"""


from dgrc.method import quantities
from dgrc.method.reading.verdicts import same_modal, verdict
from dgrc.method.text.markup import DEPTH, unwrap
from dgrc.method.text.normalize import normalize

FORMS = ("auto", "text", "number", "yes_no", "yes_no_maybe")


def canonical(answer: str, form: str) -> str | None:
    """The one spelling of an answer of that form; None if it is not of the form, or empty.

    `number` gives a measure with its units' full names (`5 kilometer`, `2 to 4 week`, `120/80 millimeter_hg`); an
    answer that is not understood to its end is none. `yes_no` gives `yes` or `no`, `yes_no_maybe` also `maybe`
    (`verdicts`). The others give normalized text, without LaTeX and Markdown; `auto` spells out a measure that would
    not survive lower case (5 MW).
    """
    if form == "number":
        found = quantities.parse(answer)
        return None if found is None else quantities.spell(found)
    if form in ("yes_no", "yes_no_maybe"):
        return verdict(answer, maybe=form == "yes_no_maybe")
    text = _bared(answer)
    if form == "auto" and (cased := _cased(answer, text)) is not None:
        return cased
    return text or None


def _bared(answer: str) -> str:
    """Normalized text without markup, nor that which stands inside quotation marks."""
    text = answer
    for _ in range(DEPTH):
        if (plain := normalize(unwrap(text))) == text:
            break
        text = plain
    return text


def value(answer: str, form: str, question: str = "") -> quantities.Value | None:
    """What an answer measures, with the unit that the question says for a bare number; None if it is no measure, or
    measures are not compared in that form."""
    found = quantities.parse(answer) if form in ("number", "auto") else None
    return None if found is None else quantities.resolved(found, question)


def same(a: str, b: str, form: str, tolerance: float, question: str = "") -> bool:
    """Whether two canonical answers are the same.

    Measures are compared by value (5 km is 5000 m, 98.6 \u00b0F is 37 \u00b0C), within a relative `tolerance`; a bare
    number equals one with a unit only where the question says the unit. `auto` compares as measures, or as yes, no and
    maybe, what is nothing else on both sides.
    """
    if a == b:
        return True
    one, two = value(a, form, question), value(b, form, question)
    if one is not None and two is not None:
        return quantities.same(one, two, tolerance)
    if form == "auto" and a.isalpha() and b.isalpha() and same_modal(a, b):
        said = verdict(a, maybe=True), verdict(b, maybe=True)
        return None not in said and said[0] == said[1]
    return False


def _cased(answer: str, text: str) -> str | None:
    """What keeps a measure apart from what lower case would make of it: its spelling (5 MW), or for a text that only
    then would be one, the text as written (5 MSv); None where case says nothing."""
    found = quantities.parse(answer)
    if found == quantities.parse(text):
        return None
    if found is not None:
        return quantities.spell(found)
    kept = " ".join(quantities.plain(answer).split())
    return kept if quantities.parse(kept) is None else None


