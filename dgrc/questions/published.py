"""Published benchmarks as they lie on disk: their own columns in, questions with labels out.

What is read of each, by the files that its authors or the Hub give out:

- `medmcqa`: `question`, `opa` to `opd`, `cop` (the number of the right option, counted from 1 in the authors' JSON and
  from 0 in the Hub's Parquet: which of the two is told by the whole file), `id`.
- `medqa`: `question`, `options` (a mapping from letters, or the Hub's list of `key` and `value`), `answer_idx`.
- `mmlu`: the authors' CSV without a header (question, four options, letter) or the Hub's `question`, `choices`,
  `answer` (a number from 0).
- `casehold`: `citing_prompt`, `holding_0` to `holding_4`, `label` (a number from 0; a column without a name is the id),
  or LexGLUE's `context`, `endings`, `label`.
- `legalbench`: a task's `train.tsv` or `test.tsv` with `text` and `answer` beside its `base_prompt.txt`, whose
  `{{column}}` places are filled; the options are the answers that occur in the file, if there are few.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from dgrc.errors import EvaluationError, StorageError
from dgrc.method.sample import MOST_CHOICES, letter
from dgrc.questions.columns import RawRow
from dgrc.questions.formats import BROKEN, csv_rows, raw_rows
from dgrc.storage.objectstore.files import beside, open_bytes

Row = dict[str, Any]
Numbered = list[tuple[int, Row]]
SUFFIXES = (".jsonl", ".json", ".parquet", ".csv", ".tsv")
MOST_LABELS = 6
"""A LegalBench task with more different answers than this has no options: they are right answers, not choices."""


def published_rows(form: str, path: str) -> list[RawRow]:
    """All rows of one file of a benchmark.

    Raises:
        EvaluationError: the file is not of this form, or a row of it cannot be used.
    """
    try:
        rows = list(_numbered(form, path))
        if not rows:
            raise EvaluationError(f"The benchmark file {path} has no rows.")
        return [_checked(f"{path}:{number}", raw) for number, raw in FORMS[form](rows, path)]
    except (KeyError, TypeError, IndexError) as e:
        raise EvaluationError(
            f"The file {path} is not of the form `{form}`: {type(e).__name__} {e}. It has the columns "
            f"{', '.join(map(repr, rows[0][1]))}; docs/evaluation.md says what is wanted."
        ) from e
    except EvaluationError:
        raise
    except StorageError as e:
        raise EvaluationError(f"A benchmark file cannot be read: {e}") from e
    except BROKEN as e:
        raise EvaluationError(f"The benchmark file {path} cannot be read: {e}.") from e


def _numbered(form: str, path: str) -> Iterator[tuple[int, Row]]:
    suffix = Path(path).suffix
    if suffix == ".tsv" or (suffix == ".csv" and form == "mmlu"):
        rows = _table(path, "\t" if suffix == ".tsv" else ",", header=form != "mmlu")
    else:
        rows = raw_rows(path)
    for number, row in rows:
        if isinstance(row, str):
            raise EvaluationError(f"The benchmark row {path}:{number} cannot be used: {row}.")
        yield number, row


def _table(path: str, separator: str, header: bool) -> Iterator[tuple[int, Row | str]]:
    """A table as its authors wrote it; without a header the columns of MMLU are meant."""
    names = None if header else ["question", "A", "B", "C", "D", "answer"]
    for number, row in csv_rows(path, separator=separator, names=names):
        if not isinstance(row, str) and None in row.values():
            yield number, "fewer values than the header has columns"
        else:
            yield number, row


def _medmcqa(rows: Numbered, path: str) -> Iterator[tuple[int, Row]]:
    answers = {int(row["cop"]) for _, row in rows}
    if min(answers) < 0:
        raise EvaluationError(f"The file {path} has rows whose `cop` is -1: MedMCQA's test set has no labels.")
    if 0 in answers and 4 in answers:
        raise EvaluationError(f"The file {path} counts `cop` from 0 and from 1; wanted is one of them for all rows.")
    if 0 not in answers and 4 not in answers:
        raise EvaluationError(
            f"In the file {path} `cop` is never 0 and never 4, so whether it counts from 0 or from 1 cannot be told. "
            "Give a file with more rows."
        )
    first = 0 if 0 in answers else 1
    for number, row in rows:
        options = [row[name] for name in ("opa", "opb", "opc", "opd")]
        yield number, _question(row["question"], options, int(row["cop"]) - first, row.get("id"))


def _medqa(rows: Numbered, path: str) -> Iterator[tuple[int, Row]]:
    for number, row in rows:
        options = row["options"]
        if isinstance(options, list):
            options = {option["key"]: option["value"] for option in options}
        letters = sorted(options)
        label = letters.index(row["answer_idx"].strip())
        yield number, _question(row["question"], [options[name] for name in letters], label, row.get("id"))


def _mmlu(rows: Numbered, path: str) -> Iterator[tuple[int, Row]]:
    for number, row in rows:
        if "choices" in row:
            yield number, _question(row["question"], row["choices"], int(row["answer"]), None)
        else:
            label = "ABCD".index(row["answer"].strip())
            yield number, _question(row["question"], [row[name] for name in "ABCD"], label, None)


def _casehold(rows: Numbered, path: str) -> Iterator[tuple[int, Row]]:
    for number, row in rows:
        if "endings" in row:
            text, holdings = row["context"], row["endings"]
        else:
            text, holdings = row["citing_prompt"], [row[f"holding_{i}"] for i in range(5)]
        asked = f"Which holding does the citation (<HOLDING>) stand for?\n{text}"
        yield number, _question(asked, holdings, int(float(row["label"])), row.get("example_id", row.get("")))


def _legalbench(rows: Numbered, path: str) -> Iterator[tuple[int, Row]]:
    template = "{{text}}"
    if prompt := beside(path, "base_prompt.txt"):
        with open_bytes(prompt) as file:
            template = _last_block(file.read().decode("utf-8"))
    labels = sorted({row["answer"].strip() for _, row in rows})
    options = labels if 2 <= len(labels) <= MOST_LABELS else []
    for number, row in rows:
        text = re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda place, row=row: str(row[place[1]]), template)  # type: ignore[misc]
        label = row["answer"].strip()
        yield number, _question(text, options, options.index(label) if options else label, row.get("index"))


def _last_block(prompt: str) -> str:
    """The instruction and the place of the question, without the solved examples between them."""
    blocks = [block for block in re.split(r"\n\s*\n", prompt.strip()) if block.strip()]
    asked = blocks[-1]
    asked = re.sub(r"\n?(?:A|Answer|Label)\s*:\s*$", "", asked.strip())
    return f"{blocks[0]}\n{asked}" if len(blocks) > 1 and "{{" not in blocks[0] else asked


FORMS: dict[str, Callable[[Numbered, str], Iterator[tuple[int, Row]]]] = {
    "medmcqa": _medmcqa, "medqa": _medqa, "mmlu": _mmlu, "casehold": _casehold, "legalbench": _legalbench,
}  # fmt: skip


def _question(text: str, choices: Any, label: int | str, source_id: Any) -> Row:
    choices = [str(choice) for choice in choices]
    if isinstance(label, int):
        if not 0 <= label < len(choices):
            raise IndexError(f"option {label} of {len(choices)}")
        label = letter(label)
    return {"text": text, "choices": tuple(choices), "label": label, "source_id": source_id}


def _checked(place: str, row: Row) -> RawRow:
    if not isinstance(row["text"], str) or not row["text"].strip():
        raise EvaluationError(f"The benchmark row {place} cannot be used: it has no question.")
    if len(row["choices"]) > MOST_CHOICES:
        raise EvaluationError(f"The benchmark row {place} cannot be used: letters tell {MOST_CHOICES} options apart.")
    source_id = "" if row["source_id"] is None else str(row["source_id"])
    choices = tuple(" ".join(choice.split()) for choice in row["choices"])
    return RawRow(place, row["text"].strip(), choices, row["label"], source_id)
