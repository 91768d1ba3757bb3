"""Exams in their published forms, self-written: several right options, empty options, labels apart, and refusals."""

import csv
import json
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dgrc.config.questions import Form
from dgrc.errors import EvaluationError, QuestionFileError
from dgrc.questions.columns import RawRow
from dgrc.questions.published import FORMS, published_rows, right_answers, rows_of_form

NAN = float("nan")


def lines(path: Path, *rows: Any) -> str:
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return str(path)


def whole(path: Path, value: Any) -> str:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=4), encoding="utf-8")
    return str(path)


def one(folder: Path, form: str, row: dict[str, Any]) -> RawRow:
    (raw,) = rows_of_form(form, lines(folder / "one.jsonl", row))
    return raw


def content(raw: RawRow) -> tuple[Any, ...]:
    return raw.text, raw.choices, raw.label, raw.several


def test_every_form_that_a_configuration_may_name_is_read() -> None:
    assert set(FORMS) == set(get_args(Form))


JECQA = {"id": "3_1", "statement": "下列何者正确？", "option_list": {"B": "乙", "A": "甲", "D": "丁", "C": "丙"},
         "answer": ["D", "A"], "type": "0", "subject": "法理"}  # fmt: skip


def test_jecqa_is_json_lines_called_json_and_may_have_several_right_options(tmp_path: Path) -> None:
    rows = published_rows("jecqa", lines(tmp_path / "0_train.json", JECQA, {**JECQA, "id": "4", "answer": ["C"]}))
    assert content(rows[0]) == ("下列何者正确？", ("甲", "乙", "丙", "丁"), "AD", True)
    assert content(rows[1])[2:] == ("C", True), "also where one is right: the label must not tell how many are"
    assert [row.source_id for row in rows] == ["3_1", "4"]


def test_jecqa_without_answers_is_asked_and_not_scored(tmp_path: Path) -> None:
    path = lines(tmp_path / "0_test.json", {**JECQA, "answer": []}, {k: v for k, v in JECQA.items() if k != "answer"})
    assert [(row.label, row.error, row.unlabeled) for row in rows_of_form("jecqa", path)] == [(None, None, None)] * 2
    assert [row.label for row in published_rows("jecqa", path, labels=False)] == [None, None]
    with pytest.raises(EvaluationError, match=r"0_test\.json:1 cannot be used: it has no label"):
        published_rows("jecqa", path)


CMB = {"exam_type": "医师考试", "question_type": "单项选择题", "question": "何者？",
       "option": {"A": "甲", "B": "乙", "C": "丙", "D": "丁", "E": ""}, "answer": "B"}  # fmt: skip


def test_cmb_says_by_its_type_whether_several_options_are_right(tmp_path: Path) -> None:
    several = {**CMB, "question": "何者，可多选？", "question_type": "多项选择题", "answer": "DBA"}
    first, second = published_rows("cmb", whole(tmp_path / "CMB-train.json", [CMB, several]))
    assert content(first) == ("何者？", ("甲", "乙", "丙", "丁"), "B", False)
    assert content(second) == ("何者，可多选？", ("甲", "乙", "丙", "丁"), "ABD", True)
    for kind in ("不定项选择题", "多选题"):
        assert one(tmp_path, "cmb", {**several, "question_type": kind}).several


def test_cmb_whose_type_and_label_differ_loses_the_label_alone(tmp_path: Path) -> None:
    for kind in ("单项选择题", None):
        raw = one(tmp_path, "cmb", {**CMB, "question_type": kind, "answer": "AB"})
        assert raw.error is None and not raw.several and raw.label is None
        assert raw.unlabeled == "its label 'AB' names several options where one is right"
    with pytest.raises(EvaluationError, match="'AB' names several options where one is right"):
        published_rows("cmb", whole(tmp_path / "x.json", [{**CMB, "answer": "AB"}]))
    assert one(tmp_path, "cmb", {**CMB, "answer": "E"}).unlabeled == "its label names option E, and there are 4"


