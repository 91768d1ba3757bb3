"""Labeled files to evaluation questions: in order, cut to the limit, never smaller unseen."""

import json
from pathlib import Path
from typing import Any

import pytest

from dgrc.config import EvaluationConfig, FieldMap
from dgrc.errors import EvaluationError, QuestionFileError
from dgrc.evaluation.benchmarks import load_held_out
from dgrc.records import content_id


def load(folder: Path, *rows: Any, **settings: Any) -> list[Any]:
    path = folder / "held_out.jsonl"
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in rows))
    return load_held_out(EvaluationConfig(files=(str(path),), **settings)).questions


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
    assert [q.text for q in load_held_out(config).questions] == ["a0 ?", "a1 ?", "a2 ?", "b0 ?"]


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
        load_held_out(EvaluationConfig(files=(str(tmp_path / "absent.jsonl"),)))


def test_benchmarks_are_tasks_of_their_own_and_share_questions_that_are_the_same(tmp_path: Path) -> None:
    own = tmp_path / "own.jsonl"
    own.write_text(json.dumps({"question": "what helps ?", "choices": ["rest", "ice"], "label": "B"}) + "\n")
    medqa = tmp_path / "medqa.jsonl"
    rows = [("what helps ?", "B"), ("what harms ?", "A"), ("what else ?", "A")]
    medqa.write_text("\n".join(
        json.dumps({"question": text, "options": {"A": "rest", "B": "ice"}, "answer_idx": label})
        for text, label in rows
    ))  # fmt: skip
    benchmark = {"form": "medqa", "files": (str(medqa),)}
    held_out = load_held_out(EvaluationConfig(files=(str(own),), benchmarks=({**benchmark, "name": "MedQA"},), limit=2))
    assert [q.text for q in held_out.questions] == ["what helps ?", "what harms ?"]
    assert held_out.tasks == {"held_out": [0], "MedQA": [0, 1]}
    with pytest.raises(EvaluationError, match="Two benchmarks are called 'medqa'"):
        load_held_out(EvaluationConfig(benchmarks=(benchmark, benchmark)))


def test_answers_of_a_benchmark_may_lie_in_a_file_of_their_own(tmp_path: Path) -> None:
    row = {"question_type": "多项选择题", "option": {"A": "甲", "B": "乙", "C": ""}}
    asked = [{"id": n, "question": f"第{n}题？", **row} for n in (1, 2)]
    (tmp_path / "asked.json").write_text(json.dumps(asked))
    (tmp_path / "right.json").write_text(json.dumps([{"id": 2, "answer": "B"}, {"id": 1, "answer": "BA"}]))
    benchmark = {"form": "cmb", "files": (str(tmp_path / "asked.json"),)}
    with pytest.raises(EvaluationError, match=r"asked\.json:1 cannot be used: it has no label"):
        load_held_out(EvaluationConfig(benchmarks=(benchmark,)))
    held_out = load_held_out(EvaluationConfig(benchmarks=({**benchmark, "answers": (str(tmp_path / "right.json"),)},)))
    assert [(q.label, q.several, q.choices) for q in held_out.questions] == [
        ("AB", True, ("甲", "乙")), ("B", True, ("甲", "乙")),
    ]  # fmt: skip


def test_a_column_that_no_row_has_is_told_with_the_columns_there_are(tmp_path: Path) -> None:
    row = {"question": "who ?", "answer": "x"}
    for fields in (FieldMap(label="anwser"), FieldMap(label="answer", choices="optoins")):
        with pytest.raises(QuestionFileError, match=r"`evaluation\.fields` names; the first has 'question', 'answer'"):
            load(tmp_path, row, fields=fields)


def test_a_label_of_an_option_that_is_null_is_told(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r":1 cannot be used: its label 'B' names an option that is null or em"):
        load(tmp_path, {"question": "who ?", "choices": ["x", None, "y"], "label": "B"})
    (question,) = load(tmp_path, {"question": "who ?", "choices": ["x", None, "y"], "label": "C"})
    assert (question.choices, question.label) == (("x", "y"), "B")


def test_one_question_with_two_labels_is_refused_naming_both_rows(tmp_path: Path) -> None:
    row = {"question": "Barred?", "choices": ["Yes", "No"]}
    with pytest.raises(EvaluationError, match=r"jsonl:1 and .*jsonl:3 ask one question.*'A' and 'No'"):
        load(tmp_path, row | {"label": "A"}, row | {"question": "Late?", "label": "A"}, row | {"label": "No"})
    assert len(load(tmp_path, row | {"label": "B"}, row | {"label": "No"})) == 1, "one label, written in two ways"
    far = {"question": "How far?"}
    assert len(load(tmp_path, far | {"label": "5 km"}, far | {"label": "5000 m"})) == 1
    with pytest.raises(EvaluationError, match="have two labels"):
        load(tmp_path, far | {"label": "5 km"}, far | {"label": "6 km"})


def test_several_right_options_are_read_from_their_column(tmp_path: Path) -> None:
    row = {"question": "Which?", "choices": ["A. x", "B. y", "C. z"], "label": ["A", "C"], "several": True}
    (question,) = load(tmp_path, row)
    assert (question.choices, question.several, question.label) == (("x", "y", "z"), True, "A; C")
    with pytest.raises(EvaluationError, match=r"held_out.jsonl:1 cannot be used.*names several options"):
        load(tmp_path, row | {"several": False})
    (named,) = load(tmp_path, row | {"several": None, "multi": "1"}, fields=FieldMap(several="multi"))
    assert named.several
