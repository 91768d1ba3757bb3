"""LegalBench: a task's `train.tsv` or `test.tsv` beside its `base_prompt.txt`, in a folder named after the task.

A question is the prompt's instruction and its last part, whose `{{column}}` places are filled from the row. The solved
examples between them are left out: they are rows of `train.tsv`. Options come from the prompt, never from what single
rows have as their answer (`options`). How the authors score a task travels in `meta` as `task` and `scored`.
https://github.com/HazyResearch/legalbench
"""

import contextlib
import json
from collections.abc import Iterator
from pathlib import PurePosixPath

from dgrc.errors import EvaluationError
from dgrc.method.reading.options import letter
from dgrc.questions.files.formats import raw_rows
from dgrc.questions.published.legalbench.options import Options, find_options, of_columns
from dgrc.questions.published.legalbench.prompt import Prompt
from dgrc.questions.published.row import Numbered, Row, question
from dgrc.storage.objectstore.files import beside, open_bytes

OPEN = {
    "citation_prediction_open": "contained",
    "definition_extraction": "any_stem",
    "rule_qa": "by_hand",
    "sara_numeric": "within_tenth",
}
"""Tasks without options and how their authors score them; `ssla_` tasks are lists of names."""


def read(rows: Numbered, path: str) -> Iterator[tuple[int, Row | str]]:
    """The questions of a file's rows, with their labels, or why a row has none.

    Raises:
        EvaluationError: the prompt cannot be used.
    """
    prompt, task = _prompt(path), PurePosixPath(path).parent.name
    scored = "names" if task.startswith("ssla_") else OPEN.get(task)
    answers = [str(row.get("answer") or "").strip() for _, row in rows]
    options = Options() if scored else find_options(prompt, [*_answers_of_train(path), *answers])
    if options.choices or prompt.columns_of_options:
        scored = "exceptions" if options.several else "balanced"
    meta = json.dumps({"task": task, "scored": scored} if scored else {"task": task})
    for (number, row), answer in zip(rows, answers, strict=True):
        try:
            own = of_columns(prompt, row) if prompt.columns_of_options else options
            text = prompt.fill(row, own.listed)
        except ValueError as e:
            yield number, str(e)
        else:
            yield number, {**_asked(text, answer, own, row), "meta": meta}


def _asked(text: str, answer: str, options: Options, row: Row) -> Row:
    try:
        label, why = _label(answer, options), None
    except ValueError as e:  # it can be asked all the same
        label, why = None, str(e)
    asked = question(text, options.choices, label, row.get("index"), options.several)
    return asked if why is None else asked | {"unlabeled": why}


def _label(answer: str, options: Options) -> str:
    """The answer as it is, or the letters of the options that it names; ValueError if it names none."""
    if not answer:
        raise ValueError("it has no answer in the column 'answer'")
    if not options.choices:
        return answer
    found = [options.place(part) for part in (answer.split(",") if options.several else [answer])]
    if None in found:
        raise ValueError(
            f"its answer {answer[:80]!r} is none of the options that stand in `base_prompt.txt`: "
            f"{'; '.join(choice[:40] for choice in options.choices)}"
        )
    return "".join(letter(place) for place in sorted({at for at in found if at is not None}))


def _prompt(path: str) -> Prompt:
    """The task's own prompt, or the text alone where there is none."""
    found = beside(path, "base_prompt.txt")
    if found is None:
        return Prompt.of("{{text}}")
    with open_bytes(found) as file:
        try:
            return Prompt.of(file.read().decode("utf-8-sig"))
        except ValueError as e:
            raise EvaluationError(f"The prompt {found} cannot be used: {e}.") from e


def _answers_of_train(path: str) -> list[str]:
    """The answers of the task's few given-out rows, which name its classes even where a test file lacks one."""
    found = beside(path, "train.tsv")
    if found is None or path.endswith("train.tsv"):
        return []
    with contextlib.suppress(OSError, ValueError):  # it only helps; who reads it itself is told what is wrong with it
        rows = [row for _, row in raw_rows(found) if isinstance(row, dict)]
        return [row["answer"].strip() for row in rows if row.get("answer")]
    return []
