"""The made corpus of `benchmarks.questions` in Chinese: statutes with their articles, clauses, copies and leaks.

What `corpus.Maker` makes of words with spaces, this makes of 200,000 words of one to four Han characters by the same
law: `第…条` before each article, sentences without spaces, full-width marks. Copies have words changed, left out or put
in at one of three rates, and now and then half-width marks; a leaked question may stand with half-width marks too.
"""

import numpy as np

from benchmarks.questions.corpus import VOCABULARY, Maker

EDITS = (1 / 480, 1 / 320, 1 / 240)
"""Changes a character of a copy: about one in 300, 200 and 150 words, for a word has 1.6 characters."""
_CHARACTERS = 3500
"""As many as are in common use; a few of them make most words."""
_LENGTHS, _ALONE = (0.76, 0.15, 0.09), 150
"""Shares of words of two to four characters, and how many characters are words by themselves."""
_HALF_WIDTH = str.maketrans("，。？“”", ",.?\"\"")
_NUMERALS = "〇一二三四五六七八九"


class ChineseMaker(Maker):
    """Makes Chinese documents one after the other, the same for the same seed."""

    CLAUSE_WORDS = 30

    def size(self, text: str) -> int:
        """The bytes of a text."""
        return len(text.encode())

    def _made_words(self) -> np.ndarray:
        characters = np.array([chr(0x4E00 + 5 * at) for at in range(_CHARACTERS)], object)
        self._random.shuffle(characters)
        drawn = (self._random.random((VOCABULARY * 2, 4)) ** 2 * _CHARACTERS).astype(int)
        lengths = self._random.choice((2, 3, 4), VOCABULARY * 2, p=_LENGTHS)
        drawn_words = ("".join(characters[row[:length]]) for row, length in zip(drawn, lengths, strict=True))
        made = dict.fromkeys([*characters[:_ALONE], *drawn_words])
        # What is said most is short: a word of running text has 1.6 characters.
        ranks = np.array([len(word) for word in made]) + 2 * self._random.random(len(made))
        return np.array(list(made), object)[np.argsort(ranks)][:VOCABULARY]

    def _sentence(self, count: int) -> str:
        words = self._draw(count)
        clauses = ["".join(words[at : at + 7]) for at in range(0, count, 7)]
        return "，".join(clauses) + "。"

    def _asked(self, count: int) -> str:
        return self._sentence(count).rstrip("。") + "？"

    def _otherwise(self, question: str) -> str:
        return question.translate(_HALF_WIDTH)

    def _heading(self, number: int) -> str:
        chapter = f"第{_NUMERALS[number]}章　{''.join(self._draw(2))}\n\n" if self._random.random() < 0.3 else ""
        return f"{chapter}第{_NUMERALS[number]}十{_NUMERALS[int(self._random.integers(1, 10))]}条"

    def _put_together(self, heading: str, paragraphs: list[list[str]]) -> str:
        first, *others = ("".join(paragraph) for paragraph in paragraphs)
        return "\n".join([f"{heading}　{first}", *(f"　　{other}" for other in others)])

    def _changed(self, text: str) -> str:
        rate = EDITS[int(self._random.integers(len(EDITS)))]
        lines = text.split("\n")
        for at, line in enumerate(lines):
            if len(line) < 40:
                continue
            signs = list(line)
            for place in np.flatnonzero(self._random.random(len(signs)) < rate):
                change, word = self._random.random(), self._draw(1)[0]
                if signs[place] in "第条章":
                    continue
                signs[place] = word if change < 0.7 else signs[place] + word if change < 0.85 else ""
            lines[at] = "".join(signs).translate(_HALF_WIDTH if self._random.random() < 0.1 else {})
        return "\n".join(lines)
