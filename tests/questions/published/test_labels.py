"""Labels of published forms in other writings, and options that are null: a label is read, or it alone is lost."""

import json
from pathlib import Path
from typing import Any

import pytest

from dgrc.questions.published import rows_of_form

NAN = float("nan")


def lines(path: Path, *rows: Any) -> str:
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return str(path)


HOLDINGS = {f"holding_{place}": text for place, text in enumerate(["one holds", "two holds", "three holds"])}
MEDQA = {"question": "q ?", "options": {"A": "D", "B": "rest", "C": "K", "D": "A"}}


@pytest.mark.parametrize(
    ("form", "row", "right"),
    [
        ("casehold", {"citing_prompt": "p", **HOLDINGS, "label": "1.0"}, "B"),
        ("casehold", {"citing_prompt": "p", **HOLDINGS, "label": "B"}, "B"),
        ("casehold", {"citing_prompt": "p", **HOLDINGS, "label": "two holds"}, "two holds"),
        ("casehold", {"citing_prompt": "p", **HOLDINGS, "label": float("inf")}, None),
        ("mmlu", {"question": "q ?", "choices": ["w", "x", "y", "z"], "answer": "C"}, "C"),
        ("mmlu", {"question": "q ?", "choices": ["w", "x", "y", "z"], "answer": "2"}, "C"),
        ("mmlu", {"question": "q ?", "choices": ["w", "x", "y", "z"], "answer": 2.0}, "C"),
        ("medqa", {**MEDQA, "answer_idx": None, "answer": "rest"}, "B"),
        ("medqa", {**MEDQA, "answer": "D"}, "A. D"),  # the text, not the letter
        ("medmcqa", {"question": "q ?", "opa": "w", "opb": "x", "opc": "y", "opd": "z", "cop": "2.0"}, "C"),
        ("medmcqa", {"question": "q ?", "opa": "w", "opb": "x", "opc": "y", "opd": "z", "cop": "B"}, None),
        ("medmcqa", {"question": "q ?", "opa": "w", "opb": "x", "opc": "y", "opd": "z", "cop": float("inf")}, None),
    ],
)
def test_a_label_in_another_writing_is_read_or_costs_the_label_alone(
    tmp_path: Path, form: str, row: dict[str, Any], right: str | None
) -> None:
    more = [{**row, "cop": 0, "question": "r ?"}] if form == "medmcqa" else []
    raw, *_ = rows_of_form(form, lines(tmp_path / "q.jsonl", row, *more))
    assert (raw.label, raw.error) == (right, None) and (right is None) == (raw.unlabeled is not None)


def test_contexts_of_pubmedqa_in_a_cell_are_json(tmp_path: Path) -> None:
    row = {"question": "Does it help ?", "final_decision": "no"}
    for cell in ('["one", "two"]', '{"contexts": ["one", "two"], "labels": ["X", "Y"]}'):
        (raw,) = rows_of_form("pubmedqa", lines(tmp_path / "p.jsonl", {**row, "context": cell}))
        assert raw.text == "Abstract: one\ntwo\nQuestion: Does it help ?"


@pytest.mark.parametrize(
    ("form", "row", "choices", "label"),
    [
        ("medmcqa", {"question": "q ?", "opa": "x", "opb": None, "opc": "y", "opd": NAN, "cop": 2}, ("x", "y"), "B"),
        ("medqa", {"question": "q ?", "options": {"A": "x", "B": None, "C": "y"}, "answer_idx": "C"}, ("x", "y"), "B"),
        ("mmlu", {"question": "q ?", "choices": ["x", "", "y"], "answer": 2}, ("x", "y"), "B"),
        ("mmlu", {"question": "q ?", "A": "x", "B": " ", "C": "y", "D": "z", "answer": "D"}, ("x", "y", "z"), "C"),
        ("jecqa", {"statement": "q ?", "option_list": {"A": "x", "B": "", "C": "y"}, "answer": ["C"]}, ("x", "y"), "B"),
    ],
)
def test_options_that_are_null_are_none_and_labels_move_with_the_others(
    tmp_path: Path, form: str, row: dict[str, Any], choices: tuple[str, ...], label: str
) -> None:
    more = [{**row, "cop": 0, "question": "r ?"}] if form == "medmcqa" else []  # tells from where `cop` counts
    raw, *_ = rows_of_form(form, lines(tmp_path / "q.jsonl", row, *more))
    assert (raw.choices, raw.label, raw.error, raw.unlabeled) == (choices, label, None, None)


@pytest.mark.parametrize("header", ["question,A,B,C,D,answer", "Question,A,B,C,D,Answer", "QUESTION,a,b,c,d, Answer"])
def test_a_header_that_people_added_to_mmlu_is_read_in_any_case(tmp_path: Path, header: str) -> None:
    path = tmp_path / "m.csv"
    path.write_text(f"{header}\nq ?,w,x,,z,D\n")
    (raw,) = rows_of_form("mmlu", str(path))
    assert (raw.text, raw.choices, raw.label, raw.error) == ("q ?", ("w", "x", "z"), "C", None)
