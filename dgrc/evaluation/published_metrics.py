"""Benchmarks scored as their authors score them: answers and labels in; right or not, and a figure for each task, out.

How a question is scored stands in its `meta` (`{"task": ..., "scored": ...}`), which the readers of published forms
write; a question without it is scored as all others. Accuracy stays beside every figure, because intervals and tests
need a right or wrong for each question. Pure.

LegalBench's rules are those of its `evaluation.py`
(https://github.com/HazyResearch/legalbench/blob/main/evaluation.py). Two are mended here: an answer of $0 can be right,
and of a list of names each wrong one counts once; `f1_as_coded` is what its authors' code gives.
"""

import functools
import json
import re
import string
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dgrc.evaluation.score import is_right
from dgrc.method.reading import answer_forms
from dgrc.records import Question

TENTH = 0.1
_FIRST_NUMBER = re.compile(r"-?[0-9][0-9,]{0,40}(?:\.[0-9]{1,40})?(?:e[+-]?[0-9]{1,2})?")
_MARKS = str.maketrans("", "", string.punctuation + "\u2018\u2019\u201c\u201d")
Figure = dict[str, Any]


def right(
    answer: str | None, label: str | None, choices: Sequence[str], form: str, tolerance: float, meta: str,
    several: bool = False, question: str = "",
) -> bool:
    """Whether an answer is right by the rule in `meta`, or as `score.is_right` has it where there is none.

    Raises:
        EvaluationError: the label is missing or unusable.
    """
    rule = _RULES.get(json.loads(meta).get("scored", ""))
    if rule is None or label is None:
        return is_right(answer, label, choices, form, tolerance, several, question)
    return answer is not None and rule(answer, label)


def figures(questions: Sequence[Question], answers: Sequence[str | None], good: Sequence[bool]) -> Figure | None:
    """What the authors report of these questions: `metric` and `value`, of several tasks the mean and each in `tasks`.

    None if a question is not scored by a rule of theirs. A task that is judged by hand has the value None.
    """
    by_task: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, question in enumerate(questions):
        meta = json.loads(question.meta)
        if "scored" not in meta:
            return None
        by_task[meta.get("task", ""), meta["scored"]].append(place)
    found = {
        task: _FIGURES[scored]([(questions[at], answers[at], good[at]) for at in places])
        for (task, scored), places in by_task.items()
    }
    values = [figure["value"] for figure in found.values() if figure["value"] is not None]
    if len(found) < 2:
        return next(iter(found.values()), None)
    return {"metric": "mean_of_tasks", "value": round(sum(values) / len(values), 4) if values else None, "tasks": found}


Scored = Sequence[tuple[Question, str | None, bool]]


def _balanced(scored: Scored) -> Figure:
    """The mean over the classes of the share of right answers: a class with few rows counts as much as any."""
    by_label: dict[str | None, list[bool]] = defaultdict(list)
    for question, _, good in scored:
        by_label[question.label].append(good)
    shares = [sum(found) / len(found) for found in by_label.values()]
    return {"metric": "balanced_accuracy", "value": round(sum(shares) / len(shares), 4)}


def _accuracy(scored: Scored) -> Figure:
    return {"metric": "accuracy", "value": round(sum(good for _, _, good in scored) / len(scored), 4)}


def _by_hand(scored: Scored) -> Figure:
    return {"metric": "by_hand", "value": None}


def _f1_of_options(scored: Scored) -> Figure:
    """F1 over the options that are named, all questions together."""
    named = [({*(question.label or "")}, {*(answer or "")}) for question, answer, _ in scored]
    hits = sum(len(wanted & said) for wanted, said in named)
    return {"metric": "f1", "value": _f1(hits, sum(len(wanted) + len(said) for wanted, said in named) - hits)}


def _f1_of_names(scored: Scored) -> Figure:
    """F1 over the names, all questions together."""
    counts = [_names(answer or "", question.label or "") for question, answer, _ in scored]
    hits, misses, wrong, as_coded = map(sum, zip(*counts, strict=True))
    return {
        "metric": "f1", "value": _f1(hits, hits + misses + wrong), "f1_as_coded": _f1(hits, hits + misses + as_coded)
    }  # fmt: skip


def _f1(hits: int, union: int) -> float:
    return round(2 * hits / (hits + union), 4) if union else 0.0


def _names(answer: str, label: str) -> tuple[int, int, int, int]:
    """Names that are given, that are missing, that are wrong, and the wrong as the authors count them: what is left of
    the answer, once more for each name of the label."""
    left = _listed(answer)
    hits = misses = as_coded = 0
    for name in _listed(label):
        at = next((at for at, said in enumerate(left) if name in said), None)
        if at is None:
            misses += 1
        else:
            hits += 1
            del left[at]
        as_coded += len(left)
    return hits, misses, len(left), as_coded


def _listed(text: str) -> list[str]:
    return [name for part in text.split(",") if (name := _plain(part))]


def _plain(text: str) -> str:
    return " ".join(text.translate(_MARKS).casefold().split())


def _all_names(answer: str, label: str) -> bool:
    _, misses, wrong, _ = _names(answer, label)
    return not misses and not wrong


def _contains(answer: str, label: str) -> bool:
    return _plain(label) in _plain(answer)


def _any_stem(answer: str, label: str) -> bool:
    """Whether one of the terms given is one of the right ones, but for endings."""
    return bool({_stem(term) for term in _listed(answer)} & {_stem(term) for term in _listed(label)})


def _stem(text: str) -> str:
    return " ".join(_stemmer().analyze(text))


@functools.cache
def _stemmer() -> Any:
    import tantivy

    whole = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw())
    return whole.filter(tantivy.Filter.stemmer("english")).build()


def _within_tenth(answer: str, label: str) -> bool:
    """Whether an amount is less than a tenth off; of an answer that says more, its first number counts."""
    said, wanted = _amount(answer), _amount(label)
    if said is None or wanted is None:
        return False
    return said == wanted or abs(said - wanted) < TENTH * abs(wanted)


def _amount(text: str) -> float | None:
    found = _FIRST_NUMBER.search(answer_forms.canonical(text, "number") or text)
    return float(found.group().replace(",", "")) if found else None


_RULES: Mapping[str, Callable[[str, str], bool]] = {
    "contained": _contains, "any_stem": _any_stem, "within_tenth": _within_tenth, "names": _all_names,
}  # fmt: skip
_FIGURES: Mapping[str, Callable[[Scored], Figure]] = {
    "balanced": _balanced, "exceptions": _f1_of_options, "names": _f1_of_names, "by_hand": _by_hand,
    "contained": _accuracy, "any_stem": _accuracy, "within_tenth": _accuracy,
}  # fmt: skip