def test_cmb_takes_answers_that_stand_in_a_file_of_their_own(tmp_path: Path) -> None:
    asked = [{"id": n, **{k: v for k, v in CMB.items() if k != "answer"}, "question": f"第{n}题？"} for n in (1, 2)]
    path = whole(tmp_path / "test.json", asked)
    with pytest.raises(EvaluationError, match="it has no label"):
        published_rows("cmb", path)
    answers = right_answers([whole(tmp_path / "answers.json", [{"id": 2, "answer": "D"}, {"id": 1, "answer": "A"}])])
    assert [row.label for row in published_rows("cmb", path, answers)] == ["A", "D"]
    assert right_answers([lines(tmp_path / "floats.jsonl", {"id": 2.0, "answer": "D"})]) == {"2": "D"}
    with pytest.raises(EvaluationError, match=r"test\.json:2 cannot be used: it has no label"):
        published_rows("cmb", path, {"1": "A"})


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([{"id": 1}], "answers.json:1 of right answers cannot be used: it has no `id` or no `answer`"),
        ([{"answer": "A"}], "it has no `id`"),
        ([7], "a JSON int where an object is wanted"),
        ([{"id": 1, "answer": "A"}, {"id": "1", "answer": "B"}], "answers.json:2 has another answer for the id '1'"),
    ],
)
def test_right_answers_that_cannot_be_joined_are_named(tmp_path: Path, rows: list[Any], says: str) -> None:
    with pytest.raises(EvaluationError, match=says):
        right_answers([whole(tmp_path / "answers.json", rows)])


def cmexam(folder: Path, *rows: tuple[str, str, str]) -> str:
    path = folder / "train.csv"
    with open(path, "w", newline="", encoding="utf-8-sig") as file:
        table = csv.writer(file)
        table.writerows([("Question", "Options", "Answer", "Explanation"), *((*row, "故选") for row in rows)])
    return str(path)


def test_cmexam_has_its_options_in_one_cell(tmp_path: Path) -> None:
    path = cmexam(
        tmp_path, ("何者？", "A 甲\nB 乙 等\nC 丙", "B"), ("何者们？", "A．甲\r\nB、乙\r\nC.丙", "ACB"),
        ("长？", "A 甲\n续行\nB 乙", "A"), ("缺？", "A 甲\nB \nC 丙", "C"), ("空？", "A 甲\nB\nC 丙", "B"),
    )  # fmt: skip
    rows = list(rows_of_form("cmexam", path))
    assert [content(row)[1:] for row in rows] == [
        (("甲", "乙 等", "丙"), "B", True), (("甲", "乙", "丙"), "ABC", True), (("甲 续行", "乙"), "A", True),
        (("甲", "丙"), "B", True), (("甲", "丙"), None, True),
    ]  # fmt: skip
    assert rows[4].unlabeled == "its label 'B' names an option that is null or empty"
    options = [{"key": "A", "value": "甲"}, {"key": "B", "value": "乙"}]
    pairs = {"Question": "何者？", "Options": options, "Answer": "B"}
    assert content(one(tmp_path, "cmexam", pairs)) == ("何者？", ("甲", "乙"), "B", True)


@pytest.mark.parametrize(
    ("options", "says"),
    [("甲 A\n乙 B", "nor has it a line `A ...` for each"), ("", "it has no options"), (7, "not a list of texts")],
)
def test_cmexam_options_that_cannot_be_read_are_refused(tmp_path: Path, options: Any, says: str) -> None:
    raw = one(tmp_path, "cmexam", {"Question": "何者？", "Options": options, "Answer": "A"})
    assert raw.error is not None and says in raw.error


PUBMEDQA = {"QUESTION": "Does rest help ?", "CONTEXTS": ["We asked forty.", "Half rested."],
            "LABELS": ["BACKGROUND", "METHODS"], "LONG_ANSWER": "It may.", "final_decision": "maybe"}  # fmt: skip
ABSTRACT = "Abstract: We asked forty.\nHalf rested.\nQuestion: Does rest help ?"


def test_pubmedqa_of_its_authors_is_an_object_by_ids(tmp_path: Path) -> None:
    path = whole(tmp_path / "ori_pqal.json", {"101": PUBMEDQA, "102": {**PUBMEDQA, "final_decision": "no"}})
    first, second = published_rows("pubmedqa", path)
    assert content(first) == (ABSTRACT, ("yes", "no", "maybe"), "C", False)
    assert (first.source_id, second.source_id, second.label) == ("101", "102", "B")
    (alone,) = published_rows("pubmedqa", whole(tmp_path / "one.json", {"101": PUBMEDQA}))
    (in_line,) = published_rows("pubmedqa", lines(tmp_path / "line.json", {"101": PUBMEDQA}))
    assert content(alone) == content(in_line) == content(first) and alone.source_id == in_line.source_id == "101"


