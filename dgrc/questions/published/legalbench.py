"""LegalBench: a task's `train.tsv` or `test.tsv` with `text` and `answer` beside its `base_prompt.txt`, whose
`{{column}}` places are filled; the options are the answers that occur in the file, if there are few."""

import re
from collections.abc import Iterator

from dgrc.questions.published.row import Numbered, Row, question
from dgrc.storage.objectstore.files import beside, open_bytes

MOST_LABELS = 6
"""A task with more different answers than this has no options: they are right answers, not choices."""


def read(rows: Numbered, path: str) -> Iterator[tuple[int, Row]]:
    """The questions of a file's rows, with their labels."""
    template = "{{text}}"
    if prompt := beside(path, "base_prompt.txt"):
        with open_bytes(prompt) as file:
            template = _last_block(file.read().decode("utf-8"))
    labels = sorted({row["answer"].strip() for _, row in rows})
    options = labels if 2 <= len(labels) <= MOST_LABELS else []
    for number, row in rows:
        text = re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda place, row=row: str(row[place[1]]), template)  # type: ignore[misc]
        label = row["answer"].strip()
        yield number, question(text, options, options.index(label) if options else label, row.get("index"))


def _last_block(prompt: str) -> str:
    """The instruction and the place of the question, without the solved examples between them."""
    blocks = [block for block in re.split(r"\n\s*\n", prompt.strip()) if block.strip()]
    asked = blocks[-1]
    asked = re.sub(r"\n?(?:A|Answer|Label)\s*:\s*$", "", asked.strip())
    return f"{blocks[0]}\n{asked}" if len(blocks) > 1 and "{{" not in blocks[0] else asked
