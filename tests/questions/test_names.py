"""Options in columns that no setting names: the row is refused by name, and what to set is said."""

from pathlib import Path
from typing import Any

import pytest

from dgrc.config import FieldMap
from dgrc.errors import QuestionFileError
from dgrc.questions.columns import check_columns, configured, pick

ASKED = {"id": "7", "question": "Which court hears it ?"}


def refusal(row: dict[str, Any], **fields: Any) -> str | None:
    raw = pick("q:1", {**ASKED, **row}, FieldMap(**fields))
    assert raw.error is None or raw.source_id == "7"
    return raw.error


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"opa": "w", "opb": "x", "opc": "y", "opd": "z", "cop": 1},
         "'opa', 'opb', 'opc', 'opd', which `fields.choices` does not name. Set it to [opa, opb, opc, opd], or "
         "`questions.form: medmcqa` in the place of `fields`, or to null"),
        ({"options": {"A": "x", "B": "y"}}, "'options', which `fields.choices` does not name. Set it to options, or"),
        ({"options": {"A": "x", "B": "y"}, "answer_idx": "A"}, "`questions.form: medqa`"),
        ({"options": ["x", "y"]}, "Set it to options"),
        ({"options": '["x", "y"]'}, "Set it to options"),
        ({"Options": "A x\nB y"}, "Set it to Options"),
        ({"option": {"A": "x"}, "question_type": "单项选择题"}, "`questions.form: cmb`"),
        ({"option_list": {"A": "x", "B": "y"}}, "Set it to option_list"),
        ({"endings": ["x", "y"]}, "Set it to endings"),
        ({"A": "x", "B": "y", "C": "z", "D": "w"}, "Set it to [A, B, C, D]"),
        ({"A": "x", "B": "y"}, "Set it to [A, B]"),
        ({"option_a": "x", "option_b": "y"}, "Set it to [option_a, option_b]"),
        ({"Option A": "x", "Option B": "y", "Option C": None}, "Set it to [Option A, Option B, Option C]"),
        ({"choice1": 1, "choice2": 2}, "Set it to [choice1, choice2]"),
        ({"ending0": "x", "ending1": "y"}, "Set it to [ending0, ending1]"),
        ({"holding_0": "x", "holding_1": "y"}, "Set it to [holding_0, holding_1]"),
        ({"distractor1": "x", "distractor2": "y", "correct_answer": "z"}, "Put the right one and these into one"),
        ({"选项A": "甲", "选项B": "乙"}, "Set it to [选项A, 选项B]"),
        ({"选项一": "甲", "选项二": "乙"}, "Set it to [选项一, 选项二]"),
        ({"A选项": "甲", "B选项": "乙"}, "Set it to [A选项, B选项]"),
        ({"备选答案1": "甲", "备选答案2": "乙"}, "Set it to [备选答案1, 备选答案2]"),
        ({"options.A": "x", "options.B": "y"}, "Set it to ['options.A', 'options.B']"),  # as pandas flattens
        ({"choices/0": "x", "choices/1": "y"}, "Set it to ['choices/0', 'choices/1']"),
        ({"choices[0]": "x", "choices[1]": "y"}, "Set it to ['choices[0]', 'choices[1]']"),
        ({"option-a": "x", "option-b": "y"}, "Set it to ['option-a', 'option-b']"),
        ({"A.": "x", "B.": "y", "C.": "z"}, "Set it to ['A.', 'B.', 'C.']"),
        ({"Option": "x", "Option.1": "y", "Option.2": "z"}, "Set it to [Option, 'Option.1', 'Option.2']"),
        ({"answerA": "x", "answerB": "y"}, "Set it to [answerA, answerB]"),
        ({"opt_1": "x", "opt_2": "y"}, "Set it to [opt_1, opt_2]"),
        ({"option_1_text": "x", "option_2_text": "y"}, "Set it to [option_1_text, option_2_text]"),
        ({"answerChoices": ["x", "y"]}, "Set it to answerChoices"),
        ({"multiple_choice_targets": ["x", "y"]}, "Set it to multiple_choice_targets"),
        ({"choices.text": ["x", "y"], "choices.label": ["A", "B"]}, "Set it to 'choices.text'"),
        ({"候选答案": ["甲", "乙"]}, "Set it to 候选答案"),
        ({"wrong_answer_1": "x", "wrong_answer_2": "y"}, "Put the right one and these into one"),
        ({"choices": None, "options": ["x", "y"]}, "Set it to options"),
    ],
)  # fmt: skip
def test_rows_whose_options_would_be_lost_are_refused_by_name(row: dict[str, Any], says: str) -> None:
    error = refusal(row)
    assert error is not None and says in error, error


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        ({"opa": "w", "opb": "x"}, {"choices": ("opa", "opb")}),
        ({"opa": "w", "opb": "x"}, {"choices": None}),  # whoever says so
        ({"options": ["x", "y"]}, {"choices": "options"}),
        ({"choices": ["x", "y"], "opa": "w", "opb": "x"}, {}),  # they are read from elsewhere
        ({"opa": None, "opb": "", "opc": float("nan")}, {}),
        ({"options": []}, {}), ({"options": None}, {}), ({"options": {}}, {}), ({"option": "B"}, {}),
        ({"a": 1, "b": 2}, {}), ({"answer": "crown", "answer_start": 3}, {}), ({"endings": "with a bang"}, {}),
        ({"question": "Which ?\nA. x\nB. y", "options": ["x", "y"]}, {}),
        ({"context": "a text", "subject": "law"}, {}),
        ({"A": "crown"}, {"label": "A", "text": "question"}),
    ],
)  # fmt: skip
def test_rows_that_lose_nothing_are_kept(row: dict[str, Any], fields: dict[str, Any]) -> None:
    assert refusal(row, **fields) is None


