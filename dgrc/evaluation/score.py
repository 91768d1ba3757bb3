"""Answers against labels: which are right, and how sure is the share of right ones?

A model's answer and the question's label and choices flow in; a boolean, and over all questions an
`Accuracy` with its Wilson interval, flow out. Pure. Equality of answers is the method's own
(`dgrc.method.compare`), so that a model is scored by the measure by which chains were held against each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dgrc.errors import EvaluationError
from dgrc.method import meaning
from dgrc.method.compare import same_answer
from dgrc.method.interval import wilson
from dgrc.method.reading import in_tags, last_tagged, one_answer
from dgrc.method.reading.marks import plain
from dgrc.method.reading.options import Options, bare, letter
from dgrc.method.reading.sets import letters_in


@dataclass(frozen=True)
class Accuracy:
    """`right` of `n` answers, their share and its interval; `unparsed` answers could not be read and count as wrong."""

    right: int
    n: int
    accuracy: float
    low: float
    high: float
    unparsed: int


def expected_answer(label: str | None, choices: Sequence[str], form: str = "auto", several: bool = False) -> str:
    """The answer that a label stands for, in the form in which chains answer: a letter, where `several` options may be
    right the sorted letters of all that are (`ABD`), or normalized text.

    A label may be the letter, the option's text, both (`B. text`), or a whole worked reply that ends in
    `<answer>...</answer>`; of a question with several right options a list of these.

    Raises:
        EvaluationError: there is no label, or it names none of the options (a number does not: it may count
            from 0 or from 1), or it cannot be told which it names.
    """
    if label is None:
        raise EvaluationError(
            "A held-out question has no label, so nothing can be scored on it. "
            "Name the label's column in `evaluation.fields.label`, or leave the question out."
        )
    expected = in_tags(label, choices, form, several)
    if expected is None:
        expected = in_tags(f"<answer>{label}</answer>", choices, form, several)
    if choices and (problem := _in_doubt(label, Options.of(choices, several), expected)):
        raise EvaluationError(f"A held-out question has the label {label[:80]!r}, which {problem}")
    if expected is None:
        raise EvaluationError(
            f"A held-out question has the label {label[:80]!r}, but wanted is {_wanted(choices, form, several)}. "
            "Mend the label, or name the right column in `evaluation.fields.label`."
        )
    return expected


def _wanted(choices: Sequence[str], form: str, several: bool) -> str:
    if not choices:
        wanted = {"number": "a number", "yes_no": "yes or no", "yes_no_maybe": "yes, no or maybe"}
        return wanted.get(form, "any text that is not empty")
    options = "; ".join(choice[:40] for choice in choices)
    which = "letters, such as `AC`," if several else "a letter"
    whole = "whole texts of some" if several else "the whole text of one"
    return f"{which} from A to {letter(len(choices) - 1)} or {whole} of these options ({options})"


def _in_doubt(label: str, options: Options, expected: str | None) -> str | None:
    """Why it cannot be told which option a label names, if so."""
    said = plain(last_tagged(label) or label)
    by_text, listed = options.by_whole_text(bare(said)), letters_in(options, said) or []
    named = bare(said).upper()
    if by_text and named in options.letters and options.same(named) != options.same(by_text):
        letters = f"the letter of one option and the text of another. Give both, `{named}. TEXT` or `{by_text}. TEXT`"
        return f"is {letters}: the options are {'; '.join(options.exact)[:200]}."
    listed = sorted({*map(options.same, listed)})
    if len(listed) < 2 or (expected is not None and not options.several):
        return None
    if by_text:
        return f"lists the options {', '.join(listed)} and is the text of option {by_text}. Part letters by commas."
    if options.several:
        return None
    return (
        f"names several options ({', '.join(listed)}), where one is right. If several may be, say so for this question "
        "in a column `several` (`evaluation.fields.several`); else mend the label."
    )


def is_right(
    answer: str | None,
    label: str | None,
    choices: Sequence[str],
    form: str = "auto",
    tolerance: float = 0.0,
    several: bool = False,
    question: str = "",
) -> bool:
    """Whether a chain's answer equals the label; an answer that could not be read (None) does not.

    Two options of one text are one answer. Where `several` options may be right, the sets must be equal. `form` and
    `tolerance` are those of `method.answers` and `method.number_tolerance`; `question` is the question's text, which
    may say the unit of a bare number.

    Raises:
        EvaluationError: the label is missing or unusable.
    """
    expected = expected_answer(label, choices, form, several)
    if answer is None:
        return False
    if same_answer(one_answer(answer, choices, several) if choices else answer, expected) is True:
        return True
    return not choices and meaning.same(answer, expected, form, tolerance, question)


def accuracy(right: Sequence[bool], unparsed: int, confidence: float) -> Accuracy:
    """The share of right answers with its Wilson interval at `confidence` (0.95 for 95 %).

    Raises:
        EvaluationError: there are no answers.
    """
    if not right:
        raise EvaluationError("There are no held-out questions to score on. Name labeled files in `evaluation.files`.")
    successes, n = sum(map(bool, right)), len(right)
    low, high = wilson(successes, n, confidence)
    return Accuracy(successes, n, successes / n, low, high, unparsed)
