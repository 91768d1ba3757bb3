"""Questions of an exam as they are printed: the options stand inside the text, a line `(A) ...` or `A. ...` each,
after the stem. The text is in `question`, `text` or another usual column, or in chat turns, as the paper's authors have
it."""

from dgrc.config import FieldMap
from dgrc.questions.columns import pick
from dgrc.questions.names import LABEL, SOURCE_ID, TEXT, known
from dgrc.questions.options import Unusable
from dgrc.questions.published.row import Read, Row, Rows, each


def read(rows: Rows, path: str) -> Read:
    """The questions of a file's rows, with their labels."""
    yield from each(rows, _one)


def _one(row: Row) -> Row:
    text, label, source_id = (next(known(row, names), None) for names in (TEXT, LABEL, SOURCE_ID))
    raw = pick("", row, FieldMap(text=text or "question", label=label, source_id=source_id))
    if raw.error is not None:
        raise Unusable(raw.error)
    if not raw.choices:
        raise Unusable("no options are found inside its text; wanted are lines `(A) ...` or `A. ...` behind the stem")
    return {
        "text": raw.text, "choices": raw.choices, "label": raw.label, "unlabeled": raw.unlabeled,
        "source_id": raw.source_id,
    }  # fmt: skip
