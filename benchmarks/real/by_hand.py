"""Replies for a reader's eyes: a sample flows out, the same with `hand` filled in flows back as a precision."""

import json
import random
from pathlib import Path

from benchmarks.real.bench import Bench
from benchmarks.real.lenient import precision
from benchmarks.real.summary import of_domain, replies
from dgrc.errors import EvaluationError

TO_CHECK, CHECKED = "to_check.jsonl", "checked.jsonl"


def write_replies(bench: Bench, count: int) -> Path:
    """Half of them called right by the lenient reader and half called wrong, as far as there are; in a drawn order.

    The reader's word stands last in each row, so that it need not be seen first. Save the file as `checked.jsonl`.

    Raises:
        EvaluationError: no model is evaluated yet.
    """
    rows = [{"model": name, **row} for name, part in replies(bench).items() for row in part if of_domain(row)]
    if not rows:
        raise EvaluationError("No model is evaluated yet, so there are no replies to check. Run the command first.")
    rng = random.Random(0)
    rng.shuffle(rows)
    good, bad = ([row for row in rows if row["lenient"] is side] for side in (True, False))
    chosen = good[: max(count // 2, count - len(bad))]
    chosen = [*chosen, *bad[: count - len(chosen)]]
    rng.shuffle(chosen)
    shown = ("model", "id", "question", "truth", "text", "finish", "lenient")
    file = bench.settings.out / TO_CHECK
    with open(file, "w", encoding="utf-8") as out:
        for row in chosen:
            out.write(json.dumps({"hand": None, **{key: row[key] for key in shown}}, ensure_ascii=False) + "\n")
    return file


def checked(bench: Bench) -> dict[str, float | int] | None:
    """What a reader found, if one has looked."""
    file = bench.settings.out / CHECKED
    return precision(file) if file.is_file() else None
