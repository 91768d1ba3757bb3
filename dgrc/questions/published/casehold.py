"""CaseHOLD: `citing_prompt`, `holding_0` to `holding_4`, `label` (a number from 0; a column without a name, or
pandas' `Unnamed: 0`, is the id), or LexGLUE's `case_hold`: `context`, `endings`, `label`."""

import itertools

from dgrc.questions.options import pairs
from dgrc.questions.published.row import Read, Row, Rows, each, place_of, question


def read(rows: Rows, path: str) -> Read:
    """The questions of a file's rows, with their labels."""
    yield from each(rows, _one)


def _one(row: Row) -> Row:
    if "endings" in row:
        text, holdings = row["context"], pairs(row["endings"], "`endings`")
    else:
        names = itertools.takewhile(lambda name: name in row, (f"holding_{i}" for i in itertools.count()))
        text, holdings = row["citing_prompt"], [(None, row[name]) for name in names]
        if not holdings:
            raise KeyError("holding_0")
    label = place_of(row.get("label"))
    source_id = next((row[name] for name in ("example_id", "", "Unnamed: 0") if name in row), None)
    asked = f"Which holding does the citation (<HOLDING>) stand for?\n{text}" if isinstance(text, str) else text
    return question(asked, holdings, None if label == -1 else label, source_id)
