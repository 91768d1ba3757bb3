"""Texts in the style of small models with what is true of them, told by hand; problems that they are about."""

import json
from pathlib import Path
from typing import Any

from dgrc.proving.natural.files import read_truth

FOLDER = Path(__file__).parent


def rows(name: str) -> list[dict[str, Any]]:
    """The rows of a table of this folder."""
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]


PROBLEMS = {
    problem.id: problem
    for name in ("problems.jsonl", "problems_fresh.jsonl")
    for problem in read_truth(FOLDER / name)
}