def test_pubmedqa_of_the_hub(tmp_path: Path) -> None:
    context = {"contexts": PUBMEDQA["CONTEXTS"], "labels": [], "meshes": []}
    row = {"pubid": 101, "question": "Does rest help ?", "context": context, "final_decision": "yes"}
    path = tmp_path / "p.parquet"
    pq.write_table(pa.Table.from_pylist([row]), path)
    (raw,) = published_rows("pubmedqa", str(path))
    assert (content(raw), raw.source_id) == ((ABSTRACT, ("yes", "no", "maybe"), "A", False), "101")


@pytest.mark.parametrize(
    ("change", "label", "error", "unlabeled"),
    [
        ({"final_decision": None}, None, None, None),
        ({"final_decision": "Yes "}, "A", None, None),
        ({"final_decision": "perhaps"}, None, None, "its `final_decision` is 'perhaps'; wanted is yes, no or maybe"),
        ({"CONTEXTS": []}, None, "its contexts are no texts", None),
        ({"QUESTION": None}, None, "it has no question", None),
        ({"CONTEXTS": NAN}, None, "its contexts are no texts", None),
        ({"CONTEXTS": "{'contexts': ['x']}"}, None,
         "its contexts are neither text nor a list in JSON: \"{'contexts': ['x']}\"", None),  # as pandas writes CSV
    ],
)
def test_pubmedqa_that_cannot_be_used_says_why(
    tmp_path: Path, change: Any, label: str | None, error: str | None, unlabeled: str | None
) -> None:
    raw = one(tmp_path, "pubmedqa", {**PUBMEDQA, **change})
    assert (raw.label, raw.error, raw.unlabeled) == (label, error, unlabeled)


def test_case_hold_of_lexglue_and_casehold_are_one(tmp_path: Path) -> None:
    row = {"context": "as in (<HOLDING>)", "endings": ["x", None, "y"], "label": 2}
    for form in ("case_hold", "casehold"):
        raw = one(tmp_path, form, row)
        assert (raw.choices, raw.label) == (("x", "y"), "B") and raw.text.endswith("as in (<HOLDING>)")
    empty = one(tmp_path, "case_hold", {**row, "label": 1})
    assert empty.unlabeled == "its label 'B' names an option that is null or empty"
    assert one(tmp_path, "case_hold", {**row, "label": 5}).unlabeled == "its label names option 5 of 2"
    assert one(tmp_path, "case_hold", {**row, "label": -1}).label is None


def test_questions_in_a_form_need_no_labels_and_a_bad_row_costs_itself(tmp_path: Path) -> None:
    row = {"question": "q ?", "opa": "x", "opb": "y", "opc": "z", "opd": "w", "id": "m"}
    path = tmp_path / "m.jsonl"
    written = map(json.dumps, ({**row, "cop": 1}, {**row, "cop": -1}, row, {"question": "q ?"}))
    path.write_text("\n".join([*written, "not json\n"]))
    rows = list(rows_of_form("medmcqa", str(path)))
    assert [row.place.rpartition(":")[2] for row in rows] == ["1", "2", "3", "4", "5"]
    assert [row.label for row in rows] == [None] * 5
    assert rows[0].unlabeled is not None and "cannot be told" in rows[0].unlabeled
    assert rows[1].unlabeled is not None and rows[2].unlabeled is None
    assert rows[3].error == "it is not of this form: no column 'opa'; it has the columns 'question'"
    assert rows[4].error is not None and rows[4].error.startswith("not valid JSON")
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(QuestionFileError, match=r"broken\.json of the form `medqa` cannot be read"):
        list(rows_of_form("medqa", str(tmp_path / "broken.json")))


def test_mmlu_in_a_table_with_a_header_has_one_question_less(tmp_path: Path) -> None:
    path = tmp_path / "law_test.csv"
    path.write_text("question,A,B,C,D,answer\nwho ?,x,y,z,w,B\n")
    (raw,) = published_rows("mmlu", str(path))
    assert (raw.text, raw.label, raw.place) == ("who ?", "B", f"{path}:2")


STEM = "A landlord leased a shop.\n\nThe tenant left (A. Smith saw it).\n\nWho prevails?"
OPTIONS = "(A) The landlord, because it rained.\n(B) The tenant.\n(C) Neither.\n(D) Both."


