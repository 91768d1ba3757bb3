"""CaseHOLD: `citing_prompt`, `holding_0` to `holding_4`, `label` (a number from 0; a column without a name is the id),
or LexGLUE's `context`, `endings`, `label`."""

from collections.abc import Iterator

from dgrc.questions.published.row import Numbered, Row, question


def read(rows: Numbered, path: str) -> Iterator[tuple[int, Row]]:
    """The questions of a file's rows, with their labels."""
    for number, row in rows:
        if "endings" in row:
            text, holdings = row["context"], row["endings"]
        else:
            text, holdings = row["citing_prompt"], [row[f"holding_{i}"] for i in range(5)]
        asked = f"Which holding does the citation (<HOLDING>) stand for?\n{text}"
        yield number, question(asked, holdings, int(float(row["label"])), row.get("example_id", row.get("")))
