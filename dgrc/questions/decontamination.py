"""Do texts repeat what will be evaluated on? Evaluation files in, a check of questions and passages out.

A text is contaminated if it shares a run of n words (13, as is usual) with an evaluation question, or all of its
words if it has fewer; in a script without spaces a run of characters that weighs as much (`text.segment`: of Chinese 21
for 13 words). Case, width and punctuation do not count; options belong to the text. Only hashes are held.
"""

from collections.abc import Sequence

import numpy as np

from dgrc.config import Config
from dgrc.questions.columns import find_files, read_rows
from dgrc.questions.published import published_rows
from dgrc.questions.shingles import runs, weighed_hashes

MOST_BITS = 24
"""Of a hash, by which most runs are told at once from those of evaluation questions."""


class Contamination:
    """Word n-grams of evaluation sets, each with the place of a question that has it."""

    def __init__(self, n: int):
        self._n = n
        self._waiting: list[str] = []
        self._places: list[str] = []
        self._grams, self._whose = np.empty(0, np.uint64), np.empty(0, np.int64)
        self._shift, self._seen = np.uint64(0), np.empty(0, np.bool_)

    def add(self, text: str, choices: Sequence[str], place: str) -> None:
        """Takes in an evaluation question."""
        self._waiting.append(" ".join([text, *choices]))
        self._places.append(place)

    def find(self, text: str, choices: Sequence[str]) -> str | None:
        """The place of an evaluation question that this one repeats, or None."""
        return self.find_all(*weighed_hashes([" ".join([text, *choices])]))[0]

    def find_all(
        self, hashes: np.ndarray, offsets: np.ndarray, weights: np.ndarray | None = None
    ) -> list[str | None]:
        """The same for many texts by the hashes of their words, as `weighed_hashes` gives them."""
        self._take_in()
        found: list[str | None] = [None] * (len(offsets) - 1)
        if not len(self._grams):
            return found
        grams, begins = runs(hashes, offsets, self._n, weights)
        maybe = np.flatnonzero(self._seen[grams >> self._shift])
        at = np.minimum(np.searchsorted(self._grams, grams[maybe]), len(self._grams) - 1)
        same = self._grams[at] == grams[maybe]
        hits, whose = maybe[same][::-1], self._whose[at[same]][::-1]
        for text, question in zip(np.searchsorted(begins, hits, "right") - 1, whose, strict=True):
            found[text] = self._places[question]  # backwards: the first run that is shared is what stays
        return found

    def _take_in(self) -> None:
        """Sorts in what was added since; of questions that share a run the first is named."""
        if not self._waiting:
            return
        hashes, offsets, weights = weighed_hashes(self._waiting)
        grams, begins = runs(hashes, offsets, self._n, weights)
        first = len(self._places) - len(self._waiting)
        whose = np.repeat(np.arange(first, len(self._places)), np.diff(begins))
        self._waiting = []
        self._grams, kept = np.unique(np.concatenate([self._grams, grams]), return_index=True)
        self._whose = np.concatenate([self._whose, whose])[kept]
        bits = min(MOST_BITS, 7 + len(self._grams).bit_length())
        self._shift, self._seen = np.uint64(64 - bits), np.zeros(1 << bits, np.bool_)
        self._seen[self._grams >> self._shift] = True


def of_evaluation(config: Config) -> Contamination | None:
    """The check that a configuration asks for; None if it is off or there is nothing to evaluate on."""
    evaluation, questions = config.evaluation, config.questions
    if questions.contamination == "off" or not evaluation.wanted:
        return None
    check = Contamination(questions.contamination_ngram)
    for benchmark in evaluation.benchmarks:
        for path in find_files(benchmark.files):
            for row in published_rows(benchmark.form, path, labels=False):
                if row.error is None:
                    check.add(row.text, row.choices, row.place)
    for path in find_files(evaluation.files) if evaluation.files else ():
        for row in read_rows(path, evaluation.fields):
            if row.error is None and row.text:
                check.add(row.text, row.choices, row.place)
    return check