@pytest.mark.parametrize(
    "row",
    [
        {"question": f"{STEM}\n{OPTIONS}", "answer": "(B)", "id": "7"},
        {"prompt": f"{STEM}\n\n{OPTIONS}", "gold": "B", "id": "7"},
        {"text": f"{STEM}\n{OPTIONS.replace('(', '').replace(')', '.')}", "label": "B", "id": "7"},
        {"conversations": [{"from": "human", "value": f"{STEM}\n{OPTIONS}\nAnswer with the letter."},
                           {"from": "gpt", "value": "B"}], "id": "7"},
    ],
)  # fmt: skip
def test_bar_exams_have_their_options_inside_the_text(tmp_path: Path, row: dict[str, Any]) -> None:
    raw = one(tmp_path, "bar_exam", row)
    assert (raw.text, raw.source_id, raw.error) == (STEM, "7", None)
    assert raw.choices == ("The landlord, because it rained.", "The tenant.", "Neither.", "Both.")
    assert raw.label in ("B", "(B)")


@pytest.mark.parametrize("text", [STEM, f"{STEM}\n(A) One.\n(C) Three."])
def test_a_bar_exam_row_without_options_is_refused(tmp_path: Path, text: str) -> None:
    raw = one(tmp_path, "bar_exam", {"question": text, "answer": "A"})
    assert raw.error is not None and raw.error.startswith("no options are found inside its text")
    assert "no field 'question'" in (one(tmp_path, "bar_exam", {"nr": 7}).error or "")


def test_lawbench_has_its_options_in_the_text_or_in_the_instruction(tmp_path: Path) -> None:
    told = "请从A,B,C,D中选出一个，并写在[正确答案]和<eoa>之间。例如[正确答案]A<eoa>。请你严格按照这个格式回答。"
    asked = "甲依照WTO:规则，何者正确?A:其一;B:其二，含A；C：其三;D:其四。"
    marked = {"instruction": told, "question": asked, "answer": "正确答案：C。"}
    stem = "请从A,B,C,D中选出一个。\n甲依照WTO:规则，何者正确?"
    assert content(one(tmp_path, "lawbench", marked)) == (stem, ("其一", "其二，含A", "其三", "其四"), "C", False)
    assert one(tmp_path, "lawbench", {**marked, "answer": "[正确答案]B<eoa>"}).label == "B"
    events = (
        "请判断触发了哪些事件，事件包括：付款/给付，出借，归还。请给出事件，用分号隔开，例如“付款/给付；归还”。"
        "请你严格按照这个格式回答。句子："
    )
    listed = {"instruction": events, "question": "甲还了钱。", "answer": "归还;付款/给付"}
    stem = "请判断触发了哪些事件，请给出事件。句子：\n甲还了钱。"
    assert content(one(tmp_path, "lawbench", listed)) == (stem, ("付款/给付", "出借", "归还"), "AC", True)
    assert one(tmp_path, "lawbench", {**listed, "answer": "归还；出借"}).label == "BC"
    unknown = one(tmp_path, "lawbench", {**listed, "answer": "赠与"})
    assert unknown.unlabeled == "its answer '赠与' is none of the labels in its instruction"
    single = "每个仅属于一个类别，类别包括：婚姻、劳动、侵权。将答案写在[类别]和<eoa>之间，例如[类别]婚姻<eoa>。"
    raw = one(tmp_path, "lawbench", {"instruction": single, "question": "离婚？", "answer": "类别:婚姻。"})
    assert content(raw) == ("每个仅属于一个类别。\n离婚？", ("婚姻", "劳动", "侵权"), "A", False)
    assert one(tmp_path, "lawbench", {"instruction": single, "question": "离婚？", "answer": "婚姻、劳动"}).unlabeled


def test_lawbench_tasks_without_options_are_refused(tmp_path: Path) -> None:
    row = {"instruction": "请回答下列问题: ", "question": "醉驾如何处罚？", "answer": "回答:依法处罚。"}
    assert (one(tmp_path, "lawbench", row).error or "").startswith("it has no options: its text has no `A:...;B:...`")
    assert "no column 'instruction'" in (one(tmp_path, "lawbench", {"question": "q"}).error or "")


@pytest.mark.parametrize("said", "写在[|如[a]|例如“|标签包括：|，|，。|A |A:|[|;|下面是一个例子|甲：".split("|"))
@pytest.mark.parametrize("field", ["instruction", "question", "answer"])
def test_hostile_rows_of_lawbench_are_read_at_once(tmp_path: Path, field: str, said: str) -> None:
    """A pattern that goes back over its text takes minutes here."""
    row = {"instruction": "事件包括：甲，乙。", "question": "何者？", "answer": "甲"}
    row[field] = said * (200_000 // len(said))
    assert one(tmp_path, "lawbench", row).place
