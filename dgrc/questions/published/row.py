"""What every published form makes of a row: the parts of a question, the label as a letter or as text."""

from typing import Any

from dgrc.method.reading.choices import label_of

Row = dict[str, Any]
Numbered = list[tuple[int, Row]]
"""Rows of a file with their numbers."""


def question(text: str, choices: Any, label: int | str, source_id: Any) -> Row:
    """A question's parts; a label that is a number names an option, from 0."""
    choices = [str(choice) for choice in choices]
    if isinstance(label, int):
        if not 0 <= label < len(choices):
            raise IndexError(f"option {label} of {len(choices)}")
        label = label_of(label, choices)
    return {"text": text, "choices": tuple(choices), "label": label, "source_id": source_id}
