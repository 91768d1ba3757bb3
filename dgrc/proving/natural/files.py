"""Problems on disk: question files without labels, labelled held-out files, and the truth of every step.

`truth.jsonl` has one row a problem, with the fields of `Problem`. Whoever has another domain of computed truth writes
the same rows: `id`, `text`, `answer` and `steps` (each `question` and `answer`) are enough.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from dgrc.errors import EvaluationError
from dgrc.proving.natural.problem import Problem, Step

QUESTIONS, TRUTH = "questions.jsonl", "truth.jsonl"
_DEFAULTS = {"domain": "", "language": "", "template": "", "split": "", "level": 0}


def held_out_file(split: str) -> str:
    """The name of a split's labelled file."""
    return f"held_out_{split}.jsonl"


def write_domain(folder: Path, train: Sequence[Problem], held_out: dict[str, Sequence[Problem]]) -> None:
    """Writes `questions.jsonl` (no labels), `held_out_<split>.jsonl` (labels) and `truth.jsonl` (all)."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / QUESTIONS, ({"id": p.id, "question": p.text} for p in train))
    for split, problems in held_out.items():
        rows = ({"id": p.id, "question": p.text, "label": p.answer} for p in problems)
        _write(folder / held_out_file(split), rows)
    _write(folder / TRUTH, (asdict(p) for problems in (train, *held_out.values()) for p in problems))


def read_truth(file: Path) -> list[Problem]:
    """The problems of a truth file.

    Raises:
        EvaluationError: a row lacks a field that must be there.
    """
    known = {field.name for field in fields(Problem)}
    found = []
    with open(file, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row: dict[str, Any] = {**_DEFAULTS, **json.loads(line)}
                steps = tuple(
                    Step(s.get("kind", ""), s["question"], s["answer"], tuple(s.get("inputs", ())))
                    for s in row["steps"]
                )
                found.append(Problem(**{**{name: row[name] for name in known - {"steps"}}, "steps": steps}))
            except (ValueError, KeyError, TypeError, AttributeError) as e:
                raise EvaluationError(
                    f"Line {number} of {file} is no problem with its truth ({type(e).__name__}: {e}). Wanted is one "
                    "JSON object with `id`, `text`, `answer` and `steps`, each of which has `question` and `answer`."
                ) from e
    return found


def _write(file: Path, rows: Iterable[dict[str, Any]]) -> None:
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
