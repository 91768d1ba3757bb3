"""Labeled files to evaluation questions: in order, cut to the limit, never smaller unseen."""

import json
from pathlib import Path
from typing import Any

import pytest

from dgrc.config import EvaluationConfig, FieldMap
from dgrc.errors import EvaluationError, QuestionFileError
from dgrc.evaluation.benchmarks import load_questions
from dgrc.records import content_id


def load(folder: Path, *rows: Any, **settings: Any) -> list[Any]:
    path = folder / "held_out.jsonl"
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in rows))
    return load_questions(EvaluationConfig(files=(str(path),), **settings))


def test_questions_keep_file_order_label_and_place(tmp_path: Path) -> None:
    rows = [{"id": i, "question": f"case {i} ?", "label": i % 2} for i in (3, 1, 2)]
    questions = load(tmp_path, *rows)
    assert [q.text for q in questions] == ["case 3 ?", "case 1 ?", "case 2 ?"]
    assert [q.label for q in questions] == ["1", "1", "0"]
    assert questions[1].source == f"{tmp_path}/held_out.jsonl:2"
    assert [q.id for q in questions] == [content_id(q.text, ()) for q in questions]


def test_several_files_follow_one_another_and_the_limit_cuts_the_whole(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.jsonl").write_text(
            "\n".join(json.dumps({"question": f"{name}{i} ?", "label": "x"}) for i in range(3))
        )
    config = EvaluationConfig(files=(f"{tmp_path}/*.jsonl",), limit=4)
    assert [q.text for q in load_questions(config)] == ["a0 ?", "a1 ?", "a2 ?", "b0 ?"]


def test_fields_may_be_called_otherwise(tmp_path: Path) -> None:
    (question,) = load(tmp_path, {"frage": "wer ?", "loesung": "x"}, fields=FieldMap(text="frage", label="loesung"))
    assert (question.text, question.label) == ("wer ?", "x")


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"question": "who ?"}, "the label is missing"),
        ({"question": "who ?", "label": None}, "the label is missing"),
        ({"question": "", "label": "x"}, "the question is empty"),
        ({"frage": "who ?", "label": "x"}, "no field 'question'"),
        ("{broken", "not valid JSON"),
    ],
)
def test_a_row_that_cannot_be_used_is_an_error_with_its_place(tmp_path: Path, row: Any, problem: str) -> None:
    with pytest.raises(EvaluationError, match=rf"held_out\.jsonl:2 cannot be used: {problem}"):
        load(tmp_path, {"question": "fine ?", "label": "x"}, row)


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(QuestionFileError, match=r"absent\.jsonl"):
        load_questions(EvaluationConfig(files=(str(tmp_path / "absent.jsonl"),)))
