"""What the columns of a question file are taken for, and what is said of it: nothing is guessed unseen."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dgrc.config import FieldMap
from dgrc.errors import QuestionFileError
from dgrc.questions.columns import read_rows
from dgrc.questions.sniff import Sniffed, sniff

ASKED = "Which court hears this case?"


def parts(text: str, choices: Any = None, label: str | None = None, source_id: str | None = None) -> FieldMap:
    return FieldMap(text=text, choices=choices, label=label, source_id=source_id)


def look(folder: Path, *rows: dict[str, Any], **named: Any) -> Sniffed:
    """Three rows made of one, each with its own number where a value says `#`."""
    made = rows if len(rows) > 1 else [_numbered(rows[0], str(number)) for number in range(3)]
    path = folder / "q.jsonl"
    path.write_text("\n".join(map(json.dumps, made)) + "\n")
    return sniff(str(path), **named)


def _numbered(row: dict[str, Any], number: str) -> dict[str, Any]:
    return {k: value.replace("#", number) if isinstance(value, str) else value for k, value in row.items()}


@pytest.mark.parametrize(
    ("row", "fields", "says"),
    [
        ({"question": ASKED, "choices": ["a", "b"], "label": "B", "id": "q#"},
         parts("question", "choices", label="label", source_id="id"), "in 'choices'"),
        ({"Question": ASKED, "Options": '["a", "b"]', "Answer": "b", "QID": "#"},
         parts("Question", "Options", label="Answer", source_id="QID"), "the right answer"),
        ({"prompt": ASKED, "note": "see page 3"}, parts("prompt"), "not used: 'note'"),
        ({"nr": "#", "frage": ASKED}, parts("frage"), "! the question is in 'frage', the only column"),
        ({"nr": "#", "問": "どの裁判所がこの事件を扱うか"}, parts("問"), "'問'"),
        ({"text": ASKED, "Option A": "x", "Option B": "y", "Option C": None},
         parts("text", ("Option A", "Option B", "Option C")), "'Option C'"),
        ({"question": ASKED, "A": "x", "B": "y", "C": "z", "answer": "C"},
         parts("question", ("A", "B", "C"), label="answer"), "'A', 'B', 'C'"),
        ({"question": ASKED, "option1": "x", "option2": "y"},
         parts("question", ("option1", "option2")), "'option2'"),
        ({"question": ASKED, "answer": 12}, parts("question", label="answer"), "the right answer"),
        ({"question": ASKED, "choices": ["a", "b"], "answer": 1}, parts("question", "choices"),
         "'answer' was not taken"),
        ({"question": ASKED, "options": {"A": "x", "B": "y"}, "answer": "B"},
         parts("question", "options", label="answer"), "the options are in 'options'"),
        ({"question": ASKED, "options": {"1": "x", "2": "y"}, "answer": 2},
         parts("question", "options", label="answer"), "the right answer"),
        ({"question": ASKED, "option": "B"}, parts("question"), "! 'option' does not hold lists"),
        ({"question": f"{ASKED}\nA. crown\nB. mill", "answer": "B"}, parts("question", label="answer"), "right answer"),
    ],
)  # fmt: skip
def test_columns_are_taken_for_what_their_names_and_values_say(
    tmp_path: Path, row: dict[str, Any], fields: FieldMap, says: str
) -> None:
    found = look(tmp_path, row)
    assert found.fields == fields
    assert any(says in note for note in found.notes), found.notes
    read = list(read_rows(found.path, fields))
    assert all(raw.error is None for raw in read), "a run reads the same rows"
    options = len(next(iter(read)).choices)
    assert found.notes[-1] == f"of the first 3 rows 3 give a question, {3 if options else 0} with options"


@pytest.mark.parametrize(
    ("form", "row"),
    [
        ("medmcqa", {"id": "#", "question": ASKED, "opa": "w", "opb": "x", "opc": "y", "opd": "z", "cop": 2}),
        ("mmlu", {"question": ASKED, "subject": "law", "choices": ["a", "b"], "answer": 1}),
        ("casehold", {"citing_prompt": ASKED, **{f"holding_{i}": f"that {i}" for i in range(5)}, "label": "2"}),
        ("case_hold", {"context": ASKED, "endings": ["x", "y"], "label": 0}),
        ("medqa", {"question": ASKED, "options": {"A": "x", "B": "y"}, "answer_idx": "A"}),
        ("jecqa", {"id": "#", "statement": ASKED, "option_list": {"A": "x", "B": "y"}, "answer": ["A", "B"]}),
        ("cmb", {"question": ASKED, "option": {"A": "x", "B": ""}, "question_type": "单项选择题", "answer": "A"}),
        ("cmexam", {"Question": ASKED, "Options": "A x\nB y", "Answer": "A", "Explanation": "so"}),
        ("pubmedqa", {"QUESTION": ASKED, "CONTEXTS": ["We looked."], "final_decision": "yes"}),
        ("lawbench", {"instruction": "选出一个。", "question": "何者?A:甲;B:乙。", "answer": "正确答案：A。"}),
    ],
)
def test_published_forms_are_known_by_their_columns(tmp_path: Path, form: str, row: dict[str, Any]) -> None:
    found = look(tmp_path, row)
    assert (found.form, found.fields) == (form, None)
    assert f"{{form: {form}, files: [...]}}" in found.notes[0]
    assert found.notes[-1] == "of the first 3 rows 3 give a question, 3 with options"
    assert look(tmp_path, row, text=next(iter(found.names))).form is None, "a user's word comes first"


def test_rows_that_a_form_cannot_read_are_not_in_it(tmp_path: Path) -> None:
    found = look(tmp_path, {"question": ASKED, "options": 3, "answer_idx": None})
    assert found.form is None and found.fields == parts("question")


def test_conversations_need_no_names(tmp_path: Path) -> None:
    turns = [{"from": "human", "value": f"{ASKED}\nA. crown\nB. mill"}, {"from": "gpt", "value": "<answer>A</answer>"}]
    found = look(tmp_path, {"id": "#", "conversations": turns})
    assert found.fields is None
    assert found.notes[-1] == "of the first 3 rows 3 give a question, 3 with options"


def test_what_a_user_names_is_taken(tmp_path: Path) -> None:
    row = {"question": "see stem", "stem": ASKED, "first": "x", "second": "y", "choices": ["no", "use"]}
    found = look(tmp_path, row, text="stem", choices=("first", "second"))
    assert found.fields == parts("stem", ("first", "second"))
    assert "not used: 'question', 'choices'" in found.notes
    assert look(tmp_path, row, choices=("choices",)).fields == FieldMap(text="question", choices="choices", label=None,
                                                                        source_id=None)  # fmt: skip


def test_ids_that_repeat_are_not_taken(tmp_path: Path) -> None:
    found = look(tmp_path, {"question": ASKED, "id": "same"})
    assert found.fields is not None and found.fields.source_id is None
    assert any("'id' was not taken" in note for note in found.notes)


def test_a_few_odd_rows_are_told_and_do_not_decide(tmp_path: Path) -> None:
    rows = [{"question": f"{ASKED} {n}", "choices": ["a", "b"]} for n in range(20)]
    found = look(tmp_path, *rows, {"question": None, "choices": "?"})
    assert found.fields is not None and found.fields.choices == "choices"
    assert found.notes[-2:] == [
        "! the first row that gives no question: the field 'question' is null",
        "of the first 21 rows 20 give a question, 20 with options",
    ]


@pytest.mark.parametrize(
    ("row", "named", "says"),
    [
        ({"frage": ASKED, "quelle": "a book of law"}, {}, r"several hold words \('frage', 'quelle'\).*--text"),
        ({"nr": 7, "code": "x1"}, {}, "none holds texts of several words.*'nr', 'code'.*--text"),
        ({"question": 7}, {}, "no column.*'question'"),
        ({"question": ASKED}, {"text": "stem"}, "no column 'stem'; it has 'question'"),
        ({"question": ASKED}, {"choices": ("a", "b")}, "no column 'a'; it has 'question'"),
        ({"nr": 7, "question": ASKED}, {"text": "nr"}, "None of the first 3 rows.*'nr' is a int.*'nr', 'question'"),
        ({"conversations": "hello"}, {}, "None of the first 3 rows.*conversations"),
        ({"question": ASKED, "options": ["x", ["y"]]}, {}, "None of the first 3 rows.*option 2 is a list.*'options'"),
        ({"q": {"text": ASKED}}, {}, "What stands inside 'q' cannot be named: make columns of its parts first"),
        ({"q": {"text": ASKED}}, {"text": "q"}, "text is wanted. It has the columns 'q'. What stands inside 'q'"),
        ({"data": [{"question": ASKED}]}, {}, "'data' holds a list of objects: if these are the rows, make a file"),
        ({"question": ASKED, "incorrect_answers": ["x", "y"]}, {}, "Put the right one and these into one column"),
    ],
)
def test_a_file_without_a_question_is_refused_with_its_columns(
    tmp_path: Path, row: dict[str, Any], named: dict[str, Any], says: str
) -> None:
    with pytest.raises(QuestionFileError, match=says):
        look(tmp_path, row, **named)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("q.json", b"{}", "cannot be read"),
        ("q.parquet", b"PAR1", "cannot be read"),
        ("q.jsonl", b"", "it is empty"),
        ("q.jsonl", b"[1]\nno\n", "none of its first 2 can be read"),
        ("q.csv", b"question\n", "it is empty"),
    ],
)
def test_a_broken_or_empty_file_is_refused(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(QuestionFileError, match=says):
        sniff(str(path))


def test_only_the_beginning_of_a_large_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "q.parquet"
    pq.write_table(pa.table({"question": [f"{ASKED} {n}" for n in range(10_000)]}), path)
    assert sniff(str(path)).notes[-1].startswith("of the first 200 rows 200 ")


@pytest.mark.parametrize("column", ["input", "prompt", "context", "案情"])
def test_what_stands_beside_the_question_is_shown_before_it_is_left_out(tmp_path: Path, column: str) -> None:
    found = look(tmp_path, {"question": ASKED, column: "Facts no # of the case, in words."})
    assert any(note.startswith(f"! '{column}' may belong to the question") for note in found.notes), found.notes
    assert not any("may belong" in note for note in look(tmp_path, {"question": ASKED, column: "x#"}).notes)


def test_rows_that_cannot_be_read_or_have_no_text_are_counted(tmp_path: Path) -> None:
    rows = [{"question": ASKED, "id": "a"}, {"question": 7, "id": "b"}, {"question": ["x"], "id": "c"}]
    (tmp_path / "q.jsonl").write_text("\n".join([*map(json.dumps, rows), "[1]", '{"question": "cut o']))
    found = sniff(str(tmp_path / "q.jsonl"))
    assert found.fields is not None and found.fields.text == "question"
    assert "! the question is in 'question', but of the first 3 rows 1 alone have text there" in found.notes
    assert "! 2 of the first rows cannot be read, one because of: a JSON list where an object is wanted" in found.notes


def test_a_table_beside_a_prompt_is_one_of_legalbench(tmp_path: Path) -> None:
    (tmp_path / "train.tsv").write_text("index\tanswer\tcontract\tquestion\n0\tYes\tA long one.\tMay it be ended?\n")
    alone = sniff(str(tmp_path / "train.tsv"))
    assert alone.form is None and any("'contract' may belong to the question" in note for note in alone.notes)
    (tmp_path / "base_prompt.txt").write_text("Answer with Yes or No.\n\nContract: {{contract}}\nQ: {{question}}\nA:")
    found = sniff(str(tmp_path / "train.tsv"))
    assert (found.form, found.fields) == ("legalbench", None)
    assert sniff(str(tmp_path / "train.tsv"), text="question").form is None, "whoever names a column is believed"