def test_published_rows_without_a_question_by_name_are_told_their_form() -> None:
    for row, form in (
        ({"citing_prompt": "as in (<HOLDING>)", "holding_0": "x"}, "casehold"),
        ({"context": "as in (<HOLDING>)", "endings": ["x"]}, "case_hold"),
        ({"statement": "何者？", "option_list": {}}, "jecqa"),
        ({"QUESTION": "Does it ?", "CONTEXTS": ["We looked."]}, "pubmedqa"),
    ):
        error = pick("q:1", row, FieldMap()).error
        assert error is not None and error.endswith(f"these are columns of `questions.form: {form}`"), error
    row = {"citing_prompt": "a text", "holding_0": "x", "holding_1": "y"}
    named = pick("q:1", row, FieldMap(text="citing_prompt"))
    assert named.error is not None and "`questions.form: casehold`" in named.error


def test_pubmedqa_is_not_asked_without_its_contexts() -> None:
    row = {"pubid": 1, "question": "Does it ?", "context": {"contexts": ["We looked."]}, "final_decision": "yes"}
    error = pick("q:1", row, FieldMap()).error
    assert error is not None and "`questions.form: pubmedqa`" in error
    assert pick("q:1", row, FieldMap(choices=None)).error is None
    named = pick("q:1", {"QUESTION": "Does it ?", "CONTEXTS": ["a"], "final_decision": "no"}, FieldMap(text="QUESTION"))
    assert named.error is not None and "`questions.form: pubmedqa`" in named.error


def test_a_column_that_a_user_named_must_be_in_some_row(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('not json\n{"question": "q", "gold": "A"}\n')
    (tmp_path / "a.parquet").write_bytes(b"PAR1 this is none")
    (tmp_path / "b.jsonl").write_text('{"question": "q2", "options": ["x"]}\n')
    files = [str(tmp_path / name) for name in ("a.parquet", "a.jsonl", "b.jsonl")]
    assert configured(FieldMap()) == ()
    fields = FieldMap(choices=("opa", "opb"), label="gold")
    assert configured(fields) == ("opa", "opb", "gold")
    assert pick("q", {"question": "q", "gold": "A", "opa": "x"}, fields).has == ("opa", "gold")
    check_columns(files, FieldMap(), (), "questions.fields")
    check_columns(files, FieldMap(label="gold", choices="options"), {"gold"}, "questions.fields")
    with pytest.raises(QuestionFileError) as caught:
        check_columns(files, FieldMap(label="answr", choices="options"), {"options"}, "questions.fields")
    said = "has a column 'answr', which `questions.fields` names; the first has 'question', 'gold'."
    assert said in str(caught.value)


@pytest.mark.parametrize("sign", ["\u0301\u0323", "a.", ".1", "\ufdfa"])
def test_hostile_names_of_columns_are_looked_at_at_once(sign: str) -> None:
    assert refusal({sign * 50_000: "x", **{f"{sign}{n}": "x" for n in range(20_000)}}) is None
