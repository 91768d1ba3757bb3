"""Held-out questions with their labels: the only place where labels are read.

Files are read by the same readers as the unlabeled questions. A row without a label, or one that
cannot be read, is an error here: a benchmark must not shrink unseen. Only exact repeats count once.
"""

from dgrc.config import EvaluationConfig
from dgrc.errors import EvaluationError
from dgrc.evaluation.score import expected_answer
from dgrc.pipeline.readers import find_files, read_rows
from dgrc.records import Question, content_id


def load_questions(config: EvaluationConfig) -> list[Question]:
    """All evaluation questions in file order, cut to `limit`.

    Raises:
        EvaluationError: a row cannot be read, or has no label.
    """
    questions: dict[int, Question] = {}
    for path in find_files(config.files):
        for raw in read_rows(path, config.fields):
            if raw.error is not None or not raw.text or raw.label is None:
                problem = raw.error or ("the question is empty" if not raw.text else "the label is missing")
                raise EvaluationError(f"The evaluation row {raw.place} cannot be used: {problem}. Mend or remove it.")
            expected_answer(raw.label, raw.choices)  # a label that no answer can meet must not come out after inference
            id_ = content_id(raw.text, raw.choices)
            questions.setdefault(
                id_, Question(id_, raw.source_id, raw.text, raw.choices, raw.label, raw.place, raw.meta)
            )
    return list(questions.values())[: config.limit]
