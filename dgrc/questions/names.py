"""What people and published benchmarks call the columns of question files: names in, what they are known for out."""

import functools
import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from dgrc.config import FieldMap
from dgrc.method.text.normalize import nfkc
from dgrc.questions.options import missing

TEXT = (
    "question", "text", "prompt", "query", "problem", "instruction", "input", "citing_prompt", "context", "statement",
    "stem", "问题", "题目", "题干",
)  # fmt: skip
CHOICES = (
    "choices", "options", "endings", "option_list", "option", "answer_choices", "answer_options", "alternatives",
    "candidates", "mc1_targets", "multiple_choice_targets", "multiple_choice_options", "possible_answers",
    "candidate_answers", "response_options", "options_list", "choice_list", "choices_list", "option_text",
    "options_text", "choices_text", "opts", "选项", "备选答案", "备选项", "候选答案", "候选项", "选择项", "选项列表",
    "选项内容",
)  # fmt: skip
LABEL = (
    "label", "answer", "answer_idx", "answer_key", "answerkey", "correct_answer", "correct", "gold", "target", "cop",
    "final_decision", "答案", "正确答案",
)  # fmt: skip
SOURCE_ID = ("id", "_id", "qid", "question_id", "example_id", "source_id", "uid", "uuid", "idx", "index", "pubid")
SPREAD = (
    "op", "opt", "option", "options", "choice", "choices", "ending", "endings", "holding", "answer", "ans",
    "answer_option", "answer_choice", "alternative", "alt", "candidate", "sol", "选项", "备选", "备选项", "备选答案",
    "候选", "候选项", "候选答案", "答案选项", "项", "",
)  # fmt: skip
"""What stands before a letter or a number in the names of columns that hold one option each; behind it too, or with
`text` behind that (`A选项`, `option_1_text`)."""
WRONG = ("incorrect_answers", "wrong_answers", "distractors", "incorrect_options")
WRONG_SPREAD = ("distractor", "incorrect_answer", "wrong_answer", "incorrect", "wrong", "incorrect_option")
"""The same of options that are wrong: the right one is elsewhere."""
ORDERS = ("abcdefghij", "0123456789", "123456789", "一二三四五六七八九")
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
    """A name without what does not tell it from another: `answerChoices`, `answer_choices` and `Answer Choices` are
    one, and so are `options.A` (as pandas flattens objects), `option-a` and `Option A`."""
    return "".join(filter(str.isalnum, nfkc(name))).casefold() or name


def known(there: Iterable[str], names: Iterable[str]) -> Iterator[str]:
    """Those of the columns that have one of these names, in their order; case and what parts words do not matter."""
    folded = {fold(name): name for name in reversed([*there])}
    exact = {name.casefold(): name for name in reversed([*there])}
    found = (exact.get(name) or folded.get(fold(name)) for name in names)
    return iter(dict.fromkeys(name for name in found if name is not None))


def spread(there: Iterable[str], stems: Iterable[str] = SPREAD) -> Iterator[tuple[str, ...]]:
    """Columns whose names differ in a letter or number that counts up; bare letters must be three, or A and B."""
    folded = {fold(name): name for name in reversed([*there])}
    for stem, order in itertools.product(map(fold, stems), ORDERS):
        for before, after in ((stem, ""), *([(stem, "text"), ("", stem)] if stem else [])):
            names = tuple(itertools.takewhile(bool, (folded.get(before + sign + after, "") for sign in order)))
            if names and names[0].endswith(".1") and names[0][:-2] in folded.values():  # of several columns of one name
                names = (names[0][:-2], *names)
            if len(names) >= 2 and (stem or (order == ORDERS[0] and (len(names) > 2 or names == ("A", "B")))):
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
    if fold(names[0]).startswith(tuple(map(fold, (*WRONG, *WRONG_SPREAD)))):
        return "Put the right one and these into one column, or set it to null if these are no options"
    form = form_of(row)
    instead = f", or `questions.form: {form}` in the place of `fields`" if form else ""
    quoted = [name if fold(name) == name.replace("_", "").replace(" ", "").casefold() else repr(name) for name in names]
    value = quoted[0] if len(names) == 1 else f"[{', '.join(quoted)}]"
    return f"Set it to {value}{instead}, or to null if these are no options"
