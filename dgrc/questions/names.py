"""What people and published benchmarks call the columns of question files: names in, what they are known for out."""

import functools
import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from dgrc.config import FieldMap
from dgrc.questions.options import missing

TEXT = (
    "question", "text", "prompt", "query", "problem", "instruction", "input", "citing_prompt", "context", "statement",
    "stem", "问题", "题目", "题干",
)  # fmt: skip
CHOICES = (
    "choices", "options", "endings", "option_list", "option", "answer_choices", "answer_options", "alternatives",
    "candidates", "mc1_targets", "选项", "备选答案",
)  # fmt: skip
LABEL = (
    "label", "answer", "answer_idx", "answer_key", "answerkey", "correct_answer", "correct", "gold", "target", "cop",
    "final_decision", "答案", "正确答案",
)  # fmt: skip
SOURCE_ID = ("id", "_id", "qid", "question_id", "example_id", "source_id", "uid", "uuid", "idx", "index", "pubid")
SPREAD = (
    "op", "option", "option_", "choice", "choice_", "ending", "ending_", "holding_", "answer_", "选项", "",
)  # fmt: skip
"""What stands before a letter or a number in the names of columns that hold one option each."""
WRONG, WRONG_SPREAD = ("incorrect_answers", "distractors"), ("distractor", "incorrect_answer_")
"""The same of options that are wrong: the right one is elsewhere."""
ORDERS = ("abcdefghij", "0123456789", "123456789")
PUBLISHED = (
    ("medmcqa", {"question", "opa", "opb", "opc", "opd"}), ("medqa", {"question", "options", "answer_idx"}),
    ("casehold", {"citing_prompt", "holding_0"}), ("case_hold", {"context", "endings"}),
    ("mmlu", {"question", "subject", "choices", "answer"}), ("pubmedqa", {"QUESTION", "CONTEXTS"}),
    ("pubmedqa", {"question", "context", "final_decision"}), ("jecqa", {"statement", "option_list"}),
    ("cmb", {"question", "option", "question_type"}), ("cmexam", {"Question", "Options", "Answer", "Explanation"}),
    ("lawbench", {"instruction", "question", "answer"}),
)  # fmt: skip
"""Columns by which published forms are known."""


def fold(name: str) -> str:
    """A name without what does not tell it from another."""
    return name.strip().casefold().replace(" ", "_")


def known(there: Iterable[str], names: Iterable[str]) -> Iterator[str]:
    """Those of the columns that have one of these names, in their order; case and spaces do not matter."""
    folded = {fold(name): name for name in reversed([*there])}
    return (folded[name] for name in names if name in folded)


def spread(there: Iterable[str], prefixes: Iterable[str] = SPREAD) -> Iterator[tuple[str, ...]]:
    """Columns whose names differ in a letter or number that counts up; bare letters must be three, or A and B."""
    folded = {fold(name): name for name in reversed([*there])}
    for prefix, order in itertools.product(prefixes, ORDERS):
        names = tuple(itertools.takewhile(bool, (folded.get(prefix + sign, "") for sign in order)))
        if len(names) >= 2 and (prefix or (order == ORDERS[0] and (len(names) > 2 or names == ("A", "B")))):
            yield names


def form_of(there: Iterable[str]) -> str | None:
    """The published form that has these columns."""
    there = {*there}
    return next((form for form, names in PUBLISHED if names <= there), None)


@functools.lru_cache(maxsize=256)
def option_columns(there: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Columns that may hold options: one with all, or one for each."""
    return (*((name,) for name in known(there, (*CHOICES, *WRONG))), *spread(there, (*SPREAD, *WRONG_SPREAD)))


def unmapped(row: dict[str, Any], fields: FieldMap) -> str | None:
    """Why a row without options cannot be used, if it has some in columns that no setting names."""
    if fields.choices is None:  # whoever says so knows that there are none
        return None
    mapped = (fields.choices,) if isinstance(fields.choices, str) else fields.choices
    own = {fields.text, fields.label, fields.source_id, *mapped}
    for names in option_columns(tuple(name for name in row if isinstance(name, str) and name not in own)):
        if sum(_holds(row[name], alone=len(names) == 1) for name in names) >= min(2, len(names)):
            shown = ", ".join(map(repr, names))
            return f"it has options in {shown}, which `fields.choices` does not name. {_help(row, names)}"
    return None


def without_contexts(row: dict[str, Any], fields: FieldMap) -> str | None:
    """Why a row of PubMedQA cannot be read by its columns: its contexts and its options would be lost."""
    if fields.choices is None or "final_decision" not in row or form_of(row) != "pubmedqa":
        return None
    return (
        "it is a row of PubMedQA, whose contexts and options (yes, no, maybe) no setting names. Set `questions.form: "
        "pubmedqa` in the place of `fields`, or `choices: null` if the question is to be asked alone"
    )


def _holds(value: Any, alone: bool) -> bool:
    """Whether a column has an option, or where it stands alone, options."""
    if alone and isinstance(value, str):
        return value.lstrip()[:1] in ("[", "{") or "\n" in value.strip()
    if alone:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
        return any(not missing(each) and each != "" for each in inner)
    if isinstance(value, str):
        return bool(value.strip())
    return not missing(value) and not isinstance(value, list | dict)


def _help(row: dict[str, Any], names: tuple[str, ...]) -> str:
    if fold(names[0]).startswith((*WRONG, *WRONG_SPREAD)):
        return "Put the right one and these into one column, or set it to null if these are no options"
    form = form_of(row)
    instead = f", or `questions.form: {form}` in the place of `fields`" if form else ""
    value = names[0] if len(names) == 1 else f"[{', '.join(names)}]"
    return f"Set it to {value}{instead}, or to null if these are no options"
