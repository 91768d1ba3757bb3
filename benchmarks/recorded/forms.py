"""The files of a folder, by the form of their rows and not by their names. A folder flows in; rows of five kinds flow
out, with what was seen in each file.

The authors' release holds each of them: questions with both models' chains (and, further on, the pairs that differ,
their atoms and answers), such pairs alone, chains alone, scored atoms, and conversations to learn from. JSON alone is
read, with the bounds that question files have.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dgrc.errors import QuestionFileError, StorageError
from dgrc.questions.files.formats import BROKEN, raw_rows

Row = Mapping[str, object]
CASE, PAIR, CHAIN, ATOM, LESSON = "case", "pair", "chain", "atom", "lesson"
WANTED = {
    CASE: "`problem`, `teacher` and `student`, lists of chains",
    PAIR: "`tid`, `sid` and a list `atom_questions`",
    CHAIN: "`conversations` and `model_predictions` with an `output`",
    ATOM: "`from`, `problem` and `answer`",
    LESSON: "`conversations` of a human and a gpt turn",
}
"""What a row of each kind has, beside an `id`."""


@dataclass(frozen=True)
class Seen:
    """One file: rows by kind, rows of no kind, rows that cannot be read, and why the file was given up, if it was."""

    name: str
    kinds: Mapping[str, int]
    other: int
    broken: int
    error: str | None


@dataclass(frozen=True)
class Rows:
    """All rows of a folder by kind, each with the name of its file, in order of the files' names."""

    by_kind: dict[str, list[tuple[str, Row]]] = field(default_factory=lambda: defaultdict(list))
    files: list[Seen] = field(default_factory=list)

    def of(self, kind: str) -> Iterator[Row]:
        """The rows of a kind."""
        return (row for _, row in self.by_kind.get(kind, ()))

    def files_of(self, kind: str) -> dict[str, list[Row]]:
        """The rows of a kind by file."""
        found: dict[str, list[Row]] = defaultdict(list)
        for name, row in self.by_kind.get(kind, ()):
            found[name].append(row)
        return dict(found)


def read_folder(folder: Path) -> Rows:
    """The rows of all .json and .jsonl files below a folder; hidden folders are left out.

    Raises:
        QuestionFileError: there is no such folder, or nothing in it has chains.
    """
    if not folder.is_dir():
        raise QuestionFileError(f"{folder} is no folder. Give one with the files of a recorded run.")
    rows = Rows()
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.suffix in (".json", ".jsonl") and path.is_file() and not any(p.startswith(".") for p in inside.parts):
            rows.files.append(_read(path, str(inside), rows))
    if not rows.by_kind.get(CASE) and not rows.by_kind.get(CHAIN):
        broken = [seen.name for seen in rows.files if seen.error or seen.broken]
        raise QuestionFileError(
            f"No recorded chains are in {folder}: of its {len(rows.files)} .json and .jsonl files none has a row with "
            f"{WANTED[CASE]}, or with {WANTED[CHAIN]}."
            + (f" Some cannot be read: {', '.join(broken[:3])}." if broken else "")
            + " Give the folder of a run in the form of the authors' release (its top will do)."
        )
    return rows


def kind_of(row: Row) -> str | None:
    """The kind of a row by the fields it has; None if it is none that is looked for."""
    return next((kind for kind, fits in _FITS.items() if fits(row)), None)


def _read(path: Path, name: str, rows: Rows) -> Seen:
    kinds: Counter[str] = Counter()
    other = broken = 0
    error = None
    try:
        for _, row in raw_rows(str(path)):
            if isinstance(row, str):
                broken += 1
            elif (kind := kind_of(row)) is None:
                other += 1
            else:
                kinds[kind] += 1
                rows.by_kind[kind].append((name, row))
    except (*BROKEN, StorageError) as e:
        error = " ".join(str(e).split())[:200] or type(e).__name__
    return Seen(name, dict(kinds), other, broken, error)


def texts(value: object) -> tuple[str, ...] | None:
    """A list of texts, or None if it is none."""
    if not isinstance(value, list):
        return None
    found = tuple(item for item in value if isinstance(item, str))
    return found if len(found) == len(value) else None


def output_of(row: Row) -> str | None:
    """The chain of a row of chains alone."""
    predictions = row.get("model_predictions")
    output = predictions.get("output") if isinstance(predictions, dict) else None
    return output if isinstance(output, str) else None


def turns_of(row: Row) -> tuple[str, str] | None:
    """The human's and the model's turn of a row's conversation."""
    turns = row.get("conversations")
    if not isinstance(turns, list):
        return None
    said = {turn.get("from"): turn.get("value") for turn in turns if isinstance(turn, dict)}
    human, model = said.get("human"), said.get("gpt")
    return (human, model) if isinstance(human, str) and isinstance(model, str) else None


def _has_texts(row: Row, *names: str) -> bool:
    return all(isinstance(row.get(name), str) for name in names)


def _is_pair(row: Row) -> bool:
    numbers = all(type(row.get(name)) is int for name in ("tid", "sid"))
    return numbers and _has_texts(row, "id") and texts(row.get("atom_questions")) is not None


def _is_case(row: Row) -> bool:
    teacher, student = texts(row.get("teacher")), texts(row.get("student"))
    return _has_texts(row, "id", "problem") and bool(teacher) and student is not None


_FITS: dict[str, Callable[[Row], bool]] = {
    CASE: _is_case,
    PAIR: _is_pair,
    CHAIN: lambda row: _has_texts(row, "id") and output_of(row) is not None and turns_of(row) is not None,
    ATOM: lambda row: _has_texts(row, "id", "from", "problem", "answer"),
    LESSON: lambda row: _has_texts(row, "id") and "model_predictions" not in row and turns_of(row) is not None,
}
