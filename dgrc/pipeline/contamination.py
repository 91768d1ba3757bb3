"""Do unlabeled questions repeat what they will be evaluated on? Evaluation files in, a check of one question out.

A question is contaminated if it shares a run of n words (13, as is usual) with an evaluation question, or all of its
words if it has fewer. Case and punctuation do not count; options belong to the text. Only hashes are held.
"""

import re
from collections.abc import Iterator, Sequence

from dgrc.config import Config
from dgrc.method.text import fold
from dgrc.pipeline.published import SUFFIXES, published_rows
from dgrc.pipeline.readers import find_files, read_rows
from dgrc.records import hash64

_WORD = re.compile(r"\w+")


class Contamination:
    """Word n-grams of evaluation sets, each with the place of a question that has it."""

    def __init__(self, n: int):
        self._n = n
        self._places: dict[int, str] = {}

    def add(self, text: str, choices: Sequence[str], place: str) -> None:
        """Takes in an evaluation question."""
        for gram in ngrams(text, choices, self._n):
            self._places.setdefault(gram, place)

    def find(self, text: str, choices: Sequence[str]) -> str | None:
        """The place of an evaluation question that this one repeats, or None."""
        return next((self._places[g] for g in ngrams(text, choices, self._n) if g in self._places), None)


def ngrams(text: str, choices: Sequence[str], n: int) -> Iterator[int]:
    """64-bit hashes of all runs of n words; of the whole text if it is shorter."""
    words = _WORD.findall(fold(" ".join([text, *choices])).casefold())
    for start in range(max(1, len(words) - n + 1)):
        yield hash64(*words[start : start + n])


def of_evaluation(config: Config) -> Contamination | None:
    """The check that a configuration asks for; None if it is off or there is nothing to evaluate on."""
    evaluation, questions = config.evaluation, config.questions
    if questions.contamination == "off" or not evaluation.wanted:
        return None
    check = Contamination(questions.contamination_ngram)
    for benchmark in evaluation.benchmarks:
        for path in find_files(benchmark.files, SUFFIXES):
            for row in published_rows(benchmark.form, path):
                check.add(row.text, row.choices, row.place)
    for path in find_files(evaluation.files) if evaluation.files else ():
        for row in read_rows(path, evaluation.fields):
            if row.error is None and row.text:
                check.add(row.text, row.choices, row.place)
    return check
