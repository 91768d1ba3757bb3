"""A made corpus of legal text for `benchmarks.questions`: documents whose repeats and leaks are known, and the truth.

Seeded. Words are drawn by Zipf's law from 200,000 made ones, so that documents that were not planted have little in
common but a few standard clauses, as statutes do. Planted are copies of whole documents with a few words changed, left
out or put in (and now and then other spacing), and questions of a made evaluation set within paragraphs. Documents go
in turn to JSONL, gzip, zstd, Parquet and text files.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

VOCABULARY, QUESTIONS = 200_000, 400
COPIED, LEAKING = 0.04, 0.01
"""Shares of documents: that have copies, and that hold an evaluation question."""
SHARD_MB = 16.0
FORMS = ("jsonl", "jsonl.gz", "jsonl", "parquet", "jsonl.zst")
TEXT_FILES = 4
"""Plain text files beside each shard of the other forms."""
_CLAUSES, _POOL = 40, 1 << 17
_SYLLABLES = "ba con de fer gal his in jur lex mor ne ol per qui ra sti tu ul ven writ al bond dam ex fid gra".split()


@dataclass(frozen=True)
class Made:
    """A made document, its `cluster` of copies (the first one's number; its own if there is none) and `leaks`, the
    number of the evaluation question that it holds, or None."""

    number: int
    text: str
    cluster: int
    leaks: int | None

    @property
    def name(self) -> str:
        """The document's id, as it stands in the files."""
        return f"doc-{self.number}"


class Maker:
    """Makes documents one after the other, the same for the same seed."""

    CLAUSE_WORDS = 35
    """Of a standard clause: too few to be a passage by itself."""

    def __init__(self, seed: int):
        self._random = np.random.default_rng(seed)
        self._words = self._made_words()
        self._pool: list[str] = []
        self._drawn = 0
        self._chances = np.cumsum(1 / (np.arange(len(self._words)) + 2.0) ** 1.07)
        self.clauses = [self._sentence(self.CLAUSE_WORDS) for _ in range(_CLAUSES)]
        self.questions = [self._asked(int(n)) for n in self._random.integers(20, 40, QUESTIONS)]
        self._copies: dict[int, list[Made]] = {}
        self._number = 0

    def documents(self, characters: int) -> Iterator[Made]:
        """Documents of so many characters (bytes, where a character has several) in all."""
        while characters > 0:
            made = self._next()
            characters -= self.size(made.text)
            self._number += 1
            yield made

    def size(self, text: str) -> int:
        """How much of what was wanted a text is."""
        return len(text)

    def _next(self) -> Made:
        waiting = self._copies.pop(self._number, [])
        if waiting:
            first, *later = waiting
            self._put_off(later)
            return Made(self._number, self._changed(first.text), first.cluster, None)
        leaks = int(self._random.integers(QUESTIONS)) if self._random.random() < LEAKING else None
        made = Made(self._number, self._text(leaks), self._number, leaks)
        if leaks is None and self._random.random() < COPIED:
            self._put_off([made] * int(self._random.integers(1, 4)))
        return made

    def _put_off(self, copies: list[Made]) -> None:
        """Copies come some hundred documents later, so mostly in another file."""
        for copy in copies:
            self._copies.setdefault(self._number + int(self._random.integers(1, 600)), []).append(copy)

    def _text(self, leaks: int | None) -> str:
        sections = int(self._random.integers(2, 9))
        place = int(self._random.integers(sections))
        return "\n\n".join(self._section(n + 1, leaks if n == place else None) for n in range(sections)) + "\n"

    def _section(self, number: int, leaks: int | None) -> str:
        heading = self._heading(number)
        sentences = [[self._sentence(int(n)) for n in self._random.integers(12, 30, int(count))]
                     for count in self._random.integers(3, 8, int(self._random.integers(1, 5)))]  # fmt: skip
        if self._random.random() < 0.2:
            sentences[-1].append(self.clauses[int(self._random.integers(_CLAUSES))])
        if leaks is not None:
            otherwise = self._random.random() < 0.3
            sentences[0].insert(1, self._otherwise(self.questions[leaks]) if otherwise else self.questions[leaks])
        if self._random.random() < 0.2:
            sentences[0][0] = f"“{sentences[0][0]}”"
        return self._put_together(heading, sentences)

    def _heading(self, number: int) -> str:
        mark = "§" if self._random.random() < 0.3 else "Section"
        return f"{mark} {number}. {' '.join(self._draw(3)).title()}"

    def _put_together(self, heading: str, paragraphs: list[list[str]]) -> str:
        return "\n\n".join([heading, *(" ".join(paragraph) for paragraph in paragraphs)])

    def _otherwise(self, question: str) -> str:
        """The question as somebody else would have written it down."""
        return question.upper()

    def _changed(self, text: str) -> str:
        """A few words of it changed: about one in a hundred and fifty, some left out or put in; at times the spacing.
        """
        lines = text.split("\n")
        for at, line in enumerate(lines):
            words = line.split(" ")
            if len(words) < 20:
                continue
            for place in np.flatnonzero(self._random.random(len(words)) < 1 / 150):
                change, word = self._random.random(), self._draw(1)[0]
                words[place] = word if change < 0.7 else f"{words[place]} {word}" if change < 0.85 else ""
            lines[at] = ("  " if self._random.random() < 0.1 else " ").join(filter(None, words))
        return "\n".join(lines)

    def _sentence(self, count: int) -> str:
        return " ".join(self._draw(count)).capitalize() + "."

    def _asked(self, count: int) -> str:
        return self._sentence(count).rstrip(".") + "?"

    def _draw(self, count: int) -> list[str]:
        if self._drawn + count > len(self._pool):
            chances = self._random.random(_POOL) * self._chances[-1]
            self._pool, self._drawn = self._words[np.searchsorted(self._chances, chances)].tolist(), 0
        self._drawn += count
        return self._pool[self._drawn - count : self._drawn]

    def _made_words(self) -> np.ndarray:
        parts = np.array(_SYLLABLES, object)
        lengths = 1 + self._random.integers(0, 5, VOCABULARY * 3)
        drawn = self._random.integers(0, len(parts), (VOCABULARY * 3, 5))
        made = {"".join(parts[row[:length]]) for row, length in zip(drawn, lengths, strict=True)}
        return np.array(sorted(made, key=lambda word: (len(word), word)), object)[:VOCABULARY]


def make(
    folder: Path, megabytes: float, seed: int, shard_mb: float = SHARD_MB, language: type[Maker] = Maker
) -> dict[str, Any]:
    """Writes a corpus, an evaluation file and the truth; returns how much of what there is.

    `folder` gets `corpus/`, `evaluation.jsonl` and `truth.jsonl`, a line a document: its name (a text file's path),
    cluster, leak and size.
    """
    (folder / "corpus").mkdir(parents=True)
    maker = language(seed)
    counts = {"documents": 0, "bytes": 0, "copies": 0, "leaks": 0, "files": 0}
    with open(folder / "evaluation.jsonl", "w", encoding="utf-8") as file:
        for question in maker.questions:
            file.write(json.dumps({"question": question, "answer": "no"}) + "\n")
    with open(folder / "truth.jsonl", "w", encoding="utf-8") as truth:
        documents = maker.documents(int(megabytes * 1e6))
        shard: list[Made] = []
        size = 0
        for made in documents:
            shard.append(made)
            size += maker.size(made.text)
            if size >= shard_mb * 1e6:
                _write(folder / "corpus", shard, counts, truth)
                shard, size = [], 0
        if shard:
            _write(folder / "corpus", shard, counts, truth)
    return counts


def _write(folder: Path, shard: list[Made], counts: dict[str, int], truth: IO[str]) -> None:
    number = counts["files"] // (1 + TEXT_FILES)
    files = {made.number: folder / f"act-{made.number:08d}.txt" for made in shard[:TEXT_FILES]}
    for made in shard:
        name = str(files.get(made.number, made.name))
        counts["documents"] += 1
        counts["bytes"] += len(made.text.encode())
        counts["copies"] += made.cluster != made.number
        counts["leaks"] += made.leaks is not None
        row = {key: value for key, value in asdict(made).items() if key != "text"}
        sizes = {"bytes": len(made.text.encode()), "characters": len(made.text)}
        truth.write(json.dumps({**row, "name": name, **sizes}) + "\n")
        if made.number in files:
            files[made.number].write_text(made.text, encoding="utf-8")
    _write_file(folder / f"shard-{number:05d}.{FORMS[number % len(FORMS)]}", shard[len(files) :])
    counts["files"] += 1 + TEXT_FILES


def _write_file(path: Path, documents: list[Made]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [{"id": made.name, "title": f"Act {made.number}", "text": made.text} for made in documents]
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=256)
        return
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(lines, 6, mtime=0))
    elif path.suffix == ".zst":
        with pa.output_stream(str(path), compression="zstd") as file:
            file.write(lines)
    else:
        path.write_bytes(lines)
